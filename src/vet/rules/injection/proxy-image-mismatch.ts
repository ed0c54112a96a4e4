import {fact} from '../../../mesh/fact.ts'
import {proxyContainer} from '../../../mesh/workloads.ts'
import {record, text, textMap} from '../../../objects/json.ts'
import type {KubeObject} from '../../../objects/object.ts'
import {injectors, proxyImage} from '../../reading/injector.ts'
import {listed} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

/** Variants of the image, chosen by an annotation or by a ProxyConfig. */
const variants: readonly string[] = ['', '-distroless', '-debug']

export default defineRule({
  id: 'proxy-image-mismatch',
  area: 'injection',
  severity: 'warning',
  istio: '*',
  inputs: ['Namespace', 'Pod', 'ConfigMap'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0158', 'sidecar-image-mismatch'],
  formerIds: [],
  messages: {
    mismatch: 'Pods of this namespace have another proxy than the injector makes today ({image}): {pods}.',
  },
  why: 'Pods keep the proxy with which they were made. After an upgrade the old ones go on without its fixes, until they no longer speak with the control plane.',
  fix: 'Restart the workloads: kubectl rollout restart.',
  check(mesh, report) {
    const images = new Map(injectors(mesh).map(injector => [injector.revision, proxyImage(injector)]))
    if (images.size === 0) return
    const stale = new Map<KubeObject, {image: string; pods: KubeObject[]}>()
    for (const pod of mesh.objects('Pod')) {
      const namespace = mesh.namespaceObject(pod.id.namespace)
      const image = namespace === null ? null : (images.get(revisionOf(namespace) ?? '') ?? null)
      const annotations = textMap(record(pod.value['metadata'])['annotations'])
      if (namespace === null || image === null || annotations['sidecar.istio.io/proxyImage'] !== undefined)
        continue
      const own = text(proxyContainer(pod.value)?.['image'])
      if (own === undefined || variants.some(variant => own === `${image}${variant}`)) continue
      const known = stale.get(namespace)
      if (known === undefined) stale.set(namespace, {image, pods: [pod]})
      else known.pods.push(pod)
    }
    for (const [object, {image, pods}] of stale) {
      report({
        messageId: 'mismatch',
        data: {image, pods: listed(pods.map(({id}) => id.name))},
        identity: [],
        object,
        path: ['metadata', 'name'],
        evidence: pods.slice(0, 5).map(pod => fact(`Pod ${pod.id.name}`, pod)),
      })
    }
  },
})

/** The revision that injects a namespace; null where none does. */
function revisionOf(namespace: KubeObject): string | null {
  const labels = textMap(record(namespace.value['metadata'])['labels'])
  if (labels['istio-injection'] === 'enabled') return 'default'
  return labels['istio-injection'] === undefined ? (labels['istio.io/rev'] ?? null) : null
}
