import type { Calibration } from './calibration.js'
import { nodeCalibration } from './calibrations/node.js'
import { completePlan, type PlanQuestion } from './plan-complete.js'
import { edgeOf } from './plan-edge.js'
import { brokerOf, type Figures, nodesOf, plannedUse, proxiesOf } from './plan-figures.js'
import type { BrokerKind, PlanInput } from './plan-input.js'
import { decideUses, type Load, loadOf } from './plan-load.js'
import { reconnectsOf } from './plan-reconnect.js'
import { type PlanWords, sayPlan, sayPlanAssumed } from './plan-say.js'
import { balancerOf, settingsOfPlan } from './plan-settings.js'
import { limitOfOneNode, limitsOf, type Sized, type Sizing, sizeFor } from './plan-size.js'
import { snippetsOf } from './plan-snippets.js'

/** What many users need. */
export interface Plan extends Figures, PlanWords {}

/** One node that nobody may miss keeps its log by itself; nodes that share one need Redis. */
function brokerFor(load: Load, question: PlanQuestion, sizing: Omit<Sizing, 'broker'>): BrokerKind {
  if (question.broker.kind) return question.broker.kind
  const alone = sizeFor(load, { ...sizing, broker: 'memory' })
  return alone.nodes === 1 ? 'memory' : 'redis'
}

function monthsUntil(users: number, { users: now, growth }: PlanQuestion): { inMonths?: number } {
  if (growth.perMonth === undefined || growth.perMonth <= 1 || now === 0) return {}
  return { inMonths: Math.max(0, Math.log(users / now) / Math.log(growth.perMonth)) }
}

/** What to set, and how the nodes are to be reached. */
function setUp(load: Load, sized: Sized, sizing: Sizing) {
  const { question, broker } = sizing
  const reconnect = reconnectsOf(load, sized, sizing)
  const planned = brokerOf(load, sized, sizing)
  const settings = settingsOfPlan(load, sized, reconnect, planned.memoryBytes, sizing)
  const balancer = balancerOf(load, question)
  const { nodes, carrying } = sized
  const { shards } = carrying
  return {
    broker: planned,
    reconnect,
    loadBalancer: balancer,
    settings,
    snippets: snippetsOf({ settings, balancer, nodes, proxy: question.proxy.kind, broker, shards }),
  }
}

/**
 * What so many users need: nodes, proxies, a broker and their settings, what runs out first, and what happens when a node
 * goes. What is left open gets a usual value, which the plan names. Deterministic.
 *
 * Throws an `AdviceError` that names the field where the input is wrong.
 */
export function plan(input: PlanInput = {}, calibration: Calibration = nodeCalibration): Plan {
  const question = completePlan(input, calibration.node.bytesPerSecond)
  const planned = Math.ceil(question.users * question.growth.factor)
  const uses = decideUses(question, planned, calibration)
  const load = loadOf(uses, planned, question.readersPerUser, calibration)
  const broker = brokerFor(load, question, { question, uses, calibration })
  const sizing: Sizing = { question, uses, broker, calibration }
  const sized = sizeFor(load, sizing)
  const limits = limitsOf(load, sized.carrying, sizing)
  const [first] = limits
  const oneNode = limitOfOneNode(sizing)
  const isEnough = (first?.users ?? planned) >= planned && (broker === 'redis' || sized.nodes === 1)
  const { machine, date, runtime } = calibration
  const figures: Figures = {
    meets: uses.every(({ meets }) => meets) && isEnough,
    users: { now: question.users, planned },
    uses: load.uses.map(plannedUse),
    connections: { held: Math.ceil(load.held), shared: Math.floor(load.shared) },
    nodes: nodesOf(load, sized, sizing),
    proxies: proxiesOf(load, sized, sizing),
    limits,
    ...(first && { firstLimit: { ...first, ...monthsUntil(first.users, question) } }),
    ...(oneNode && { oneNode }),
    unsolved: sized.unsolved,
    ...setUp(load, sized, sizing),
    edge: edgeOf(load, question, calibration),
    assumed: question.assumed.map((one) => ({ ...one, text: sayPlanAssumed(one) })),
    calibration: { machine, date, runtime },
  }
  return { ...figures, ...sayPlan(figures, question, calibration) }
}
