import {MeshctlError} from '../cli/error.ts'
import type {Mesh, ObservedCall, Service} from '../mesh/mesh.ts'
import {record, records, text} from '../objects/json.ts'
import type {KubeObject} from '../objects/object.ts'
import {portsOf} from '../stages/mtls/peer-authentication.ts'
import {serversOf} from '../stages/mtls/whole-mesh.ts'
import {planAdoption} from './adopt.ts'
import type {Request} from './adopt.ts'
import {findService} from './explain.ts'
import type {Input} from './load-input.ts'
import {nothingSeen, observedCalls} from './observation.ts'
import type {Observation} from './observation.ts'
import {endLeftObservations} from './observation-record.ts'
import {lookAt} from './observe-clients.ts'
import type {Looked, ObserveTalk} from './observe-clients.ts'

/** What was seen at a server before a step is planned: in how long a time, of how many requests. */
export interface ServerSeen extends Pick<
  Observation,
  'server' | 'by' | 'seconds' | 'requests' | 'unexplained' | 'missing'
> {
  /** How more would be seen; null where all was. */
  readonly hint: string | null
}

export interface LookOptions {
  /** Milliseconds for which a log may be asked for, with consent; null where only what is there is read. */
  readonly observe: number | null
  readonly yes: boolean
  readonly confirm: string | undefined
}

/** What a log that is there shows of so long ago costs nobody anything. */
const past = 300_000

/** Pods that are replaced may go on for as long as Kubernetes lets them (terminationGracePeriodSeconds, 30 s). */
const leaving = 30_000

/**
 * How far back calls say something of the clients as they are now: a client that has just got its sidecar called in
 * plaintext until then, and the pod that did so is gone.
 */
export function tellingPast({mesh}: Pick<Input, 'mesh'>, service: Service, now: Date): number {
  const replaced = mesh
    .edges()
    .filter(({client, server}) => server.service === service && client.inMesh === true)
    .flatMap(({client}) => client.of?.pods ?? [])
    .map(readySince)
  return Math.max(0, Math.min(past, now.getTime() - Math.max(0, ...replaced) - leaving))
}

function readySince({value}: KubeObject): number {
  const ready = records(record(value['status'])['conditions']).find(one => one['type'] === 'Ready')
  const time = Date.parse(text(ready?.['lastTransitionTime']) ?? '')
  return Number.isNaN(time) ? 0 : time
}

/**
 * Looks at the servers that a step would have demand mTLS, so that traffic which is seen counts as known. Without
 * consent it reads what is there and changes nothing; what it cannot see it says.
 */
export async function lookAtServers(
  input: Input,
  request: Request,
  options: LookOptions,
  talk: ObserveTalk,
): Promise<Input> {
  const {capability, stage} = request
  if (options.observe !== null && (capability !== 'mtls' || stage !== 'walk' || input.cluster === null))
    throw nothingToObserve()
  if (capability !== 'mtls' || input.cluster === null) return input
  const looks: Looked[] = []
  for (const service of serversToAsk(input, request))
    looks.push(await lookOnce(input, service, options, talk))
  await talk.progress.end()
  const calls = looks.flatMap(({observation}) => observedCalls(observation))
  return withObserved(input, calls, looks.map(seenOf))
}

/** Those that a step lets refuse plaintext: what is seen at them in plaintext would break. */
function serversToAsk(input: Input, request: Request): readonly Service[] {
  const {mesh} = input
  if (request.stage === 'run') return serversOf(mesh).filter(service => takesPlaintext(mesh, service))
  if (request.stage !== 'walk') return []
  const {planned} = planAdoption(input, request, {whole: true}).result
  return planned.map(({namespace, name}) => findService(mesh, `${namespace}/${name}`, namespace))
}

function takesPlaintext(mesh: Mesh, service: Service): boolean {
  return mesh
    .endpoints(service)
    .some(workload =>
      portsOf(mesh, workload).some(port => mesh.peerAuthentication(workload, port).mode !== 'STRICT'),
    )
}

async function lookOnce(
  input: Input,
  service: Service,
  {observe, yes, confirm}: LookOptions,
  talk: ObserveTalk,
): Promise<Looked> {
  const telling = observe ?? tellingPast(input, service, new Date())
  if (telling < 1_000) return justReplaced(service)
  try {
    return await lookAt(
      input,
      service,
      {window: telling, patient: observe !== null, ask: observe !== null, yes, confirm},
      talk,
    )
  } catch (error) {
    // Who asked for a log gets it or learns why not; without one, what cannot be seen only lowers what is known.
    if (observe !== null || !(error instanceof MeshctlError)) throw error
    return {observation: nothingSeen(service, [error.message]), hint: null, ledgerId: null}
  }
}

function justReplaced(service: Service): Looked {
  const place = `${service.namespace}/${service.name}`
  return {
    observation: nothingSeen(service, []),
    hint: `its clients' pods were replaced just now, and calls from before say nothing of them: look again with --observe 60s, or meshctl clients observe --target ${place}`,
    ledgerId: null,
  }
}

function seenOf({observation, hint}: Looked): ServerSeen {
  const {server, by, seconds, requests, unexplained, missing} = observation
  return {server, by, seconds, requests, unexplained, missing, hint}
}

/** The same input, with calls that were seen; they stay when it is read anew. */
function withObserved(input: Input, calls: readonly ObservedCall[], observed: readonly ServerSeen[]): Input {
  return {
    ...input,
    observed,
    mesh: calls.length === 0 ? input.mesh : input.rebuild(input.objects, calls),
    rebuild: (objects, others = calls) => input.rebuild(objects, others),
    reload: async () => withObserved(await input.reload(), calls, observed),
  }
}

/** A log that a killed run left on is turned off before anything else; where that is not allowed it is only said. */
export async function endLeftLogs(input: Input, {progress}: Pick<ObserveTalk, 'progress'>): Promise<void> {
  try {
    await endLeftObservations(input, progress)
  } catch (error) {
    if (!(error instanceof MeshctlError)) throw error
    progress.fail(`An access log that an earlier run turned on is still on: ${error.message}`)
  }
  await progress.end()
}

function nothingToObserve(): MeshctlError {
  return new MeshctlError('usage', '--observe is for mtls walk in a cluster.', {
    try: ['meshctl adopt mtls --stage walk --target NAMESPACE/NAME --observe 60s'],
    found: '--observe',
  })
}
