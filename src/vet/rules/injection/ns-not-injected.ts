import {fact} from '../../../mesh/fact.ts'
import {ignoredNamespaces} from '../../../mesh/injection.ts'
import type {Mesh, Workload} from '../../../mesh/mesh.ts'
import {perMesh} from '../../../mesh/per-mesh.ts'
import {record, textMap} from '../../../objects/json.ts'
import type {KubeObject} from '../../../objects/object.ts'
import {nameOf} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

/** Policies that are enforced by sidecars of their own namespace, and by nothing else. */
const policyKinds = [
  'PeerAuthentication',
  'AuthorizationPolicy',
  'RequestAuthentication',
  'Sidecar',
  'Telemetry',
] as const

export default defineRule({
  id: 'ns-not-injected',
  area: 'injection',
  severity: 'info',
  istio: '*',
  inputs: ['Namespace', ...policyKinds],
  needs: 'offline',
  params: {},
  equivalents: ['IST0102', 'namespace-not-injected'],
  formerIds: [],
  messages: {
    policy:
      'No workload of the namespace gets a sidecar, so that {policy} and others like it are enforced by nobody.',
  },
  why: 'Policies are enforced by sidecars. A namespace with policies and without injection looks protected and is not.',
  fix: 'Label the namespace istio-injection: enabled and restart its workloads, or remove the policies.',
  check(mesh, report) {
    for (const object of mesh.objects('Namespace')) {
      const {name} = object.id
      const workloads = workloadsByNamespace(mesh).get(name) ?? []
      const policy = policiesByNamespace(mesh).get(name)
      if (policy === undefined || workloads.length === 0 || ignoredNamespaces.includes(name)) continue
      if (name === mesh.meshConfig.rootNamespace || hasLabel(object)) continue
      if (workloads.some(workload => mesh.injection(workload).inMesh !== false)) continue
      report({
        messageId: 'policy',
        data: {policy: `${policy.id.kind} ${nameOf(policy.id)}`},
        identity: [],
        object,
        path: ['metadata', 'name'],
        evidence: [fact(`${policy.id.kind} ${nameOf(policy.id)}`, policy, ['metadata', 'name'])],
      })
    }
  },
})

function hasLabel(namespace: KubeObject): boolean {
  const labels = textMap(record(namespace.value['metadata'])['labels'])
  return ['istio-injection', 'istio.io/rev', 'istio.io/dataplane-mode'].some(
    label => labels[label] !== undefined,
  )
}

const workloadsByNamespace = perMesh((mesh: Mesh): ReadonlyMap<string, readonly Workload[]> => {
  const groups = new Map<string, Workload[]>()
  for (const workload of mesh.workloads) {
    const group = groups.get(workload.namespace)
    if (group === undefined) groups.set(workload.namespace, [workload])
    else group.push(workload)
  }
  return groups
})

/** One policy of each namespace that has any. */
const policiesByNamespace = perMesh((mesh: Mesh): ReadonlyMap<string, KubeObject> => {
  const found = new Map<string, KubeObject>()
  for (const kind of policyKinds) {
    for (const object of mesh.objects(kind))
      if (!found.has(object.id.namespace)) found.set(object.id.namespace, object)
  }
  return found
})
