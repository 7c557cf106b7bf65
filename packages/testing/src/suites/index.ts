export type { BrokerHarness, BrokerUnderTest } from './broker/broker-harness.js'
export { describeBroker } from './describe-broker.js'
