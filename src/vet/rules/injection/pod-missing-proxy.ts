import {listed} from '../../reading/names.ts'
import {hasProxy, injectionByLabels, runningPods} from '../../reading/running-pods.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'pod-missing-proxy',
  area: 'injection',
  severity: 'warning',
  istio: '*',
  inputs: ['Namespace', 'Pod'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0103', 'pods-in-mesh'],
  formerIds: [],
  messages: {
    missing: '{pods} should have a sidecar ({why}) and has none.',
  },
  why: 'Injection happens when a pod is made. Pods that are older than the label, or that were made while the webhook was away, are outside the mesh though their namespace is in it.',
  fix: 'Restart the workload: kubectl rollout restart.',
  check(mesh, report) {
    for (const workload of mesh.workloads) {
      // The control plane and its gateways say for themselves what their pods hold.
      if (workload.namespace === mesh.meshConfig.rootNamespace) continue
      const bare = runningPods(workload).filter(pod => !hasProxy(pod))
      if (bare.length === 0) continue
      const {inMesh, mode, facts} = injectionByLabels(mesh, workload)
      if (inMesh !== true || mode !== 'sidecar') continue
      report({
        messageId: 'missing',
        data: {
          pods: listed(bare.map(({id}) => `Pod ${id.name}`)),
          why: facts[0]?.text ?? 'its labels say so',
        },
        identity: [],
        object: workload.object,
        path: [],
        evidence: facts,
      })
    }
  },
})
