import type { Socket } from 'node:net'

/** What is done with a bare socket just now. */
export interface SocketRole {
  onData(chunk: Buffer): void
  /** The peer sends nothing more. */
  onEnd(): void
  /** What was written is on its way. */
  onDrain(): void
  onClose(): void
}

/** Who knows every bare socket, so that all can be ended together. */
export interface SocketKeeper {
  /** No connection is kept after its answer from now on. */
  readonly isOver: boolean
  /** The socket is closed, or somebody else's again. */
  forget(socket: Socket): void
}

const role = Symbol('role')

type Player = Socket & { [role]?: SocketRole | undefined }

// One function each for all sockets, and no closure: ten thousand idle ones keep what is written here (I18).
function onData(this: Player, chunk: Buffer): void {
  this[role]?.onData(chunk)
}
function onEnd(this: Player): void {
  this[role]?.onEnd()
}
function onDrain(this: Player): void {
  this[role]?.onDrain()
}
function onClose(this: Player): void {
  this[role]?.onClose()
}
function onError(this: Player): void {
  this.destroy()
}

/** Gives a bare socket its role, and lets it flow. */
export function giveRole(socket: Player, given: SocketRole): void {
  socket[role] = given
  socket.on('data', onData)
  socket.on('end', onEnd)
  socket.on('drain', onDrain)
  socket.on('close', onClose)
  socket.on('error', onError)
}

/** Takes the role of a socket away, and with it all listeners that it brought. */
export function takeRole(socket: Player): void {
  socket[role] = undefined
  socket.off('data', onData)
  socket.off('end', onEnd)
  socket.off('drain', onDrain)
  socket.off('close', onClose)
  socket.off('error', onError)
}
