export { createSqliteBroker, type SqliteBrokerOptions } from './sqlite-broker.js'
export type { Sync } from './store/open-store.js'
