import type {Random} from '../random.ts'

/** What an application expects on a connection, and so what its clients send. */
export type Speech = 'http' | 'tcp' | 'tls' | 'server-first'

export interface PortPlan {
  readonly name: string
  readonly port: number
  /** A number, or the name of a container's port. */
  readonly targetPort: number | string
  readonly speaks: Speech
  readonly appProtocol?: string
}

/** The ports that every application listens on, and what it speaks there. */
export const listening: ReadonlyMap<number, Speech> = new Map<number, Speech>([
  [8080, 'http'],
  [8081, 'http'],
  [9000, 'tcp'],
  [9101, 'http'],
  [3306, 'server-first'],
  [8443, 'tls'],
])

/** The name that one of the HTTP ports has in every pod: not the same one in all. */
export const namedPort = 'web'

const httpPorts: readonly PortPlan[] = [
  {name: 'http', port: 80, targetPort: 8080, speaks: 'http'},
  {name: 'http', port: 80, targetPort: 8080, speaks: 'http'},
  {name: 'http', port: 80, targetPort: namedPort, speaks: 'http'},
  {name: 'http-main', port: 8080, targetPort: 8080, speaks: 'http'},
  {name: 'main', port: 80, targetPort: 8080, speaks: 'http', appProtocol: 'http'},
]

/** The port of every Service that proxies reach over HTTP/2. */
export const http2Port = 9200

const otherPorts: readonly PortPlan[] = [
  {name: 'tcp-data', port: 9000, targetPort: 9000, speaks: 'tcp'},
  {name: 'data', port: 9100, targetPort: 9101, speaks: 'http'},
  {name: 'grpc', port: http2Port, targetPort: 8080, speaks: 'http'},
  // Declared as TCP, over a container port that another port of the Service declares as HTTP.
  {name: 'tcp-raw', port: 9300, targetPort: 8080, speaks: 'http'},
]

const rarePorts: readonly PortPlan[] = [
  {name: 'mysql', port: 3306, targetPort: 3306, speaks: 'server-first'},
  {name: 'https', port: 443, targetPort: 8443, speaks: 'tls'},
  {name: 'tls-own', port: 8443, targetPort: 8443, speaks: 'tls'},
]

/** A headless Service maps no ports: most name the port that is listened on, some do not. */
const headlessPorts: readonly PortPlan[] = [
  {name: 'http', port: 8080, targetPort: 8080, speaks: 'http'},
  {name: 'tcp-data', port: 9000, targetPort: 9000, speaks: 'tcp'},
  {name: 'data', port: 9101, targetPort: 9101, speaks: 'http'},
]

/** At least one port that speaks HTTP, no number twice. */
export function planPorts(random: Random, headless: boolean): readonly PortPlan[] {
  if (headless && random.chance(0.75))
    return headlessPorts.filter((_, position) => position === 0 || random.chance(0.4))
  const first = random.pick(httpPorts)
  return [first, ...random.some(otherPorts, 0.3), ...random.some(rarePorts, 0.06)]
}

/** The numbers that a port of a Service may have in its pods. */
export function targetNumbers({targetPort}: PortPlan): readonly number[] {
  return typeof targetPort === 'number' ? [targetPort] : [8080, 8081]
}
