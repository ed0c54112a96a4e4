import {list, record, text, textMap} from '../objects/json.ts'
import type {KubeObject, Path} from '../objects/object.ts'
import {fact} from './fact.ts'
import type {Fact} from './fact.ts'
import type {Injection, InjectionReason, Labels, Mesh, Workload} from './mesh.ts'
import {perWorkload} from './per-mesh.ts'
import {proxyContainer} from './workloads.ts'

/** istio pkg/kube/inject/initializer.go IgnoredNamespaces, and what enableNamespacesByDefault leaves out. */
export const ignoredNamespaces: readonly string[] = [
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'local-path-storage',
]

const injectKey = 'sidecar.istio.io/inject'
const revisionKey = 'istio.io/rev'
const namespaceKey = 'istio-injection'
const ambientKey = 'istio.io/dataplane-mode'

/**
 * Whether a workload's pods get a sidecar: first which webhook is called, by the labels of namespace and pod
 * (charts/istio-discovery/templates/mutatingwebhook.yaml; istio-semantics G2), then whether the injector acts
 * (pkg/kube/inject/inject.go injectRequired; G3). Live pods, where there are any, are what is.
 */
export function injectionOf(mesh: Mesh, workload: Workload): Injection {
  return fromPods(workload) ?? fromTemplate(workload) ?? fromLabels(mesh, workload)
}

function answer(
  inMesh: Injection['inMesh'],
  reason: InjectionReason,
  facts: readonly Fact[],
  revision: string | null = null,
  mode: Injection['mode'] = inMesh === true ? 'sidecar' : 'none',
): Injection {
  return {inMesh, mode, reason, revision, facts}
}

function fromPods(workload: Workload): Injection | null {
  const pods =
    workload.object.id.kind === 'Pod' && isRunning(workload.object) ? [workload.object] : workload.pods
  if (pods.length === 0) return null
  const injected = pods.filter(pod => proxyContainer(pod.value) !== undefined)
  if (injected.length === 0) {
    const redirected = pods.every(pod => annotationsOf(pod)['ambient.istio.io/redirection'] === 'enabled')
    if (redirected)
      return answer(
        true,
        'ambient',
        [fact('all its pods are redirected to ztunnel', pods[0] ?? null)],
        null,
        'ambient',
      )
    return answer(false, 'running-pods', [fact('none of its running pods has a proxy', pods[0] ?? null)])
  }
  const revision = annotationsOf(injected[0] ?? workload.object)[revisionKey] ?? null
  const mode = injected.some(isRouter) ? 'gateway' : 'sidecar'
  if (injected.length === pods.length)
    return answer(
      true,
      'running-pods',
      [fact('all its running pods have a proxy', injected[0] ?? null)],
      revision,
      mode,
    )
  const mixed = `${injected.length} of its ${pods.length} running pods have a proxy: a rollout is under way, or a restart is due`
  return answer('unknown', 'running-pods', [fact(mixed, workload.object)], revision)
}

/** A Pod manifest of a file is a template; one read from a cluster has a status. */
function isRunning(pod: KubeObject): boolean {
  return text(record(pod.value['status'])['phase']) !== undefined
}

function annotationsOf(object: KubeObject): Labels {
  return textMap(record(object.value['metadata'])['annotations'])
}

function isRouter(pod: KubeObject): boolean {
  return list(proxyContainer(pod.value)?.['args']).includes('router')
}

/** A proxy written into the template by `istioctl kube-inject` or by hand, or a gateway's. */
function fromTemplate(workload: Workload): Injection | null {
  const proxy = workload.containers.find(container => container.name === 'istio-proxy')
  if (proxy === undefined) return null
  if (proxy.args.includes('router')) {
    return answer(
      true,
      'gateway',
      [fact('its pod template holds a gateway proxy', workload.object, proxy.path)],
      null,
      'gateway',
    )
  }
  if (proxy.image === 'auto' || proxy.image === '') return null
  return answer(true, 'sidecar-in-template', [
    fact('its pod template already holds the proxy', workload.object, proxy.path),
  ])
}

function fromLabels(mesh: Mesh, workload: Workload): Injection {
  const namespace = mesh.namespaceObject(workload.namespace)
  const namespaceLabels = namespace === null ? {} : textMap(record(namespace.value['metadata'])['labels'])
  const ambient = ambientMode(workload, namespace, namespaceLabels)
  const called = webhookFor(mesh, workload, namespace, namespaceLabels)
  const decided = called.inMesh === true ? injectorActs(workload, called) : called
  if (decided.inMesh !== true && ambient !== null) return ambient
  return decided.inMesh === true && isGatewayTemplate(workload)
    ? {...decided, mode: 'gateway', reason: 'gateway'}
    : decided
}

function isGatewayTemplate(workload: Workload): boolean {
  return (workload.annotations['inject.istio.io/templates'] ?? '').split(',').includes('gateway')
}

/** cni/pkg/util/enablement_selector.go: never hostNetwork, the pod's label can opt in or out. */
function ambientMode(
  workload: Workload,
  namespace: KubeObject | null,
  namespaceLabels: Labels,
): Injection | null {
  if (workload.hostNetwork) return null
  const own = workload.labels[ambientKey]
  if (own === 'none') return null
  if (own === 'ambient')
    return answer(
      true,
      'ambient',
      [fact('its pod label enrols it in ambient mode', workload.object, labelPath(workload, ambientKey))],
      null,
      'ambient',
    )
  if (namespaceLabels[ambientKey] !== 'ambient') return null
  return answer(
    true,
    'ambient',
    [fact('its namespace is enrolled in ambient mode', namespace, ['metadata', 'labels', ambientKey])],
    null,
    'ambient',
  )
}

function labelPath(workload: Workload, key: string): Path {
  return [...workload.templatePath, 'metadata', 'labels', key]
}

/** The table G2: which webhook is called for a pod, if any. */
function webhookFor(
  mesh: Mesh,
  workload: Workload,
  namespace: KubeObject | null,
  namespaceLabels: Labels,
): Injection {
  const onNamespace = (label: string, words: string): Fact =>
    fact(words, namespace, ['metadata', 'labels', label])
  const onPod = (label: string, words: string): Fact =>
    fact(words, workload.object, labelPath(workload, label))
  const enabled = namespaceLabels[namespaceKey]
  const namespaceRevision = namespaceLabels[revisionKey]
  const podInject = workload.labels[injectKey]
  const podRevision = workload.labels[revisionKey]
  const optedOut = (): Injection =>
    answer(false, 'pod-disabled', [onPod(injectKey, `pod label ${injectKey} is "false"`)])

  if (enabled === 'enabled') {
    if (podInject === 'false') return optedOut()
    return revisionServed(
      mesh,
      'default',
      'namespace-label',
      onNamespace(namespaceKey, `namespace ${workload.namespace} has ${namespaceKey}=enabled`),
    )
  }
  if (enabled !== undefined) {
    return answer(false, 'namespace-disabled', [
      onNamespace(
        namespaceKey,
        `namespace ${workload.namespace} has ${namespaceKey}=${enabled}, which no pod label overrides`,
      ),
    ])
  }
  if (namespaceRevision !== undefined) {
    if (podInject === 'false') return optedOut()
    return revisionServed(
      mesh,
      namespaceRevision,
      'namespace-revision',
      onNamespace(revisionKey, `namespace ${workload.namespace} has ${revisionKey}=${namespaceRevision}`),
    )
  }
  if (podInject === 'false') return optedOut()
  if (podRevision !== undefined)
    return revisionServed(
      mesh,
      podRevision,
      'pod-revision',
      onPod(revisionKey, `pod label ${revisionKey}=${podRevision}`),
    )
  if (podInject === 'true')
    return revisionServed(mesh, 'default', 'pod-label', onPod(injectKey, `pod label ${injectKey} is "true"`))
  const none =
    namespace === null
      ? `namespace ${workload.namespace} is not in the input; without a label there is no injection`
      : `namespace ${workload.namespace} has no injection label`
  return answer(false, 'not-labelled', [fact(none, namespace ?? workload.object)])
}

/**
 * A label names a revision that must exist. Without any webhook in the input the revision is assumed to (the mesh
 * states that); with webhooks, one that none serves means that no pod is injected, silently.
 */
function revisionServed(mesh: Mesh, revision: string, reason: InjectionReason, why: Fact): Injection {
  if (mesh.revisions.length === 0 || mesh.revisions.includes(revision))
    return answer(true, reason, [why], revision)
  const known = mesh.revisions.join(', ')
  const missing = fact(`no injection webhook serves revision ${revision} (there are: ${known})`)
  return answer(
    mesh.complete('MutatingWebhookConfiguration') ? false : 'unknown',
    'revision-unknown',
    [why, missing],
    revision,
  )
}

/** The injector's own decision once its webhook is called (G3); the pod label beats the legacy annotation. */
function injectorActs(workload: Workload, called: Injection): Injection {
  if (workload.hostNetwork) {
    const path = [...workload.templatePath, 'spec', 'hostNetwork']
    return answer(false, 'host-network', [
      fact('pods on the host network are never injected', workload.object, path),
      ...called.facts,
    ])
  }
  if (ignoredNamespaces.includes(workload.namespace)) {
    return answer(false, 'ignored-namespace', [
      fact(`the injector ignores namespace ${workload.namespace}`),
      ...called.facts,
    ])
  }
  const label = workload.labels[injectKey]
  const annotation = workload.annotations[injectKey]
  if (label === undefined && annotation === 'false') {
    const path = [...workload.templatePath, 'metadata', 'annotations', injectKey]
    return answer(false, 'annotation-disabled', [
      fact(`annotation ${injectKey} is "false"`, workload.object, path),
      ...called.facts,
    ])
  }
  return called
}

/** Ports that the proxy never takes over, always and by annotation; `'all-but'` lists the only ones it takes. */
export interface Interception {
  readonly excludes: (port: number) => boolean
  readonly fact: Fact | null
}

const alwaysExcluded: readonly number[] = [15090, 15021, 15020]

/**
 * Inbound ports that reach the application past the proxy (injection-template.yaml, cni/pkg/plugin/sidecar_redirect.go).
 * istiod does not know of these annotations: clients go on sending mTLS to an excluded port.
 */
export function inboundInterception(workload: Workload): Interception {
  return inbound(workload)
}

/** Outbound ports that a client's calls take past its proxy. */
export function outboundInterception(workload: Workload): Interception {
  return outbound(workload)
}

const inbound = perWorkload(workload => interception(workload, 'Inbound'))
const outbound = perWorkload(workload => interception(workload, 'Outbound'))

const modeKey = 'sidecar.istio.io/interceptionMode'

function interception(workload: Workload, direction: 'Inbound' | 'Outbound'): Interception {
  if (workload.annotations[modeKey] === 'NONE') {
    const path = [...workload.templatePath, 'metadata', 'annotations', modeKey]
    return {excludes: () => true, fact: fact(`annotation ${modeKey}: NONE`, workload.object, path)}
  }
  const excludeKey = `traffic.sidecar.istio.io/exclude${direction}Ports`
  const includeKey = `traffic.sidecar.istio.io/include${direction}Ports`
  const excluded = portList(workload.annotations[excludeKey])
  const included = workload.annotations[includeKey]
  // For outbound, includeOutboundPorts adds to the IP ranges; it never narrows.
  const narrows = direction === 'Inbound' && included !== undefined && included !== '*'
  const only = portList(included)
  const key = narrows ? includeKey : excludeKey
  const named = narrows || excluded.length > 0
  return {
    excludes: port =>
      (direction === 'Inbound' && alwaysExcluded.includes(port)) ||
      excluded.includes(port) ||
      (narrows && !only.includes(port)),
    fact: named
      ? fact(`annotation ${key}: "${workload.annotations[key] ?? ''}"`, workload.object, [
          ...workload.templatePath,
          'metadata',
          'annotations',
          key,
        ])
      : null,
  }
}

function portList(annotation: string | undefined): readonly number[] {
  return (annotation ?? '')
    .split(',')
    .map(port => Number(port.trim()))
    .filter(port => Number.isInteger(port) && port > 0)
}

/** All values of a label or annotation that say a pod is meant to be injected, for rules and stages. */
export const injectionKeys = {
  inject: injectKey,
  revision: revisionKey,
  namespace: namespaceKey,
  ambient: ambientKey,
} as const
