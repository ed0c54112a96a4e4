import {BlockList} from 'node:net'
import {at, record, records, text, texts, textMap} from '../objects/json.ts'
import type {KubeObject} from '../objects/object.ts'
import {readWorkloads} from '../mesh/workloads.ts'

/** Who has an address, as far as the objects of the cluster tell. */
export type Owner =
  | {
      readonly kind: 'workload'
      readonly namespace: string
      readonly workload: string
      readonly pods: readonly string[]
    }
  | {readonly kind: 'hidden'; readonly because: HiddenBecause; readonly says: string}

/**
 * - node: the node's own; its host network, its kubelet, and whatever it translates look alike
 * - pod-network: among the addresses of a node's pods, and no pod's: the node's own, or a pod that came and went
 * - forwarded: only a header tells, and the proxy that sent it is not named
 * - load-balancer: a load balancer's, in place of its clients'
 * - shared: several workloads had it in the window
 * - endpoint: an endpoint without a pod, such as a machine outside the cluster
 * - unknown: nothing in the cluster has it
 */
export type HiddenBecause =
  'node' | 'pod-network' | 'forwarded' | 'load-balancer' | 'shared' | 'endpoint' | 'unknown'

export interface AddressBook {
  ownerOf(address: string): Owner
}

/**
 * Joins addresses to what has them. `objects` are those of the cluster with its Pods as they were at both ends of the
 * window (those that have ended too), Nodes, EndpointSlices, Services and WorkloadEntries. Nothing is guessed: what a
 * node or a load balancer hides is said to be hidden.
 */
export function addressBook(objects: readonly KubeObject[]): AddressBook {
  const pods = podsByAddress(objects)
  const nodes = objects.filter(({id}) => id.kind === 'Node').map(nodeNetwork)
  const balancers = balancersByAddress(objects)
  const endpoints = endpointsByAddress(objects)
  const neighbours = podNetworks(objects)
  return {
    ownerOf: address => {
      const own = pods.get(address)
      if (own !== undefined) return ownerOfPods(address, own)
      const node = nodes.find(one => one.addresses.has(address) || one.gateways.has(address))
      if (node !== undefined) return hidden('node', nodeSays(address, node, objects))
      const balancer = balancers.get(address)
      if (balancer !== undefined)
        return hidden('load-balancer', `${address} is ${balancer}, which puts it in place of its clients'`)
      const endpoint = endpoints.get(address)
      if (endpoint !== undefined)
        return hidden('endpoint', `${address} is ${endpoint}, which is no pod of this cluster`)
      const near = nodes.find(one => one.covers(address))?.name ?? neighbours(address)
      if (near !== null)
        return hidden(
          'pod-network',
          `${address} lies on the pod network of node ${near} and no pod has it: the node's own (host network, kubelet, NAT), or a pod's that came and went`,
        )
      return hidden(
        'unknown',
        `no pod, node or endpoint has ${address}: a client outside the cluster, or what NAT made of one inside`,
      )
    },
  }
}

/** For a call of which only a header says where it comes from. */
export function forwardedFor(address: string): Owner {
  return hidden(
    'forwarded',
    `a header (x-forwarded-for) says ${address}: a proxy sent it on, or the client wrote the header, and the log does not show the connection's own address`,
  )
}

function hidden(because: HiddenBecause, says: string): Owner {
  return {kind: 'hidden', because, says}
}

interface PodPlace {
  readonly namespace: string
  readonly workload: string
  readonly pod: string
}

/** Pods on the host network have the node's address, which is not theirs alone. */
function podsByAddress(objects: readonly KubeObject[]): ReadonlyMap<string, readonly PodPlace[]> {
  const found = new Map<string, PodPlace[]>()
  for (const workload of readWorkloads(objects)) {
    const pods = workload.kind === 'Pod' ? [workload.object] : workload.pods
    for (const pod of pods.filter(one => !onHostNetwork(one))) {
      const place = {namespace: workload.namespace, workload: workload.name, pod: pod.id.name}
      for (const address of addressesOf(pod)) found.set(address, [...(found.get(address) ?? []), place])
    }
  }
  return found
}

export function addressesOf(pod: KubeObject): readonly string[] {
  const status = record(pod.value['status'])
  const all = [text(status['podIP']), ...records(status['podIPs']).map(one => text(one['ip']))]
  return [...new Set(all.filter(one => one !== undefined && one !== ''))] as string[]
}

function onHostNetwork(pod: KubeObject): boolean {
  return record(pod.value['spec'])['hostNetwork'] === true
}

function ownerOfPods(address: string, places: readonly PodPlace[]): Owner {
  const workloads = new Set(places.map(({namespace, workload}) => `${namespace}/${workload}`))
  const [first] = places
  if (first === undefined || workloads.size > 1)
    return hidden('shared', `${address} was that of pods of ${[...workloads].sort().join(' and ')}`)
  const {namespace, workload} = first
  return {kind: 'workload', namespace, workload, pods: [...new Set(places.map(({pod}) => pod))]}
}

interface NodeNetwork {
  readonly name: string
  readonly addresses: ReadonlySet<string>
  /** The first address of its part of the pod network, which bridges and point-to-point links give to the node. */
  readonly gateways: ReadonlySet<string>
  covers(address: string): boolean
}

/** CNI plugins note addresses of the node's own in annotations (Calico's tunnels, Cilium's host), each as a whole value. */
function nodeNetwork(node: KubeObject): NodeNetwork {
  const spec = record(node.value['spec'])
  const ranges = [...new Set([text(spec['podCIDR']), ...texts(spec['podCIDRs'])])].filter(
    one => one !== undefined && one !== '',
  ) as string[]
  const noted = Object.values(textMap(at(node.value, ['metadata', 'annotations']))).map(
    value => value.split('/')[0] ?? '',
  )
  const written = records(at(node.value, ['status', 'addresses'])).map(one => text(one['address']) ?? '')
  const list = new BlockList()
  for (const range of ranges) addRange(list, range)
  return {
    name: node.id.name,
    addresses: new Set([...written, ...noted].filter(isAddress)),
    gateways: new Set(ranges.flatMap(range => firstOf(range))),
    covers: address => isAddress(address) && list.check(address, address.includes(':') ? 'ipv6' : 'ipv4'),
  }
}

function isAddress(value: string): boolean {
  return /^(\d{1,3}\.){3}\d{1,3}$|^[0-9a-f]*:[0-9a-f:.]+$/i.test(value)
}

function addRange(list: BlockList, range: string): void {
  const [base = '', prefix] = range.split('/')
  if (isAddress(base) && prefix !== undefined && /^\d{1,3}$/.test(prefix))
    list.addSubnet(base, Number(prefix), base.includes(':') ? 'ipv6' : 'ipv4')
}

function firstOf(range: string): readonly string[] {
  const [base = ''] = range.split('/')
  if (base.endsWith('::')) return [`${base}1`]
  const found = /^(\d+\.\d+\.\d+\.)(\d+)$/.exec(base)
  return found === null ? [] : [`${found[1]}${Number(found[2]) + 1}`]
}

function nodeSays(address: string, {name}: NodeNetwork, objects: readonly KubeObject[]): string {
  const there = objects
    .filter(
      one => one.id.kind === 'Pod' && onHostNetwork(one) && record(one.value['spec'])['nodeName'] === name,
    )
    .map(({id}) => `${id.namespace}/${id.name}`)
  const some = there.length > 5 ? [...there.slice(0, 4), `${there.length - 4} more`] : there
  const pods = some.length === 0 ? 'its host network' : `its host network (${some.join(', ')})`
  return `${address} is node ${name}'s own: ${pods}, its kubelet, and clients whose address it translates (NodePort, NAT) look alike`
}

function balancersByAddress(objects: readonly KubeObject[]): ReadonlyMap<string, string> {
  const services = objects.filter(({id}) => id.kind === 'Service')
  return new Map(
    services.flatMap(({id, value}) => {
      const ingress = records(at(value, ['status', 'loadBalancer', 'ingress'])).map(one => text(one['ip']))
      const external = texts(record(value['spec'])['externalIPs'])
      return [...ingress, ...external].flatMap(address =>
        address === undefined
          ? []
          : [[address, `the load balancer's of Service ${id.namespace}/${id.name}`] as const],
      )
    }),
  )
}

function endpointsByAddress(objects: readonly KubeObject[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const {id, value} of objects) {
    if (id.kind === 'WorkloadEntry') {
      const address = text(record(value['spec'])['address'])
      if (address !== undefined) found.set(address, `that of WorkloadEntry ${id.namespace}/${id.name}`)
    }
    if (id.kind !== 'EndpointSlice') continue
    const service = textMap(at(value, ['metadata', 'labels']))['kubernetes.io/service-name'] ?? id.name
    for (const endpoint of records(value['endpoints'])) {
      if (record(endpoint['targetRef'])['kind'] === 'Pod') continue
      for (const address of texts(endpoint['addresses']))
        found.set(address, `an endpoint of Service ${id.namespace}/${service}`)
    }
  }
  return found
}

/** Where nodes do not say which part of the pod network is theirs: the node to which all pods of an IPv4 /24 belong. */
function podNetworks(objects: readonly KubeObject[]): (address: string) => string | null {
  const nodes = new Map<string, Set<string>>()
  for (const pod of objects.filter(one => one.id.kind === 'Pod' && !onHostNetwork(one))) {
    const node = text(record(pod.value['spec'])['nodeName'])
    if (node === undefined) continue
    for (const address of addressesOf(pod)) {
      const network = networkOf(address)
      if (network !== null) nodes.set(network, (nodes.get(network) ?? new Set()).add(node))
    }
  }
  return address => {
    const [only, ...others] = nodes.get(networkOf(address) ?? '') ?? []
    return only === undefined || others.length > 0 ? null : only
  }
}

function networkOf(address: string): string | null {
  return /^(\d+\.\d+\.\d+)\.\d+$/.exec(address)?.[1] ?? null
}
