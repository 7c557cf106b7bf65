export { type Attached, type AttachOptions, attach } from './attach.js'
export { type Served, type ServeOptions, serve } from './serve.js'
