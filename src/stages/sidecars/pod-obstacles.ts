import {at, number, record, text, textMap} from '../../objects/json.ts'
import type {JsonObject} from '../../objects/object.ts'
import {fact} from '../../mesh/fact.ts'
import type {Container, Mesh, ServicePort, Workload} from '../../mesh/mesh.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import {isHttp} from '../../mesh/protocols.ts'
import {reason} from '../reasons.ts'
import type {Findings} from '../reasons.ts'
import type {Reason} from '../stage.ts'

/** Forces a native sidecar on one workload, whatever istiod makes of the nodes (injection-template.yaml). */
export const nativeSidecarKey = 'sidecar.istio.io/nativeSidecar'

/** Ports that the sidecar itself listens on (istio.io "Ports used by Istio"). */
const reservedPorts: readonly number[] = [15000, 15001, 15004, 15006, 15008, 15020, 15021, 15053, 15090]

/** What in a pod's own specification does not go together with a sidecar. */
export function podObstacles(mesh: Mesh, workload: Workload): Findings {
  const native = nativeSidecars(mesh, workload)
  const need = nativeSidecarNeed(mesh, workload)
  return {
    blockers: [
      ...wrongUser(workload),
      ...portsTaken(workload),
      ...(native === 'no' ? withoutNative(mesh, workload) : []),
      ...speaksTls(mesh, workload),
    ],
    unknowns: [],
    cautions: [...(need === null ? [] : [need]), ...podSecurity(mesh, workload)],
  }
}

function specOf(workload: Workload): JsonObject {
  return record(at(workload.object.value, [...workload.templatePath, 'spec']))
}

/** Traffic of the proxy's own user is never redirected, so that the application would bypass its sidecar. */
function wrongUser(workload: Workload): readonly Reason[] {
  const spec = specOf(workload)
  const places = [
    {
      value: record(spec['securityContext'])['runAsUser'],
      path: [...workload.templatePath, 'spec', 'securityContext', 'runAsUser'],
    },
    ...workload.containers
      .filter(({name}) => name !== 'istio-proxy')
      .map(container => ({
        value: at(workload.object.value, [...container.path, 'securityContext', 'runAsUser']),
        path: [...container.path, 'securityContext', 'runAsUser'],
      })),
  ]
  return places
    .filter(place => number(place.value) === 1337)
    .map(place =>
      reason(
        'uid-1337',
        "it runs as user 1337, the proxy's own: its traffic would bypass the sidecar",
        [fact('runAsUser is 1337', workload.object, place.path)],
        'run the application as another user',
      ),
    )
}

function portsTaken(workload: Workload): readonly Reason[] {
  const taken = workload.containers.flatMap(container =>
    container.ports.filter(({port}) => reservedPorts.includes(port)).map(({port}) => ({port, container})),
  )
  return taken.map(({port, container}) =>
    reason(
      'reserved-port',
      `container ${container.name} listens on ${port}, which the sidecar needs itself`,
      [fact(`containerPort ${port}`, workload.object, [...container.path, 'ports'])],
      'let the application listen on another port',
    ),
  )
}

/**
 * Whether the proxy would be a native sidecar: the annotation says it, old releases don't know it, and from 1.29 on
 * istiod decides by the nodes (ENABLE_NATIVE_SIDECARS auto, kubelet 1.33), where the annotation can pin it.
 */
function nativeSidecars(mesh: Mesh, workload: Workload): 'yes' | 'no' | 'pin' {
  const annotation = workload.annotations[nativeSidecarKey]
  if (annotation !== undefined) return annotation === 'true' ? 'yes' : 'no'
  if (Number(mesh.version.minor.split('.')[1]) < 29) return 'no'
  const nodes = mesh.objects('Node')
  return nodes.length > 0 && nodes.every(node => kubeletMinor(node.value) >= 33) ? 'yes' : 'pin'
}

function kubeletMinor(node: JsonObject): number {
  const version = text(record(record(node['status'])['nodeInfo'])['kubeletVersion']) ?? ''
  return Number(/^v?1\.(\d+)/.exec(version)?.[1] ?? 0)
}

/** The reason for which the plan pins a native sidecar; null where there is none, or where it is one anyway. */
export function nativeSidecarNeed(mesh: Mesh, workload: Workload): Reason | null {
  if (nativeSidecars(mesh, workload) !== 'pin') return null
  const [first] = withoutNative(mesh, workload)
  if (first === undefined) return null
  const message = `${first.message}; this step therefore asks for a native sidecar, which needs Kubernetes 1.29 or newer`
  return {...first, code: 'native-sidecar', message, unblock: null}
}

function withoutNative(mesh: Mesh, workload: Workload): readonly Reason[] {
  const unblock = `annotate its pods with ${nativeSidecarKey}: "true" (Kubernetes 1.29 or newer, Istio ${mesh.version.minor} must know it)`
  const job = workload.kind === 'Job' || workload.kind === 'CronJob'
  const jobs = job
    ? [
        reason(
          'job-never-ends',
          `a ${workload.kind} does not end while an ordinary sidecar beside it runs on`,
          [fact(`it is a ${workload.kind}`, workload.object)],
          unblock,
        ),
      ]
    : []
  const inits = workload.containers
    .filter(container => container.init && needsNetwork(workload, container))
    .map(container =>
      reason(
        'init-needs-network',
        `init container ${container.name} seems to use the network, which is not there before an ordinary sidecar runs`,
        [fact(`init container ${container.name}`, workload.object, container.path)],
        unblock,
      ),
    )
  return [...jobs, ...inits]
}

const network =
  /:\/\/|\b(curl|wget|nc|ncat|nslookup|dig|ping|psql|mysql|mongo|redis-cli|grpcurl|git clone|wait-for)\b/

function needsNetwork(workload: Workload, container: Container): boolean {
  // A native sidecar of the application itself runs on beside it and is no init step.
  if (text(record(at(workload.object.value, container.path))['restartPolicy']) === 'Always') return false
  return [...container.command, ...container.args, ...container.env.map(one => one.value)].some(value =>
    network.test(value),
  )
}

/**
 * An application that speaks TLS itself on a port named http: under PERMISSIVE a connection that is neither plain
 * HTTP nor Istio's mTLS is refused there (A17). An HTTPS probe of the port gives it away.
 */
function speaksTls(mesh: Mesh, workload: Workload): readonly Reason[] {
  const secured = workload.containers.flatMap(container =>
    container.probes
      .filter(probe => record(record(at(workload.object.value, probe.path))['httpGet'])['scheme'] === 'HTTPS')
      .map(probe => ({probe, port: portNumber(workload, probe.port)})),
  )
  return mesh.servicesOf(workload).flatMap(service =>
    service.ports
      .filter(port => isHttp(port.protocol))
      .flatMap(port => {
        const evidence = secured.find(
          one => one.port !== null && one.port === mesh.targetPort(port, workload),
        )
        if (evidence === undefined) return []
        const facts = [
          fact(`the ${evidence.probe.kind} probe uses HTTPS`, workload.object, evidence.probe.path),
          fact(`port ${port.port} is declared ${port.protocol}`, service.object, port.path),
        ]
        return [
          reason(
            'app-speaks-tls',
            `it speaks TLS itself on port ${port.port} of Service ${service.name}, which is declared ${port.protocol}: with a sidecar such calls are refused`,
            facts,
            unTls(port),
          ),
        ]
      }),
  )
}

function unTls(port: ServicePort): string {
  return `declare what it is: appProtocol: https on port ${port.port}`
}

function portNumber(workload: Workload, port: number | string | null): number | null {
  if (typeof port === 'number' || port === null) return port
  return (
    workload.containers.flatMap(container => container.ports).find(one => one.name === port)?.port ?? null
  )
}

const usesCni = perMesh(mesh => mesh.objects('DaemonSet').some(one => one.id.name.startsWith('istio-cni')))

/** istio-init needs NET_ADMIN, which Pod Security's baseline and restricted levels refuse; istio-cni does without. */
function podSecurity(mesh: Mesh, workload: Workload): readonly Reason[] {
  const namespace = mesh.namespaceObject(workload.namespace)
  const key = 'pod-security.kubernetes.io/enforce'
  const level = textMap(record(namespace?.value['metadata'])['labels'])[key]
  if (namespace === null || (level !== 'baseline' && level !== 'restricted') || usesCni(mesh)) return []
  const message = `namespace ${workload.namespace} enforces Pod Security "${level}", which refuses istio-init's NET_ADMIN: its pods would not be created unless istio-cni is installed`
  return [
    reason(
      'pod-security',
      message,
      [fact(`${key}: ${level}`, namespace, ['metadata', 'labels', key])],
      'install istio-cni first',
    ),
  ]
}
