import {join} from 'node:path'
import {inside} from '../cluster/namespaces.ts'
import type {Namespaces} from '../cluster/namespaces.ts'
import type {UserTools} from '../cluster/kubectl.ts'
import {xdsClient} from '../parts/go.ts'
import {ensureParts, partDirectory} from '../parts/part.ts'
import type {IstioLine} from '../pins.ts'
import {run} from '../run.ts'

/** A proxy as istiod is told of it; it need not run anywhere. */
export interface ProxyIntroduction {
  name: string
  namespace: string
  ip: string
  serviceAccount?: string
  labels?: Record<string, string>
  gateway?: boolean
}

/** Envoy's configuration as JSON, with the names that Envoy's own dumps have. */
export type EnvoyResource = Record<string, unknown> & {name?: string}

/** Everything that istiod gives one proxy. */
export interface GivenConfiguration {
  proxy: string
  error?: string
  clusters: EnvoyResource[]
  listeners: EnvoyResource[]
  routes: EnvoyResource[]
  endpoints: EnvoyResource[]
}

export interface XdsTarget {
  tools: UserTools
  namespaces: Namespaces
  line: IstioLine
}

/** Asks istiod what it would give each of these proxies, all in one go. */
export async function askForConfiguration(
  {tools, namespaces, line}: XdsTarget,
  proxies: ProxyIntroduction[],
): Promise<GivenConfiguration[]> {
  const client = xdsClient(line)
  await ensureParts([client])
  const where = ['get', 'service', 'istiod', '-n', 'istio-system', '-o', 'jsonpath={.spec.clusterIP}']
  const address = `${await tools.kubectl(where)}:15010`
  const command = inside(namespaces, [join(partDirectory(client), 'xdsclient'), address])
  const lines = (await run(command, {input: JSON.stringify(proxies)})).split('\n')
  return lines.filter(Boolean).map(line => JSON.parse(line))
}
