import type { Calibration } from './calibration.js'
import { formatBytes, formatCount, formatMs, patternNames } from './explain.js'
import { type Resource, targets } from './plan-capacity.js'
import type { PlanQuestion } from './plan-complete.js'
import type { Figures } from './plan-figures.js'
import { countOf, percent, resourceNames, rough } from './plan-names.js'
import type { Slowest } from './plan-reconnect.js'
import { serverDefaults } from './server-defaults.js'

/** Where a figure comes from. */
export interface Explained {
  readonly figure: string
  readonly text: string
}

/** Says where one figure, or a group of them, comes from. */
type Explain = (plan: Figures, question: PlanQuestion, calibration: Calibration) => Explained | undefined

const explainNodes: Explain = ({ nodes, oneNode }) => {
  const carrying = nodes.count - nodes.spare
  const asked = Object.entries(nodes.asked) as [Resource, number | undefined][]
  const [first, ...others] = asked.map(
    ([resource, count], at) =>
      `${resourceNames[resource]}${at === 0 ? ' asks for' : ''} ${count === undefined ? 'more than any' : formatCount(count)}`,
  )
  const alone = oneNode
    ? ` One node carries ${formatCount(oneNode.users)} users; with more, ${resourceNames[oneNode.resource]} would be used beyond ${percent(oneNode.target)}.`
    : ''
  return {
    figure: 'nodes',
    text: `${formatCount(carrying)} must carry everything, and ${formatCount(nodes.spare)} may be away. By itself ${[first, ...others].join(', ')}: the greatest decides.${alone}`,
  }
}

const explainReaders: Explain = ({ nodes, connections }, { node }) => ({
  figure: 'connections',
  text: `${formatCount(connections.held)} are held${connections.shared > 0 ? `, ${formatCount(connections.shared)} fewer than if each use had its own` : ''}. While nodes are away they are spread over ${countOf((nodes.count - nodes.spare) * node.cores, 'process', 'processes')}; one takes ${formatCount(node.connections)} (--max-connections), and is planned to ${percent(targets.connections)}.`,
})

const explainCores: Explain = ({ uses, nodes }) => {
  const each = uses.map(({ name, pattern, cores, messagesPerSecond, requestsPerSecond }) => {
    const work =
      messagesPerSecond >= requestsPerSecond
        ? `${rough(messagesPerSecond)} messages/s`
        : `${rough(requestsPerSecond)} requests/s`
    return `${name} ${rough(cores)} by ${patternNames[pattern]} (${work})`
  })
  return {
    figure: 'cores',
    text: `${rough(nodes.cores)} are busy on the mean, process and kernel: ${each.join(', ')}; what is over is for the broker. A process is planned to ${percent(targets.core)} of its core.`,
  }
}

const memoryNames = {
  system: 'the system',
  processes: 'processes without readers',
  channels: 'channels that are read',
  windows: 'recent messages, encoded',
  log: 'the log',
  connections: 'connections',
  kernel: 'their ends in the kernel',
  slow: 'what slow readers hold up',
} as const

const explainMemory: Explain = ({ nodes }, _question, { process }) => {
  const parts = Object.entries(nodes.memoryBytes) as [keyof typeof memoryNames, number][]
  const each = parts
    .filter(([, bytes]) => bytes >= 1)
    .map(([name, bytes]) => `${memoryNames[name]} ${formatBytes(bytes)}`)
  return {
    figure: 'memory',
    text: `of a node, planned to ${percent(targets.memory)}: ${each.join(', ')}. A process has ${formatBytes(process.emptyBytes)} when it is empty, and V8’s young generation grows to ${formatBytes(process.youngBytes)}.`,
  }
}

const explainDescriptors: Explain = (_plan, { node }, { process }) => ({
  figure: 'descriptors',
  text: `one for each connection and request of a process, and ${process.descriptors} for log, broker and files; it may have ${formatCount(node.fds)}.`,
})

const explainProxies: Explain = ({ proxies: { count, cores, descriptors, ports } }) =>
  count === 0
    ? undefined
    : {
        figure: 'proxies',
        text: `${rough(cores)} cores for TLS, requests and deliveries. One machine has two descriptors for each held connection, ${formatCount(descriptors)}, and of ${formatCount(ports.of)} ports of its address towards one of a node ${formatCount(ports.used)}.`,
      }

const explainBroker: Explain = ({ broker }, _question, { redis }) => {
  const { kind, appendsPerSecond, runsPerSecond, announcementsPerSecond, readsPerSecond, cores } = broker
  if (kind !== 'redis')
    return { figure: 'broker', text: `${rough(appendsPerSecond)} appends/s in the node itself.` }
  return {
    figure: 'broker',
    text: `appends ${rough(appendsPerSecond)}/s (${redis.message} µs each) in runs of a script ${rough(runsPerSecond)}/s (${redis.run} µs), announcements to nodes that watch ${rough(announcementsPerSecond)}/s (${redis.announcement} µs), looks of polls ${rough(readsPerSecond)}/s (${redis.head} µs, a page ${redis.page} µs), and ${redis.wake.each} µs to wake up for what does not come together: ${rough(cores)} cores of Redis, planned to ${percent(targets['broker-core'])}. Its logs take ${formatBytes(broker.memoryBytes)}.`,
  }
}

const { acceptBurst, acceptRate } = serverDefaults
const reasons: Readonly<Record<Slowest, string>> = {
  retry: `clients wait 1 to 3 s before they ask again, and a process takes ${formatCount(acceptBurst)} at once`,
  core: 'opening them takes the cores of those that are left',
  'accept-rate': `past ${formatCount(acceptBurst)} at once a process takes ${formatCount(acceptRate)} a second`,
  handshakes: 'TLS takes the cores of the proxies',
  start: 'the only node has to start again',
}

const explainDeath: Explain = ({ reconnect: { nodeDies }, nodes }) => ({
  figure: 'a node dies',
  text:
    nodes.count === 1
      ? `its ${formatCount(nodeDies.readers)} readers come back to it: ${reasons[nodeDies.by]}.`
      : `its ${formatCount(nodeDies.readers)} readers come to the others, ${formatCount(nodeDies.perProcess)} to each process: ${reasons[nodeDies.by]}.`,
})

const explainDeploy: Explain = ({ reconnect: { nodeDrains, deployMs }, nodes }) => ({
  figure: 'a deploy',
  text: `each process of a node tells its readers when to come back, ${formatCount(acceptRate)} a second: ${formatMs(nodeDrains.ms)} a node, and 2 s for its start; ${countOf(nodes.count, 'node', 'nodes')}, one after the other, take ${formatMs(deployMs)}.`,
})

const explainEdge: Explain = ({ edge }, { regions }) => {
  const { saved, bills } = edge
  if (edge.regions === 0) return undefined
  const words = {
    needed: 'An edge or a server there is needed: without, what they see is too old.',
    some: 'An edge or a server there would be noticed.',
    no: 'An edge would hardly be noticed.',
  }
  return {
    figure: 'an edge',
    text: `${formatCount(edge.users)} users are in ${countOf(edge.regions, 'region', 'regions')} without a server, ${formatMs(regions.betweenMs)} from the next. There it saves ${formatMs(saved.opening.ms)} of opening (${saved.opening.roundTrips} round trips), ${formatMs(saved.request.ms)} of a request and ${formatMs(saved.message.ms)} of each message. ${words[edge.helps]} In a month it would be billed ${rough(bills.connectionHours)} hours of connections, ${rough(bills.requests)} requests, ${rough(bills.messages)} messages and ${formatBytes(bills.bytes)}.`,
  }
}

const explains: readonly Explain[] = [
  explainNodes,
  explainReaders,
  explainCores,
  explainMemory,
  explainDescriptors,
  explainProxies,
  explainBroker,
  explainDeath,
  explainDeploy,
  explainEdge,
]

/** How each figure came about. */
export function explainPlan(
  plan: Figures,
  question: PlanQuestion,
  calibration: Calibration,
): readonly Explained[] {
  return explains.flatMap((explain) => explain(plan, question, calibration) ?? [])
}
