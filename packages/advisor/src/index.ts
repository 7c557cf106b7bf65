export { type Advice, advise, compare } from './advise.js'
export { AdviceError } from './advise-error.js'
export type { BreakEven } from './break-even.js'
export type { Calibration, Heads, Work } from './calibration.js'
export { nodeCalibration } from './calibrations/node.js'
export { checkCalibration } from './check-calibration.js'
export { type Assumed, complete, type Question } from './complete.js'
export { configText } from './config-text.js'
export { type Cost, wakeShare } from './cost.js'
export type { Decision, Option } from './decide.js'
export {
  type Because,
  formatBytes,
  formatCount,
  formatMs,
  formatRate,
  patternNames,
  type Reason,
  type Warning,
} from './explain.js'
export type { Circumstances, FullCircumstances, FullNeed, Need, NumericField } from './need.js'
export { type Pattern, patterns } from './pattern.js'
export { type Plan, plan } from './plan.js'
export type { Resource } from './plan-capacity.js'
export type { EdgeAdvice } from './plan-edge.js'
export type { Explained } from './plan-explain.js'
export type { PlannedBroker, PlannedNodes, PlannedProxies, PlannedUse } from './plan-figures.js'
export type {
  BrokerKind,
  BrokerPlan,
  Growth,
  NodeSize,
  PlanInput,
  ProxyKind,
  ProxyPlan,
  Regions,
  Use,
} from './plan-input.js'
export { resourceNames } from './plan-names.js'
export type { Reconnect, Reconnects, Slowest } from './plan-reconnect.js'
export type { Assumption, PlanWarning } from './plan-say.js'
export type { LoadBalancer, PlannedSetting } from './plan-settings.js'
export type { Limit } from './plan-size.js'
export type { Snippet } from './plan-snippets.js'
export type { Obstacle } from './possible.js'
export type { Score } from './score.js'
export { serverDefaults } from './server-defaults.js'
export type { RetentionAdvice, Settings } from './settings.js'
export type { Staleness } from './staleness.js'
export { verdictOf } from './verdict.js'
export { type Comparison, weigh, withSettings } from './weigh.js'
