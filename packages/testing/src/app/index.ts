export type { CheckOptions } from './check.js'
export { type Collected, collect, type Told } from './collect.js'
export { type DrawOptions, drawFaults } from './draw-faults.js'
export type { EnvironmentOptions, TestEnvironment } from './environment.js'
export type { Counted, FaultStep, NetworkFaults, ServerFaults } from './faults.js'
export type { RestartOptions } from './nodes.js'
export type { PageControls } from './page.js'
export {
  createTestServer,
  type TestConnection,
  type TestServer,
  type TestServerOptions,
} from './test-server.js'
export type { On, Way } from './weather.js'
