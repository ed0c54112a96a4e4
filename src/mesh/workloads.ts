import {
  entries,
  flag,
  isRecord,
  list,
  number,
  record,
  records,
  text,
  textMap,
  texts,
  at,
} from '../objects/json.ts'
import type {JsonObject, KubeObject, Path} from '../objects/object.ts'
import type {Container, ContainerPort, Probe, Workload, WorkloadKind} from './mesh.ts'

const templatePaths: Readonly<Record<WorkloadKind, Path>> = {
  Deployment: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  ReplicationController: ['spec', 'template'],
  Rollout: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
  Pod: [],
}

/**
 * Everything that runs pods, as its owner: a Pod or ReplicaSet that something else in the input owns is not listed
 * but (for a Pod) attached to that owner, since the owner is the object to change.
 */
export function readWorkloads(objects: readonly KubeObject[]): readonly Workload[] {
  const running = objects.filter(object => isWorkloadKind(object.id.kind))
  const byKey = new Map(
    running.map(object => [ownerKey(object.id.kind, object.id.namespace, object.id.name), object]),
  )
  const ownerOf = (object: KubeObject): KubeObject | undefined => {
    const reference = records(record(object.value['metadata'])['ownerReferences']).find(
      owner => owner['controller'] !== false,
    )
    if (reference === undefined) return undefined
    return byKey.get(
      ownerKey(text(reference['kind']) ?? '', object.id.namespace, text(reference['name']) ?? ''),
    )
  }
  const rootOf = (object: KubeObject): KubeObject => {
    let current = object
    for (let steps = 0; steps < 5; steps++) {
      const owner = ownerOf(current)
      if (owner === undefined || owner === current) return current
      current = owner
    }
    return current
  }
  const pods = new Map<KubeObject, KubeObject[]>()
  const roots: KubeObject[] = []
  for (const object of running) {
    const root = rootOf(object)
    if (root === object) roots.push(object)
    else if (object.id.kind === 'Pod') pods.set(root, [...(pods.get(root) ?? []), object])
  }
  return roots.map(object => readWorkload(object, pods.get(object) ?? []))
}

function isWorkloadKind(kind: string): kind is WorkloadKind {
  return Object.hasOwn(templatePaths, kind)
}

function ownerKey(kind: string, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`
}

function readWorkload(object: KubeObject, pods: readonly KubeObject[]): Workload {
  const kind = object.id.kind as WorkloadKind
  const templatePath = templatePaths[kind]
  const template = record(at(object.value, templatePath))
  const metadata = record(template['metadata'])
  const spec = record(template['spec'])
  return {
    object,
    kind,
    namespace: object.id.namespace,
    name: object.id.name,
    labels: textMap(metadata['labels']),
    annotations: textMap(metadata['annotations']),
    serviceAccount: text(spec['serviceAccountName']) ?? text(spec['serviceAccount']) ?? 'default',
    hostNetwork: flag(spec['hostNetwork']) ?? false,
    replicas: replicasOf(kind, object.value),
    containers: [
      ...readContainers(spec, 'initContainers', templatePath),
      ...readContainers(spec, 'containers', templatePath),
    ],
    templatePath,
    pods,
  }
}

/** A controller without `spec.replicas` runs one pod (the API server's default); a DaemonSet one a node. */
function replicasOf(kind: WorkloadKind, value: JsonObject): number | null {
  if (kind === 'DaemonSet') return null
  if (kind === 'Pod' || kind === 'Job' || kind === 'CronJob') return 1
  return number(record(value['spec'])['replicas']) ?? 1
}

function readContainers(
  spec: JsonObject,
  list: 'containers' | 'initContainers',
  templatePath: Path,
): readonly Container[] {
  return entries(spec[list]).map(([index, container]) => {
    const path: Path = [...templatePath, 'spec', list, index]
    return {
      name: text(container['name']) ?? '',
      image: text(container['image']) ?? '',
      init: list === 'initContainers',
      ports: records(container['ports']).flatMap(readContainerPort),
      env: entries(container['env']).flatMap(([position, item]) => {
        const name = text(item['name'])
        const value = text(item['value'])
        return name === undefined || value === undefined
          ? []
          : [{name, value, path: [...path, 'env', position, 'value']}]
      }),
      command: texts(container['command']),
      args: texts(container['args']),
      probes: (['liveness', 'readiness', 'startup'] as const).flatMap(kind =>
        readProbe(container, kind, path),
      ),
      path,
    }
  })
}

function readContainerPort(port: JsonObject): readonly ContainerPort[] {
  const containerPort = number(port['containerPort'])
  if (containerPort === undefined) return []
  return [{name: text(port['name']) ?? null, port: containerPort, protocol: text(port['protocol']) ?? 'TCP'}]
}

function readProbe(container: JsonObject, kind: Probe['kind'], path: Path): readonly Probe[] {
  const key = `${kind}Probe`
  const probe = container[key]
  if (!isRecord(probe)) return []
  const handlers = {httpGet: 'http', tcpSocket: 'tcp', grpc: 'grpc', exec: 'exec'} as const
  for (const [field, handler] of Object.entries(handlers)) {
    const found = probe[field]
    if (!isRecord(found)) continue
    const port = found['port']
    return [
      {
        kind,
        handler,
        port: typeof port === 'number' || typeof port === 'string' ? port : null,
        path: [...path, key],
      },
    ]
  }
  return []
}

/** Whether a container of a pod is Istio's proxy, as injected or written by hand. */
export function proxyContainer(pod: JsonObject): JsonObject | undefined {
  const spec = record(pod['spec'])
  return [...list(spec['containers']), ...list(spec['initContainers'])]
    .filter(isRecord)
    .find(container => container['name'] === 'istio-proxy')
}
