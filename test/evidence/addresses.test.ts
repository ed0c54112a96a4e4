import assert from 'node:assert/strict'
import {it} from 'node:test'
import {parse} from 'yaml'

import {addressBook} from '../../src/evidence/addresses.ts'
import {idOf} from '../../src/objects/identity.ts'
import type {JsonObject, KubeObject} from '../../src/objects/object.ts'

const object = (yaml: string): KubeObject => {
  const value = parse(yaml) as JsonObject
  const id = idOf(value)
  assert.ok(id !== undefined)
  return {id, value, source: null}
}
const pod = (name: string, ip: string, more = ''): KubeObject =>
  object(
    `{apiVersion: v1, kind: Pod, metadata: {name: ${name}, namespace: out, uid: ${name}}, spec: {nodeName: n1${more}}, status: {podIP: ${ip}, podIPs: [{ip: ${ip}}, {ip: "fd00::${name.length}"}]}}`,
  )
const node = (spec: string, annotations = '{}'): KubeObject =>
  object(
    `{apiVersion: v1, kind: Node, metadata: {name: n1, annotations: ${annotations}}, spec: ${spec}, status: {addresses: [{type: InternalIP, address: 10.0.0.1}, {type: Hostname, address: n1}]}}`,
  )
const slice = object(
  '{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: db-x, namespace: out, labels: {kubernetes.io/service-name: db}}, endpoints: [{addresses: [192.168.1.5]}, {addresses: [10.244.1.7], targetRef: {kind: Pod, name: a}}]}',
)
const balancer = object(
  '{apiVersion: v1, kind: Service, metadata: {name: lb, namespace: out}, spec: {}, status: {loadBalancer: {ingress: [{ip: 198.51.100.7}]}}}',
)
const machine = object(
  '{apiVersion: networking.istio.io/v1, kind: WorkloadEntry, metadata: {name: vm, namespace: out}, spec: {address: 192.168.1.9}}',
)
const shared = [pod('old', '10.244.1.8'), pod('new', '10.244.1.8')]
const host = pod('agent', '10.0.0.1', ', hostNetwork: true')
const all = [
  node(
    '{podCIDR: 10.244.1.0/24, podCIDRs: [10.244.1.0/24]}',
    '{projectcalico.org/IPv4VXLANTunnelAddr: 10.244.9.1, note: "0"}',
  ),
  pod('plain', '10.244.1.7'),
  host,
  ...shared,
  slice,
  balancer,
  machine,
]

for (const [address, answer] of [
  ['10.244.1.7', 'out/plain'],
  ['10.0.0.1', "node: 10.0.0.1 is node n1's own: its host network (out/agent)"],
  ['10.244.1.1', "node: 10.244.1.1 is node n1's own"],
  ['10.244.9.1', "node: 10.244.9.1 is node n1's own"],
  ['10.244.1.99', 'pod-network: 10.244.1.99 lies on the pod network of node n1 and no pod has it'],
  ['10.244.1.8', 'shared: 10.244.1.8 was that of pods of out/new and out/old'],
  ['192.168.1.5', 'endpoint: 192.168.1.5 is an endpoint of Service out/db'],
  ['192.168.1.9', 'endpoint: 192.168.1.9 is that of WorkloadEntry out/vm'],
  ['198.51.100.7', "load-balancer: 198.51.100.7 is the load balancer's of Service out/lb"],
  ['203.0.113.9', 'unknown: no pod, node or endpoint has 203.0.113.9'],
] as const) {
  it(`${address}: ${answer}`, () => {
    const owner = addressBook(all).ownerOf(address)
    const said =
      owner.kind === 'workload' ? `${owner.namespace}/${owner.workload}` : `${owner.because}: ${owner.says}`
    assert.ok(said.startsWith(answer), said)
  })
}

it('a pod has the second of its addresses too', () => {
  const owner = addressBook([pod('plain', '10.244.1.7')]).ownerOf('fd00::5')
  assert.deepEqual(owner, {kind: 'workload', namespace: 'out', workload: 'plain', pods: ['plain']})
})

it('without ranges of nodes, the neighbours tell on which node\u2019s network an address lies, and no more', () => {
  const book = addressBook([node('{}'), pod('plain', '10.244.1.7')])
  const near = book.ownerOf('10.244.1.1')
  assert.equal(near.kind === 'hidden' && near.because, 'pod-network')
  const far = book.ownerOf('10.244.2.1')
  assert.equal(far.kind === 'hidden' && far.because, 'unknown')
})
