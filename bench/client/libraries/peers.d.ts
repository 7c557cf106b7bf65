// What the libraries here use of packages that are installed for the bench alone (`bench/package.json`).

declare module 'centrifuge' {
  import type { Data } from '../data.ts'

  interface Subscription {
    on(event: 'publication', listener: (publication: { data: Data }) => void): this
    subscribe(): void
  }
  export class Centrifuge {
    constructor(url: string, options: object)
    newSubscription(channel: string): Subscription
    connect(): void
    disconnect(): void
  }
}

declare module 'socket.io-client' {
  import type { Data } from '../data.ts'

  interface Socket {
    on(event: 'm', listener: (data: Data) => void): this
    disconnect(): this
  }
  export class Manager {
    constructor(origin: string, options: object)
    socket(namespace: string): Socket
  }
}
