import type {Mesh} from '../../../mesh/mesh.ts'
import {record, text, textMap} from '../../../objects/json.ts'
import type {KubeObject, Path} from '../../../objects/object.ts'
import {listed} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

const label = 'istio.io/rev'

export default defineRule({
  id: 'injection-revision-unknown',
  area: 'injection',
  severity: 'error',
  istio: '>=1.6.0',
  inputs: ['Namespace', 'MutatingWebhookConfiguration'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    unknown: 'No control plane has the revision {revision} (there are {known}), so pods here get no sidecar.',
  },
  why: 'A revision label that no injection webhook answers to is not an error to Kubernetes: the pods simply start without a sidecar, outside of every policy.',
  fix: 'Use a revision or tag that is installed: istioctl tag list.',
  check(mesh, report) {
    // Without any webhook in the input every revision is assumed to exist, which is listed among the assumptions.
    if (mesh.revisions.length === 0) return
    for (const {object, path, revision} of labelled(mesh)) {
      if (mesh.revisions.includes(revision)) continue
      report({
        messageId: 'unknown',
        data: {revision, known: listed(mesh.revisions, 5)},
        identity: ['revision'],
        object,
        path,
        ...(mesh.complete('MutatingWebhookConfiguration') ? {} : {severity: 'warning' as const}),
      })
    }
  },
})

interface Labelled {
  readonly object: KubeObject
  readonly path: Path
  readonly revision: string
}

/** Namespaces whose revision label counts, and workloads whose own does since their namespace has none. */
function labelled(mesh: Mesh): readonly Labelled[] {
  const namespaces = mesh.objects('Namespace').flatMap((object): readonly Labelled[] => {
    const labels = textMap(record(object.value['metadata'])['labels'])
    const revision = labels[label]
    return revision === undefined || labels['istio-injection'] !== undefined
      ? []
      : [{object, path: ['metadata', 'labels', label], revision}]
  })
  const workloads = mesh.workloads.flatMap((workload): readonly Labelled[] => {
    const revision = text(workload.labels[label])
    const own = textMap(record(mesh.namespaceObject(workload.namespace)?.value['metadata'])['labels'])
    if (revision === undefined || own[label] !== undefined || own['istio-injection'] !== undefined) return []
    return [
      {object: workload.object, path: [...workload.templatePath, 'metadata', 'labels', label], revision},
    ]
  })
  return [...namespaces, ...workloads]
}
