import {setTimeout as sleep} from 'node:timers/promises'
import {parse, stringify} from 'yaml'
import {ApiError, openApi} from '../../src/cluster/api.ts'
import type {Api} from '../../src/cluster/api.ts'
import {connect} from '../../src/cluster/connect.ts'
import {pathOf} from '../../src/cluster/discover.ts'
import type {Resource, Resources} from '../../src/cluster/discover.ts'
import {fromServer, readCluster} from '../../src/cluster/read.ts'
import {createObject, deleteObject} from '../../src/cluster/write.ts'
import {groupOf} from '../../src/objects/kinds.ts'
import type {Json, JsonObject, KubeObject, ObjectId} from '../../src/objects/object.ts'
import {record, text} from '../../src/objects/json.ts'
import type {Cluster} from '../testbed/cluster/cluster.ts'
import type {ProxyIntroduction} from '../testbed/xds/ask.ts'
import {plannedCalls} from './calls.ts'
import {compareCapture} from './captures.ts'
import type {Capture} from './captures.ts'
import type {Comparison} from './compare.ts'
import {istioObject, rootNamespace} from './generate/objects.ts'
import {variedSettings} from './generate/topology.ts'
import type {Topology} from './generate/topology.ts'
import {Istiod} from './istiod.ts'

export interface Trial extends Comparison {
  readonly capture: Capture
}

const markers = 'differential-marker'

/** A cluster with pods on paper, on which meshes are tried one after the other. */
export class Trials {
  readonly #cluster: Cluster
  readonly #api: Api
  readonly #resources: Resources
  readonly #istiod: Istiod
  #topology: Topology | null = null
  #base: readonly KubeObject[] = []
  #proxies: readonly ProxyIntroduction[] = []
  #marker: JsonObject | null = null
  #count = 0

  private constructor(cluster: Cluster, api: Api, resources: Resources, istiod: Istiod) {
    this.#cluster = cluster
    this.#api = api
    this.#resources = resources
    this.#istiod = istiod
  }

  static async on(cluster: Cluster): Promise<Trials> {
    const api = openApi(await connect({kubeconfig: cluster.kubeconfig}))
    const {resources} = await readCluster(api, {kinds: []})
    const trials = new Trials(cluster, api, resources, await Istiod.of(cluster.name))
    await trials.#apply([{apiVersion: 'v1', kind: 'Namespace', metadata: {name: markers}}])
    return trials
  }

  /** Applies policies to a topology, asks istiod, compares, and takes the policies away again. */
  async try(
    topology: Topology,
    policies: readonly JsonObject[],
    laterFrom = policies.length,
  ): Promise<Trial> {
    await this.#place(topology)
    const made = await this.#apply(policies.slice(0, laterFrom))
    if (laterFrom < policies.length) {
      await sleep(1100)
      made.push(...(await this.#apply(policies.slice(laterFrom))))
    }
    try {
      return await this.#compareSettled(topology, policies, made)
    } finally {
      await Promise.all(made.map(object => deleteObject(this.#api, this.#resource(object), bare(object))))
    }
  }

  async #place(topology: Topology): Promise<void> {
    if (this.#topology?.number === topology.number) return
    if (this.#topology !== null) await this.#clear(this.#topology)
    this.#topology = null
    await this.#configure(topology.meshConfig)
    const pods = topology.objects.reduce((sum, one) => sum + podsOf(one), 0)
    this.#proxies = await this.#cluster.applyOnPaper([...topology.objects], {pods})
    this.#base = (await readCluster(this.#api)).objects.filter(({id}) => !isLeftOver(id, topology))
    this.#topology = topology
  }

  /** Pods that nobody runs never end by themselves; Services outlive their namespace a while. */
  async #clear({namespaces, objects}: Topology): Promise<void> {
    const inRoot = objects.filter(one => record(one['metadata'])['namespace'] === rootNamespace)
    for (const object of inRoot) {
      await this.#delete(object)
      const path = pathOf(this.#resource({apiVersion: 'v1', kind: 'Pod'}), rootNamespace)
      const query = {gracePeriodSeconds: '0', labelSelector: 'app=caller'}
      await this.#api.request({method: 'DELETE', path, query})
    }
    for (const name of namespaces) await this.#delete({apiVersion: 'v1', kind: 'Namespace', metadata: {name}})
    for (const name of namespaces) {
      const services = this.#resource({apiVersion: 'v1', kind: 'Service'})
      await this.#api.request({method: 'DELETE', path: pathOf(services, name)})
      const pods = this.#resource({apiVersion: 'v1', kind: 'Pod'})
      await this.#api.request({method: 'DELETE', path: pathOf(pods, name), query: {gracePeriodSeconds: '0'}})
    }
  }

  /** Sets the mesh config, which istiod follows while it runs. */
  async #configure(settings: JsonObject): Promise<void> {
    const resource = this.#resource({apiVersion: 'v1', kind: 'ConfigMap'})
    const path = pathOf(resource, rootNamespace, 'istio')
    const data = record((await this.#api.request({path}))['data'])
    const written = record(parse(text(data['mesh']) ?? '') as Json)
    const kept = Object.entries(written).filter(([key]) => !variedSettings.has(key))
    const wanted = stringify({...Object.fromEntries(kept), ...settings})
    if (wanted === stringify(written)) return
    const before = JSON.stringify(await this.#istiod.debug('mesh'))
    const body = {data: {mesh: wanted}}
    await this.#api.request({method: 'PATCH', path, body, contentType: 'application/merge-patch+json'})
    for (let tries = 0; JSON.stringify(await this.#istiod.debug('mesh')) === before; tries++) {
      if (tries > 200) throw new Error('istiod does not take the mesh config')
      await sleep(50)
    }
  }

  /** What the API server refuses (a rule that validation rejects) is no part of the mesh. */
  async #apply(policies: readonly JsonObject[]): Promise<JsonObject[]> {
    const made = await Promise.all(
      policies.map(async policy => {
        try {
          return [await this.#write(policy)]
        } catch (error) {
          if (!(error instanceof ApiError) || error.status >= 500) throw error
          return []
        }
      }),
    )
    return made.flat()
  }

  /** Endpoints come to istiod by another way than policies: a mismatch counts only if it stays. */
  async #compareSettled(
    topology: Topology,
    policies: readonly JsonObject[],
    made: readonly JsonObject[],
  ): Promise<Trial> {
    await this.#istiod.waitForObjects(made, new Set([...topology.namespaces, rootNamespace]))
    await this.#mark()
    const kubeObjects = made.map(object => fromServer(object, this.#resource(object)))
    const objects = [...this.#base, ...kubeObjects]
    const calls = plannedCalls(topology, policies)
    const namespaces = [...topology.namespaces, rootNamespace]
    for (let attempt = 0; ; attempt++) {
      const given = await this.#istiod.ask(
        this.#proxies.filter(proxy => namespaces.includes(proxy.namespace)),
      )
      const capture = {namespaces, calls, objects, given}
      const comparison = compareCapture(capture)
      if (comparison.mismatches.length === 0 || attempt === 1) return {...comparison, capture}
      await sleep(600)
    }
  }

  async #mark(): Promise<void> {
    const previous = this.#marker
    this.#marker = await this.#write(
      istioObject('AuthorizationPolicy', markers, `marker-${process.pid}-${++this.#count}`, {}),
    )
    await this.#istiod.waitForMarker(markers, `marker-${process.pid}-${this.#count}`)
    if (previous !== null) await this.#delete(previous)
  }

  #write(object: JsonObject): Promise<JsonObject> {
    return createObject(this.#api, this.#resource(object), object)
  }

  async #delete(object: JsonObject): Promise<void> {
    await deleteObject(this.#api, this.#resource(object), bare(object))
  }

  #resource(object: JsonObject): Resource {
    const resource = this.#resources.get(
      `${groupOf(text(object['apiVersion']) ?? '')}/${text(object['kind']) ?? ''}`,
    )
    if (resource === undefined) throw new Error(`the cluster has no ${text(object['kind']) ?? 'kind'}`)
    return {...resource, apiVersion: text(object['apiVersion']) ?? resource.apiVersion}
  }
}

/** A namespace of an earlier topology may still be ending. */
function isLeftOver({kind, namespace, name}: ObjectId, {namespaces}: Topology): boolean {
  const place = kind === 'Namespace' ? name : namespace
  return /^(alpha|beta|plain)-\d+$/.test(place) && !namespaces.includes(place)
}

function podsOf({kind, spec}: JsonObject): number {
  return kind === 'Deployment' ? Number(record(spec)['replicas']) : 0
}

function bare(object: JsonObject): JsonObject {
  const {name, namespace} = record(object['metadata'])
  return {metadata: {name, ...(namespace === undefined ? {} : {namespace})}}
}
