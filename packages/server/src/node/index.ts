export { type Attached, type AttachOptions, attach } from './attach.js'
export type { OperationsOptions } from './operations-server.js'
export { type Served, type ServeOptions, serve } from './serve.js'
