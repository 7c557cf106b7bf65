export type { RedisClientLike } from './client-link.js'
export { createRedisBroker, type RedisBrokerOptions } from './create-redis-broker.js'
