import type {Mesh, Workload} from '../../mesh/mesh.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import {at, textMap} from '../../objects/json.ts'
import type {KubeObject, Path} from '../../objects/object.ts'
import type {Labels} from '../../mesh/mesh.ts'

/** A set of annotations with the kind on which it counts: those of a pod template are a Pod's. */
export interface Annotated {
  readonly object: KubeObject
  readonly path: Path
  readonly kind: string
  readonly annotations: Labels
  readonly labels: Labels
}

/** Annotations that Istio or Kubernetes set by themselves (istio pkg/config/analysis/analyzers/maturity). */
const setByThemselves: readonly string[] = [
  'sidecar.istio.io/status',
  'gateway.istio.io/controller-version',
  'istio.io/rev',
]

/** Annotations of Istio: of its domains, and the one of Ingress that it reads. */
export function isIstioAnnotation(name: string): boolean {
  if (name === 'kubernetes.io/ingress.class') return true
  const domain = name.split('/', 1)[0] ?? ''
  // Helm and the installer label their own objects.
  return (
    domain.endsWith('istio.io') && !domain.endsWith('operator.istio.io') && !setByThemselves.includes(name)
  )
}

/** Everything in the input that carries annotations of Istio and is a namespace, a Service or runs pods. */
export const annotated = perMesh((mesh: Mesh): readonly Annotated[] => [
  ...[...mesh.objects('Namespace'), ...mesh.objects('Service')]
    .filter(({id}) => id.apiVersion === 'v1')
    .flatMap(object => metadataOf(object, ['metadata'], object.id.kind)),
  ...mesh.workloads.flatMap(ofWorkload),
])

function ofWorkload({object, kind, templatePath}: Workload): readonly Annotated[] {
  const own = metadataOf(object, ['metadata'], kind)
  return kind === 'Pod' ? own : [...own, ...metadataOf(object, [...templatePath, 'metadata'], 'Pod')]
}

function metadataOf(object: KubeObject, path: Path, kind: string): readonly Annotated[] {
  const annotations = textMap(at(object.value, [...path, 'annotations']))
  if (!Object.keys(annotations).some(isIstioAnnotation)) return []
  const labels = textMap(at(object.value, [...path, 'labels']))
  return [{object, path: [...path, 'annotations'], kind, annotations, labels}]
}
