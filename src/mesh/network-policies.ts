import {entries, isRecord, record, records, textMap, texts} from '../objects/json.ts'
import type {Json, KubeObject} from '../objects/object.ts'
import type {DeclaredCall} from './declared-calls.ts'
import {fact} from './fact.ts'
import type {Mesh, Server, Workload} from './mesh.ts'
import {labelSelectorMatches} from './selectors.ts'

/** Pods that an ingress rule of a NetworkPolicy names by labels; whole namespaces and IP blocks declare nothing. */
export function networkPolicyCalls(mesh: Mesh): readonly DeclaredCall[] {
  return mesh.objects('NetworkPolicy').flatMap(policy => {
    const spec = record(policy.value['spec'])
    const servers = mesh
      .selected({}, policy.id.namespace)
      .filter(workload => labelSelectorMatches(spec['podSelector'], workload.labels))
      .flatMap(workload =>
        mesh.servicesOf(workload).flatMap(service => service.ports.map(port => ({service, port}))),
      )
    return entries(spec['ingress']).flatMap(([rule, value]) =>
      entries(value['from']).flatMap(([index, peer]) => {
        const selector = peer['podSelector']
        if (
          !isRecord(selector) ||
          (records(selector['matchExpressions']).length === 0 &&
            Object.keys(textMap(selector['matchLabels'])).length === 0)
        )
          return []
        const why = fact(
          `NetworkPolicy ${policy.id.namespace}/${policy.id.name} admits it by its labels`,
          policy,
          ['spec', 'ingress', rule, 'from', index],
        )
        const clients = mesh.clients.filter(
          client => client.of !== null && peerAdmits(mesh, policy.id.namespace, peer, client.of),
        )
        return clients.flatMap(client =>
          servers
            .filter(server => portAdmitted(value['ports'], server))
            .map(server => ({client, server, fact: why})),
        )
      }),
    )
  })
}

/** Whether a peer of a NetworkPolicy's rule covers a workload. */
function peerAdmits(
  mesh: Mesh,
  policyNamespace: string,
  peer: Readonly<Record<string, Json | undefined>>,
  workload: Workload,
): boolean {
  if (isRecord(peer['ipBlock'])) return true
  const namespaces = peer['namespaceSelector']
  const rightNamespace = isRecord(namespaces)
    ? labelSelectorMatches(namespaces, namespaceLabels(mesh, workload.namespace))
    : workload.namespace === policyNamespace
  return (
    rightNamespace &&
    (!isRecord(peer['podSelector']) || labelSelectorMatches(peer['podSelector'], workload.labels))
  )
}

function namespaceLabels(mesh: Mesh, name: string): Readonly<Record<string, string>> {
  const labels = textMap(record(mesh.namespaceObject(name)?.value['metadata'])['labels'])
  return {...labels, 'kubernetes.io/metadata.name': name}
}

function portAdmitted(ports: Json | undefined, server: Server): boolean {
  const listed = records(ports)
  return (
    listed.length === 0 ||
    listed.some(
      one =>
        one['port'] === undefined ||
        one['port'] === server.port.targetPort ||
        one['port'] === server.port.name,
    )
  )
}

/**
 * Whether the NetworkPolicies of a server's pods let a client's pods through to any of them; without a policy everything
 * may pass.
 */
export function networkAdmits(mesh: Mesh, client: Workload, server: Server): boolean {
  const policies = mesh.objects('NetworkPolicy')
  if (policies.length === 0) return true
  const endpoints = mesh.endpoints(server.service)
  if (endpoints.length === 0) return true
  return endpoints.some(endpoint => {
    const selecting = policies.filter(policy => isolates(policy, endpoint))
    return selecting.length === 0 || selecting.some(policy => policyAdmits(mesh, policy, client, server))
  })
}

function isolates(policy: KubeObject, endpoint: Workload): boolean {
  const spec = record(policy.value['spec'])
  const types = texts(spec['policyTypes'])
  if (types.length > 0 && !types.includes('Ingress')) return false
  return (
    policy.id.namespace === endpoint.namespace && labelSelectorMatches(spec['podSelector'], endpoint.labels)
  )
}

function policyAdmits(mesh: Mesh, policy: KubeObject, client: Workload, server: Server): boolean {
  return records(record(policy.value['spec'])['ingress']).some(rule => {
    const peers = records(rule['from'])
    return (
      portAdmitted(rule['ports'], server) &&
      (peers.length === 0 || peers.some(peer => peerAdmits(mesh, policy.id.namespace, peer, client)))
    )
  })
}
