import {sidecarSelector} from '../../reading/sidecars.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'sidecar-root-with-selector',
  area: 'sidecar',
  severity: 'warning',
  istio: '*',
  inputs: ['Sidecar'],
  needs: 'offline',
  params: {},
  equivalents: ['KIA1006'],
  formerIds: [],
  messages: {
    selector:
      'A Sidecar with a workloadSelector in {namespace}, the root namespace, is for workloads of that namespace only, and no default for the mesh.',
  },
  why: 'The default Sidecar of the mesh is the one of the root namespace without a selector. With one it selects pods of the control plane’s namespace, which is seldom meant.',
  fix: 'Remove the workloadSelector, or move the Sidecar to the namespace of the workloads.',
  check(mesh, report) {
    const namespace = mesh.meshConfig.rootNamespace
    for (const sidecar of mesh.objects('Sidecar')) {
      if (sidecar.id.namespace !== namespace) continue
      const selector = sidecarSelector(sidecar)
      if (selector === null || mesh.selected(selector, namespace).length > 0) continue
      report({messageId: 'selector', data: {namespace}, object: sidecar, path: ['spec', 'workloadSelector']})
    }
  },
})
