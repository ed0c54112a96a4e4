import {nothing} from '../../changes/change-set.ts'
import type {Client, Mesh, Service} from '../../mesh/mesh.ts'
import {namespaceHint} from '../../mesh/peer-authentication.ts'
import {oneOf, settle} from '../answers.ts'
import {callersOf, clientName, clientNames, howKnown, withoutSidecar} from '../callers.ts'
import {controlPlaneAssumption, controlPlaneBlockers, controlPlaneCautions} from '../preconditions.ts'
import {conclude, done, notApplicable, reason} from '../reasons.ts'
import type {Findings} from '../reasons.ts'
import {defineStage} from '../stage.ts'
import type {Assessment, Expectation, Reason} from '../stage.ts'
import {outsideClient} from './client-obstacles.ts'
import {debtReasons, exceptionsOf} from './debt.ts'
import {serverName} from './endangered.ts'
import type {Endangered} from './endangered.ts'
import {exceptionScopes} from './exceptions.ts'
import type {ExceptionScope} from './exceptions.ts'
import {portsOf} from './peer-authentication.ts'
import {serversOf, wholeMesh} from './whole-mesh.ts'

const answers = {
  exceptions: oneOf<ExceptionScope>(
    {
      flag: 'exceptions',
      ask: 'Callers that cannot send mTLS: what may stay open to plaintext for them?',
      default: 'none',
    },
    exceptionScopes,
  ),
}

/** On for the whole mesh. */
export default defineStage({
  capability: 'mtls',
  stage: 'run',
  title: 'Demand mTLS in the whole mesh',
  subject: 'mesh',
  answers,
  notPlannable: null,

  assess(mesh, _subject, given) {
    const services = serversOf(mesh)
    if (services.length === 0)
      return notApplicable(
        reason('no-servers', 'no service of the input has a sidecar that could demand mTLS', []),
      )
    return inForce(mesh)
      ? remaining(mesh, services)
      : outlook(mesh, services, settle(answers, given).exceptions)
  },

  plan(mesh, subjects, given) {
    if (subjects.length === 0) return nothing
    if (inForce(mesh)) return takenBack(mesh)
    const scope = settle(answers, given).exceptions
    const {set, kept} = wholeMesh(mesh, scope)
    const assumed = controlPlaneAssumption(mesh)
    return {
      ...set,
      notes: [
        ...set.notes,
        ...injectNotes(kept),
        ...(assumed === null ? [] : [{title: 'Assumption', text: `${assumed}.`, content: null}]),
      ],
    }
  },

  expect: meshAfter => [...serverModes(meshAfter), ...encryptedCalls(meshAfter)],
})

function inForce(mesh: Mesh): boolean {
  return namespaceHint(mesh, mesh.meshConfig.rootNamespace).mode === 'STRICT'
}

// --- before ----------------------------------------------------------------------------------

/** What STRICT for the whole mesh would cut, and what can be done about each. */
function outlook(mesh: Mesh, services: readonly Service[], scope: ExceptionScope): Assessment {
  const {kept, cut, obstacles, races} = wholeMesh(mesh, scope)
  const surely = cut.filter(({after}) => after.result !== 'unknown')
  const maybe = cut.filter(({after}) => after.result === 'unknown')
  return conclude({
    blockers: [
      ...controlPlaneBlockers(mesh),
      ...autoMtlsOff(mesh),
      ...surely.map(one => cutReason(one, scope)),
      ...obstacles,
      ...races.map(raceReason),
      ...silentReasons(mesh, services),
    ],
    unknowns: maybe.map(one => cutReason(one, scope)),
    cautions: [...controlPlaneCautions(mesh), ...kept.map(keptReason)],
  })
}

type Race = ReturnType<typeof wholeMesh>['races'][number]

/** Without auto mTLS every client in the mesh sends plaintext, also those that nobody knows to call. */
function autoMtlsOff(mesh: Mesh): readonly Reason[] {
  if (mesh.meshConfig.enableAutoMtls) return []
  return [
    reason(
      'auto-mtls-off',
      'enableAutoMtls is false, so clients in the mesh send plaintext wherever no DestinationRule says otherwise',
      [],
      'turn enableAutoMtls on first',
    ),
  ]
}

function cutReason({edge, after}: Endangered, scope: ExceptionScope): Reason {
  const offers = offersFor(edge.client, scope)
  if (edge.client.inMesh === false) {
    const {code, message, facts, unblock} = outsideClient(edge)
    return reason(
      code,
      message,
      facts,
      [unblock, ...offers.slice(1)].filter(one => one !== null).join('; or '),
    )
  }
  const how = after.result === 'unknown' ? 'might be refused' : 'would be refused'
  return reason(
    after.cause ?? 'client-sends-plaintext-to-strict',
    `${clientName(edge.client)} calls ${serverName(edge.server)} without mTLS and ${how} (${howKnown(edge)})`,
    [...edge.knownBy, ...edge.judge().facts],
    offers.join('; or '),
  )
}

/** What saves a call, the best way first. */
function offersFor(client: Client, scope: ExceptionScope): readonly string[] {
  const inject =
    client.inMesh === true
      ? `let ${clientName(client)} send mTLS`
      : `meshctl adopt sidecars --stage walk --target ${clientName(client)}`
  if (scope === 'namespace') return [inject]
  return [
    inject,
    ...(scope === 'none'
      ? [
          'leave its port PERMISSIVE (--exceptions port)',
          'leave the workload PERMISSIVE (--exceptions workload)',
        ]
      : []),
    'leave the namespace PERMISSIVE (--exceptions namespace)',
  ]
}

function keptReason({edge}: Endangered): Reason {
  return reason(
    'exception-planned',
    `${clientName(edge.client)} calls ${serverName(edge.server)} without mTLS; an exception keeps that open, as a debt (${howKnown(edge)})`,
    edge.knownBy,
    null,
  )
}

function raceReason({phase, edge, outcome}: Race): Reason {
  return reason(
    'order-would-break',
    `${clientName(edge.client)} calls ${serverName(edge.server)}, which would fail (${outcome.failure ?? outcome.cause ?? 'no answer'}) while the changes of "${phase}" reach one proxy before the other`,
    edge.judge().facts,
    'take a DestinationRule or PeerAuthentication that decides this call out of the way first',
  )
}

function silentReasons(mesh: Mesh, services: readonly Service[]): readonly Reason[] {
  const silent = [...new Set([...new Set(services.map(service => callersOf(mesh, service).silent))].flat())]
  const [first] = silent
  if (first === undefined) return []
  const one = silent.length === 1
  return [
    reason(
      'client-calls-unknown',
      `${clientNames(silent)} ${one ? 'has' : 'have'} no sidecar, and nothing says whom ${one ? 'it calls' : 'they call'}`,
      withoutSidecar(silent),
      `say what ${one ? 'it calls' : 'each calls'}, nothing if so: meshctl clients declare ${clientName(first)} --calls none --reason "..."`,
    ),
  ]
}

/** An exception is second best, and said to be. */
function injectNotes(kept: readonly Endangered[]): readonly {title: string; text: string; content: null}[] {
  const clients = new Map(kept.map(({edge}) => [clientName(edge.client), edge.client]))
  return [...clients].flatMap(([name, client]) =>
    client.of === null || client.inMesh === true
      ? []
      : [
          {
            title: `Better than an exception: ${name}`,
            text: `With a sidecar it would send mTLS by itself: meshctl adopt sidecars --stage walk --target ${name}. Then no exception is needed for it.`,
            content: null,
          },
        ],
  )
}

// --- in force --------------------------------------------------------------------------------

/** STRICT holds; exceptions stay a debt until they are gone, and those that nobody needs can go now. */
function remaining(mesh: Mesh, services: readonly Service[]): Assessment {
  const debt = debtReasons(mesh)
  const silent = silentReasons(mesh, services)
  const failing = refused(mesh)
  if (debt.length === 0) return done(...failing, ...silent)
  const retirable = debt.filter(({code}) => code === 'exception-unneeded')
  const left = debt.filter(one => !retirable.includes(one))
  // Who may need an exception that nobody is known to need is not known while some callers are silent.
  const findings: Findings =
    retirable.length > 0
      ? {blockers: silent, unknowns: [], cautions: [...retirable, ...left]}
      : {blockers: left, unknowns: [], cautions: failing}
  return conclude(findings)
}

/** Calls that the policy in force refuses; an error to vet, and worth a word here. */
function refused(mesh: Mesh): readonly Reason[] {
  return mesh
    .edges()
    .filter(({client, judge}) => client.inMesh === false && judge().outcome.result === 'fails')
    .map(edge =>
      reason(
        'client-cut-off',
        `${clientName(edge.client)} calls ${serverName(edge.server)} without a sidecar and is refused (${howKnown(edge)})`,
        edge.knownBy,
      ),
    )
}

function takenBack(mesh: Mesh): ReturnType<typeof wholeMesh>['set'] {
  const changes = exceptionsOf(mesh).flatMap(({neededBy, retired}) =>
    neededBy.length === 0 && retired !== null ? [retired] : [],
  )
  return changes.length === 0
    ? nothing
    : {phases: [{title: 'Take back exceptions that nobody needs', changes}], notes: []}
}

// --- after -----------------------------------------------------------------------------------

/** Each port as the plan leaves it: STRICT, or open by an exception. */
function serverModes(mesh: Mesh): readonly Expectation[] {
  const workloads = new Set(serversOf(mesh).flatMap(service => mesh.endpoints(service)))
  return [...workloads]
    .filter(workload => mesh.injection(workload).inMesh === true)
    .flatMap(workload =>
      portsOf(mesh, workload).flatMap((port): Expectation[] => {
        const {mode} = mesh.peerAuthentication(workload, port)
        if (mode === 'NONE' || mode === 'unknown') return []
        const {namespace, name} = workload
        return [{check: 'server-mode', namespace, workload: name, port, mode}]
      }),
    )
}

function encryptedCalls(mesh: Mesh): readonly Expectation[] {
  return mesh
    .edges()
    .filter(({client, judge}) => client.of !== null && judge().outcome.transport === 'mtls')
    .map(({client, server}) => ({
      check: 'edge-transport',
      client: clientName(client),
      server: serverName(server),
      transport: 'mtls',
    }))
}
