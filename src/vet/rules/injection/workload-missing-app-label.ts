import {defineRule} from '../../rule.ts'

/** In the order in which Istio reads them (pilot/pkg/model/context.go, CanonicalServiceLabels). */
const names: readonly string[] = ['service.istio.io/canonical-name', 'app.kubernetes.io/name', 'app']

export default defineRule({
  id: 'workload-missing-app-label',
  area: 'injection',
  severity: 'info',
  istio: '*',
  inputs: ['Namespace'],
  needs: 'offline',
  params: {},
  equivalents: ['missing-app-label'],
  formerIds: [],
  messages: {
    missing:
      'The pods have no label app or app.kubernetes.io/name: metrics and traces name them after {kind} {name}.',
  },
  why: 'Telemetry groups by the canonical name of a service, which is read from labels of the pod. Without them each workload is a service of its own, and versions of one do not come together.',
  fix: 'Add the label app.kubernetes.io/name to the pod template.',
  check(mesh, report) {
    for (const workload of mesh.workloads) {
      const {object, kind, name, labels, templatePath} = workload
      const {inMesh, mode} = mesh.injection(workload)
      if (inMesh !== true || mode !== 'sidecar' || names.some(label => labels[label] !== undefined)) continue
      report({
        messageId: 'missing',
        data: {kind, name},
        identity: [],
        object,
        path: [...templatePath, 'metadata', 'labels'],
      })
    }
  },
})
