export { type Attached, attach } from './attach.js'
export { type Served, type ServeOptions, serve } from './serve.js'
