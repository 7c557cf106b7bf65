/** Anything that gives events one by one: a reader or a follower. */
export interface EventSource<E> {
  next(): Promise<E | undefined>
}

/** Takes events up to the first that `done` is true of, that one included. Rejects if they end before it. */
export async function takeUntil<E extends { readonly kind: string }>(
  source: EventSource<E>,
  done: (event: E) => boolean,
): Promise<readonly E[]> {
  const taken: E[] = []
  for (let event = await source.next(); event; event = await source.next()) {
    taken.push(event)
    if (done(event)) return taken
  }
  const kinds = taken.slice(-20).map(({ kind }) => kind)
  throw new Error(`The events ended before the one that was waited for: ${kinds.join(' ')}`)
}

/** Takes events up to the next of a kind and gives that one. */
export async function takeKind<E extends { readonly kind: string }, K extends E['kind']>(
  source: EventSource<E>,
  kind: K,
): Promise<Extract<E, { readonly kind: K }>> {
  const taken = await takeUntil(source, (event) => event.kind === kind)
  return taken.at(-1) as Extract<E, { readonly kind: K }>
}

/** Takes events up to the next so many messages and gives these. */
export async function takeMessages<E extends { readonly kind: string }>(
  source: EventSource<E>,
  count: number,
): Promise<readonly Extract<E, { readonly kind: 'message' }>[]> {
  let left = count
  const taken = count === 0 ? [] : await takeUntil(source, ({ kind }) => kind === 'message' && --left === 0)
  return taken.filter((event): event is Extract<E, { readonly kind: 'message' }> => event.kind === 'message')
}
