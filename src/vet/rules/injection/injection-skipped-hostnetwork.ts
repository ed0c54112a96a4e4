import {listed, nameOf} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'injection-skipped-hostnetwork',
  area: 'injection',
  severity: 'warning',
  istio: '*',
  inputs: ['Namespace'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    skipped:
      '{workload} is on the host network, so it gets no sidecar although its namespace is in the mesh.',
    policy:
      '{workload} is on the host network and gets no sidecar, so that {policies} is not enforced on it.',
  },
  why: 'Pods on the host network are never injected: the rules of iptables would take the traffic of the whole node. To the mesh they are clients and servers outside it.',
  fix: 'Leave the host network, or treat the workload as outside the mesh.',
  check(mesh, report) {
    for (const workload of mesh.workloads) {
      const {reason, facts} = mesh.injection(workload)
      if (reason !== 'host-network') continue
      const policies = mesh.authorization(workload)
      report({
        messageId: policies.length === 0 ? 'skipped' : 'policy',
        data: {
          workload: `${workload.kind} ${nameOf(workload)}`,
          policies: listed(policies.map(({id}) => `AuthorizationPolicy ${nameOf(id)}`)),
        },
        object: workload.object,
        path: [...workload.templatePath, 'spec', 'hostNetwork'],
        ...(policies.length === 0 ? {severity: 'info' as const} : {}),
        evidence: facts,
      })
    }
  },
})
