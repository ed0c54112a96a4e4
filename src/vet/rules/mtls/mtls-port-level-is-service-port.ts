import {fact} from '../../../mesh/fact.ts'
import type {Fact} from '../../../mesh/fact.ts'
import type {Mesh, Workload} from '../../../mesh/mesh.ts'
import {policySelector} from '../../../mesh/selectors.ts'
import {record} from '../../../objects/json.ts'
import {removing, setting} from '../../edits.ts'
import {nameOf} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'mtls-port-level-is-service-port',
  area: 'mtls',
  severity: 'error',
  istio: '>=1.5.0',
  inputs: ['PeerAuthentication', 'Service'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    servicePort:
      'portLevelMtls {port} is the port of Service {service}, not of its pods: they listen on {target}, so this entry does nothing.',
  },
  why: 'The keys of portLevelMtls are ports of the workload. One that is only a port of the Service matches no listener: the port stays under the policy that was to be overridden, unnoticed until a client fails.',
  fix: "Use the number of the container's port (the Service's targetPort) as the key.",
  check(mesh, report) {
    for (const policy of mesh.objects('PeerAuthentication')) {
      const spec = record(policy.value['spec'])
      const selector = policySelector(spec['selector'])
      const ports = Object.keys(record(spec['portLevelMtls']))
      if (selector === null || ports.length === 0) continue
      const workloads = mesh.selected(selector, policy.id.namespace)
      const listening = new Set(workloads.flatMap(workload => portsOf(mesh, workload)))
      for (const port of ports) {
        if (listening.has(Number(port))) continue
        const behind = behindServicePort(mesh, workloads, Number(port))
        if (behind === null) continue
        const path = ['spec', 'portLevelMtls', port]
        const moved = setting(
          policy,
          ['spec', 'portLevelMtls', String(behind.target)],
          record(spec['portLevelMtls'])[port] ?? {},
          'the key is the port of the workload',
        )
        const change =
          moved.action === 'update'
            ? {...removing({...policy, value: moved.after}, path, moved.reason), before: policy}
            : moved
        report({
          messageId: 'servicePort',
          data: {port, service: behind.service, target: behind.target},
          object: policy,
          path,
          evidence: [behind.fact],
          fix: {
            kind: 'unsafe',
            description: `Rename the key ${port} to ${behind.target}.`,
            changes: [change],
          },
        })
      }
    }
  },
})

/** Every port on which a workload is known to listen: declared by its containers, or targeted by a Service. */
function portsOf(mesh: Mesh, workload: Workload): readonly number[] {
  const declared = workload.containers.flatMap(container => container.ports.map(({port}) => port))
  const targeted = mesh
    .servicesOf(workload)
    .flatMap(service => service.ports.flatMap(port => mesh.targetPort(port, workload) ?? []))
  return [...declared, ...targeted]
}

function behindServicePort(
  mesh: Mesh,
  workloads: readonly Workload[],
  port: number,
): {service: string; target: number; fact: Fact} | null {
  for (const workload of workloads) {
    for (const service of mesh.servicesOf(workload)) {
      const found = service.ports.find(one => one.port === port)
      const target = found === undefined ? null : mesh.targetPort(found, workload)
      if (found === undefined || target === null || target === port) continue
      const text = `Service ${nameOf(service)} sends its port ${port} to ${target} of ${nameOf(workload)}`
      return {service: nameOf(service), target, fact: fact(text, service.object, found.path)}
    }
  }
  return null
}
