export type { BrokerHarness, BrokerUnderTest } from './broker/broker-harness.js'
export { describeBroker } from './describe-broker.js'
export { describeTransport } from './describe-transport.js'
export type { ServerUnderTest, TransportHarness } from './transport/transport-harness.js'
