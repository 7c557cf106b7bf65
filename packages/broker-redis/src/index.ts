export type { RedisClientLike } from './client-link.js'
export type { RedisClusterLike } from './cluster-link.js'
export {
  createRedisBroker,
  type RedisBrokerOptions,
  type RedisBrokerSettings,
} from './create-redis-broker.js'
