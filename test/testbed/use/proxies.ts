import {setTimeout as sleep} from 'node:timers/promises'
import type {UserTools} from '../cluster/kubectl.ts'
import {choosePod, execArguments} from './pods.ts'
import type {PodChoice} from './pods.ts'

// Envoy gathers its log for a second before it writes.
const logFlushMs = 1_100

/** One line of an Envoy's access log, in Istio's JSON form. */
export type AccessLogEntry = Record<string, string | number | null>

/** Asks the admin port of a pod's Envoy, as `istioctl` does. */
export async function proxyAdmin(tools: UserTools, choice: PodChoice, path: string): Promise<string> {
  const exec = await execArguments(tools, {...choice, container: 'istio-proxy'})
  return tools.kubectl([...exec, 'pilot-agent', 'request', 'GET', path])
}

/** The counters and gauges of a pod's Envoy whose names match a regular expression. */
export async function proxyStats(
  tools: UserTools,
  choice: PodChoice,
  matching: string,
): Promise<Record<string, number>> {
  const text = await proxyAdmin(tools, choice, `stats?filter=${encodeURIComponent(matching)}`)
  const lines = text.split('\n').map(line => line.match(/^(.+): (\d+)$/))
  return Object.fromEntries(lines.flatMap(line => (line?.[1] ? [[line[1], Number(line[2])]] : [])))
}

/** Everything that a pod's Envoy is configured with. */
export async function configDump(tools: UserTools, choice: PodChoice): Promise<unknown> {
  return JSON.parse(await proxyAdmin(tools, choice, 'config_dump?include_eds'))
}

/** The last entries of the access log of a pod's Envoy, oldest first. */
export async function accessLogs(tools: UserTools, choice: PodChoice, last = 200): Promise<AccessLogEntry[]> {
  await sleep(logFlushMs)
  const pod = await choosePod(tools, choice)
  const logs = ['logs', '-n', choice.namespace, pod, '-c', 'istio-proxy', `--tail=${last}`]
  const lines = (await tools.kubectl(logs)).split('\n')
  return lines.filter(line => line.startsWith('{')).map(line => JSON.parse(line))
}
