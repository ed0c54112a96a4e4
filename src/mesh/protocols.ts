import type {Protocol, ServicePort} from './mesh.ts'

const byPrefix: Readonly<Record<string, Protocol>> = {
  http: 'HTTP',
  http2: 'HTTP2',
  grpc: 'GRPC',
  'grpc-web': 'GRPC',
  https: 'HTTPS',
  tls: 'TLS',
  tcp: 'TCP',
  udp: 'UDP',
  mongo: 'Mongo',
  mysql: 'MySQL',
  redis: 'Redis',
}

const byAppProtocol: Readonly<Record<string, Protocol>> = {
  'kubernetes.io/h2c': 'HTTP2',
  'kubernetes.io/ws': 'HTTP',
  'kubernetes.io/wss': 'HTTPS',
}

/** Ports that speak first from the server, so that sniffing would wait for ever. */
const wellKnownTcp = [25, 53, 3306, 27017]

/**
 * The protocol istiod takes a port for: appProtocol beats the name's prefix, well-known server-first ports are TCP,
 * all else is sniffed (istio pkg/config/kube/conversion.go ConvertProtocol; Mongo, MySQL and Redis count as TCP
 * unless their filters are turned on, but stay named here for what they tell about the server).
 */
export function protocolOf(
  port: number,
  name: string | null,
  transport: string,
  appProtocol: string | null,
): Pick<ServicePort, 'protocol' | 'declaredBy'> {
  if (transport === 'UDP') return {protocol: 'UDP', declaredBy: 'name'}
  if (appProtocol !== null) {
    const known = byAppProtocol[appProtocol.toLowerCase()] ?? prefixProtocol(appProtocol)
    return {protocol: known ?? 'Auto', declaredBy: known === undefined ? 'none' : 'appProtocol'}
  }
  const named = name === null ? undefined : prefixProtocol(name)
  if (named !== undefined) return {protocol: named, declaredBy: 'name'}
  if (wellKnownTcp.includes(port)) return {protocol: 'TCP', declaredBy: 'well-known-port'}
  return {protocol: 'Auto', declaredBy: 'none'}
}

function prefixProtocol(name: string): Protocol | undefined {
  const lower = name.toLowerCase()
  if (lower === 'grpc-web' || lower.startsWith('grpc-web-')) return 'GRPC'
  const prefix = lower.split('-', 1)[0] ?? ''
  return Object.hasOwn(byPrefix, prefix) ? byPrefix[prefix] : undefined
}

export function isHttp(protocol: Protocol): boolean {
  return protocol === 'HTTP' || protocol === 'HTTP2' || protocol === 'GRPC'
}

/** Whether HTTP filters may run on a port: it is declared HTTP, or sniffed and may turn out so. */
export function mayBeHttp(protocol: Protocol): boolean {
  return isHttp(protocol) || protocol === 'Auto'
}
