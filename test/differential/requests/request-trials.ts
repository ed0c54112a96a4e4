import {ApiError, openApi} from '../../../src/cluster/api.ts'
import type {Api} from '../../../src/cluster/api.ts'
import {connect} from '../../../src/cluster/connect.ts'
import type {Resource, Resources} from '../../../src/cluster/discover.ts'
import {readCluster} from '../../../src/cluster/read.ts'
import {createObject, deleteObject} from '../../../src/cluster/write.ts'
import {buildMesh} from '../../../src/mesh/build.ts'
import type {Client, Edge, Mesh} from '../../../src/mesh/mesh.ts'
import type {Outcome} from '../../../src/mesh/outcome.ts'
import {isHttp} from '../../../src/mesh/protocols.ts'
import {groupOf} from '../../../src/objects/kinds.ts'
import {record, text} from '../../../src/objects/json.ts'
import type {JsonObject} from '../../../src/objects/object.ts'
import type {Cluster} from '../../testbed/cluster/cluster.ts'
import type {Comparison, Mismatch} from '../compare.ts'
import {plannedCalls} from '../calls.ts'
import type {PlannedCall} from '../calls.ts'
import {serverOf} from '../compare.ts'
import type {GeneratedMesh} from '../generate/generate.ts'
import {rootNamespace} from '../generate/objects.ts'
import {http2Port} from '../generate/ports.ts'
import type {Topology} from '../generate/topology.ts'
import {rootCaller} from '../generate/workloads.ts'
import {callerProgram} from './programs.ts'
import {runnablePolicies, runningObjects} from './running.ts'

interface Try {
  readonly ok: boolean
  readonly how: string
  readonly identity?: boolean | null
}

export interface RequestComparison extends Comparison {
  readonly requests: number
  /** Edges of which requests can't show what is predicted: mixed ones, which retries hide, and TLS, which the app does not speak. */
  readonly untold: number
}

/** A cluster with real Envoys, on which the predictions for random meshes are held against real requests. */
export class RequestTrials {
  readonly #cluster: Cluster
  readonly #api: Api
  readonly #resources: Resources
  #topology: Topology | null = null

  private constructor(cluster: Cluster, api: Api, resources: Resources) {
    this.#cluster = cluster
    this.#api = api
    this.#resources = resources
  }

  static async on(cluster: Cluster): Promise<RequestTrials> {
    const api = openApi(await connect({kubeconfig: cluster.kubeconfig}))
    const {resources} = await readCluster(api, {kinds: []})
    const trials = new RequestTrials(cluster, api, resources)
    await trials.#write(oneRequestAConnection)
    return trials
  }

  async try(generated: GeneratedMesh): Promise<RequestComparison> {
    const {topology} = generated
    await this.#place(topology)
    const policies = runnablePolicies(generated)
    const made = (await Promise.all(policies.map(policy => this.#write(policy)))).flat()
    try {
      await this.#cluster.waitForProxies()
      const {objects} = await readCluster(this.#api)
      const mesh = buildMesh(
        objects.filter(one => one.id.kind !== 'EnvoyFilter'),
        {complete: ['*']},
      )
      const first = await this.#compare(mesh, topology)
      // A proxy may say that it has a configuration a moment before its workers do: only what stays counts.
      return first.mismatches.length === 0 ? first : await this.#compare(mesh, topology)
    } finally {
      await Promise.all(made.map(object => deleteObject(this.#api, this.#resource(object), object)))
    }
  }

  async #place(topology: Topology): Promise<void> {
    if (this.#topology?.number === topology.number) return
    for (const name of this.#topology?.namespaces ?? [])
      await this.#cluster.tools.kubectl(['delete', 'namespace', name, '--wait=false'])
    const kubectl = ['delete', 'deployment', rootCaller, '-n', rootNamespace, '--ignore-not-found']
    await this.#cluster.tools.kubectl(kubectl)
    await this.#cluster.apply([...runningObjects(topology)])
    for (const namespace of [...topology.namespaces, rootNamespace])
      await this.#cluster.waitForPods(namespace)
    this.#topology = topology
  }

  async #compare(mesh: Mesh, topology: Topology): Promise<RequestComparison> {
    const namespaces = [...topology.namespaces, rootNamespace]
    // The applications speak no TLS of their own.
    const planned = plannedCalls(topology, []).filter(call => call.speaks !== 'tls')
    const callers = mesh.clients.filter(
      one => one.of !== null && namespaces.includes(one.namespace) && one.workload.startsWith('caller'),
    )
    const parts = await Promise.all(callers.map(caller => this.#ask(mesh, caller, planned)))
    const edges = parts.flat()
    const mismatches = edges.flatMap(({edge, tries}): readonly Mismatch[] => {
      const {outcome, facts} = edge.judge()
      if (!isTold(outcome) || shows(outcome, tries, tellsIdentity(mesh, edge))) return []
      const found = tries
        .map(one => `${one.how}${one.identity === true ? ' with an identity' : ''}`)
        .join(', ')
      return [
        {
          edge: nameOf(edge),
          predicted: `${outcome.result} ${outcome.transport} ${outcome.failure ?? ''}`,
          found,
          truth: null,
          because: facts.map(one => one.text),
        },
      ]
    })
    const outcomes = edges.map(({edge}) => edge.judge().outcome)
    return {
      edges: edges.length,
      requests: edges.reduce((sum, one) => sum + one.tries.length, 0),
      found: {
        ok: edges.filter(one => one.tries.every(({ok}) => ok)).length,
        fails: edges.filter(one => !one.tries.some(({ok}) => ok)).length,
      },
      unknown: outcomes.filter(one => one.result === 'unknown').length,
      unknownBecause: {},
      untold: outcomes.filter(one => one.result !== 'unknown' && !isTold(one)).length,
      mismatches,
    }
  }

  async #ask(
    mesh: Mesh,
    caller: Client,
    planned: readonly PlannedCall[],
  ): Promise<readonly {edge: Edge; tries: readonly Try[]}[]> {
    const made = planned.flatMap(call => {
      const {host, port, speaks} = call
      const server = serverOf(mesh, call)
      return server === null ? [] : [{edge: mesh.edge(caller, server), call: {host, port, speaks, times: 3}}]
    })
    const exec = [
      'exec',
      '-n',
      caller.namespace,
      caller.of?.pods[0]?.id.name ?? '',
      '-c',
      'app',
      '--',
      'node',
      '-e',
      callerProgram,
      JSON.stringify(made.map(({call}) => call)),
    ]
    const answers = JSON.parse(await this.#cluster.tools.kubectl(exec)) as Try[][]
    return made.map(({edge}, index) => ({edge, tries: answers[index] ?? []}))
  }

  /** What validation refuses is no part of the mesh. */
  async #write(object: JsonObject): Promise<JsonObject[]> {
    try {
      return [await createObject(this.#api, this.#resource(object), object)]
    } catch (error) {
      if (!(error instanceof ApiError) || error.status >= 500) throw error
      return []
    }
  }

  #resource(object: JsonObject): Resource {
    const resource = this.#resources.get(
      `${groupOf(text(object['apiVersion']) ?? '')}/${text(object['kind']) ?? ''}`,
    )
    if (resource === undefined) throw new Error(`the cluster has no ${text(object['kind']) ?? 'kind'}`)
    return {...resource, apiVersion: text(object['apiVersion']) ?? resource.apiVersion}
  }
}

/** A connection kept from the mesh before would go on as it began, whatever the policies say now. */
const oneRequestAConnection: JsonObject = {
  apiVersion: 'networking.istio.io/v1alpha3',
  kind: 'EnvoyFilter',
  metadata: {name: 'one-request-a-connection', namespace: rootNamespace},
  spec: {
    configPatches: [
      {
        applyTo: 'NETWORK_FILTER',
        match: {
          context: 'SIDECAR_INBOUND',
          listener: {filterChain: {filter: {name: 'envoy.filters.network.http_connection_manager'}}},
        },
        patch: {
          operation: 'MERGE',
          value: {
            typed_config: {
              '@type':
                'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
              common_http_protocol_options: {max_requests_per_connection: 1},
            },
          },
        },
      },
      // A listener for TCP lets HTTP/2 connections live, so the client has to end them. A patch replaces the whole option.
      {
        applyTo: 'CLUSTER',
        match: {context: 'SIDECAR_OUTBOUND', cluster: {portNumber: http2Port}},
        patch: {
          operation: 'MERGE',
          value: {
            typed_extension_protocol_options: {
              'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
                '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
                common_http_protocol_options: {max_requests_per_connection: 1},
                explicit_http_config: {http2_protocol_options: {}},
              },
            },
          },
        },
      },
    ],
  },
}

function isTold({result, transport}: Outcome): boolean {
  return (result === 'ok' && transport !== 'tls' && transport !== 'mixed') || result === 'fails'
}

/**
 * Whether the server's proxy surely reads HTTP, and says who calls. A stock Envoy has no ALPN filter, so HTTP on a sniffed
 * port arrives as TCP over mTLS; and a Sidecar's ingress may take any port for TCP.
 */
function tellsIdentity(mesh: Mesh, {client, server}: Edge): boolean {
  const ingress = mesh.objects('Sidecar').some(({value}) => 'ingress' in record(value['spec']))
  const routes = client.of === null ? [] : mesh.routes(client.of, server).routes
  const led = routes.flatMap(route =>
    route.destinations.map(({host, port}) => {
      const service = mesh.host(host, route.object?.id.namespace ?? server.service.namespace)
      return service?.ports.find(one => one.port === (port ?? server.port.port))?.protocol ?? 'Auto'
    }),
  )
  return !ingress && [server.port.protocol, ...led].every(isHttp)
}

function shows({result, transport}: Outcome, tries: readonly Try[], tells: boolean): boolean {
  if (result === 'fails') return !tries.some(one => one.ok)
  const fits = ({identity}: Try): boolean =>
    typeof identity !== 'boolean' ||
    (tells ? identity === (transport === 'mtls') : !identity || transport === 'mtls')
  return tries.every(one => one.ok && fits(one))
}

function nameOf({client, server}: Edge): string {
  return `${client.namespace}/${client.workload} > ${server.service.host}:${server.port.port}`
}
