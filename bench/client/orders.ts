/** What a process that has loaded a client library is told to do; `way`: its transport, as the library's file knows it. */
export type Order = { readonly url: string; readonly way: string } & (
  | { readonly type: 'receive'; readonly seconds: number }
  | { readonly type: 'connect'; readonly count: number }
  | { readonly type: 'subscribe'; readonly count: number }
)

/** What it answers: figures, or why there are none. */
export type Answer = { readonly figures: Readonly<Record<string, number>> } | { readonly failure: string }
