import type {Mesh, Service} from '../../mesh/mesh.ts'
import {settle, yesNo} from '../answers.ts'
import {callersOfAll, clientName, howKnown, outOfMesh} from '../callers.ts'
import {Draft} from '../draft.ts'
import {withValue} from '../edit.ts'
import {freeName} from '../free-name.ts'
import {controlPlaneAssumption, controlPlaneBlockers, controlPlaneCautions} from '../preconditions.ts'
import {conclude, done, named, notApplicable, reason} from '../reasons.ts'
import {defineStage} from '../stage.ts'
import type {Assessment, Expectation, Reason} from '../stage.ts'
import {servicesIn} from '../subjects.ts'
import {fill} from '../template.ts'
import {setForAllPorts, winningRules} from '../winning-rules.ts'
import {
  carveOuts,
  openReasons,
  permissivePorts,
  plannedReasons,
  serverFirstReasons,
  whyOpen,
} from './carve-outs.ts'
import type {CarveOuts} from './carve-outs.ts'
import {clientObstacles, ruleObstacle} from './client-obstacles.ts'
import {mismatches} from './clients.ts'
import {policyTarget, portsOf, servicesOver, strict} from './peer-authentication.ts'
import {serverObstacles} from './server-obstacles.ts'

const answers = {
  'pin-clients': yesNo({
    flag: 'pin-clients',
    ask: 'Have clients refuse to send plaintext as well (a DestinationRule with ISTIO_MUTUAL)?',
    default: false,
  }),
}

/** Opt in, service by service: STRICT only where every client is in the mesh. */
export default defineStage({
  capability: 'mtls',
  stage: 'walk',
  title: 'Demand mTLS of services whose clients are all in the mesh',
  subject: 'service',
  answers,
  notPlannable: null,

  assess(mesh, subject, given) {
    return subject.kind === 'service'
      ? assess(mesh, subject.service, settle(answers, given)['pin-clients'])
      : notApplicable()
  },

  plan(mesh, subjects, given) {
    const pin = settle(answers, given)['pin-clients']
    const draft = new Draft()
    draft.phase(clientsFirst)
    draft.phase(thenServers)
    for (const service of servicesIn(subjects)) planService(mesh, draft, service, pin)
    const assumed = controlPlaneAssumption(mesh)
    if (assumed !== null) draft.note({title: 'Assumption', text: `${assumed}.`, content: null})
    return draft.finish()
  },

  expect(meshAfter, subjects) {
    return servicesIn(subjects).flatMap(service => expectations(meshAfter, service))
  },
})

/** A server may demand mTLS only once all its clients send it (istio-semantics M, hazards 1 and 2). */
const clientsFirst = 'Let clients send mTLS'
const thenServers = 'Let servers demand mTLS'

function assess(mesh: Mesh, service: Service, pin: boolean): Assessment {
  const endpoints = mesh.endpoints(service)
  if (endpoints.length === 0) return withoutEndpoints(mesh, service)
  const gateway = endpoints.find(one => mesh.injection(one).mode === 'gateway')
  if (gateway !== undefined) {
    return notApplicable(
      reason(
        'gateway',
        'its pods are a gateway: what its servers demand stands in the Gateway object',
        mesh.injection(gateway).facts,
      ),
    )
  }
  const {workloads, obstacle} = policyTarget(mesh, service)
  const carved = carveOuts(mesh, workloads)
  if (inForce(mesh, service, carved)) return done(...cutOff(mesh, service), ...openReasons(carved))
  const services = servicesOver(mesh, workloads)
  const server = serverObstacles(mesh, service, workloads, services)
  const clients = clientObstacles(mesh, services, carved)
  const serverFirst = serverFirstReasons(mesh, services, carved)
  const repaired = (one: Reason): boolean => pin && one.code === 'auto-mtls-off'
  const blockers = [
    ...controlPlaneBlockers(mesh),
    ...(obstacle === null ? [] : [obstacle]),
    ...server.blockers,
    ...serverFirst.blockers,
    ...clients.blockers.filter(one => !repaired(one)),
  ]
  const unknowns = [...server.unknowns, ...clients.unknowns]
  const free = blockers.length === 0 && unknowns.length === 0
  return conclude({
    blockers,
    unknowns,
    cautions: [
      ...controlPlaneCautions(mesh),
      ...wider(service, services),
      ...clients.cautions,
      ...serverFirst.cautions,
      ...plannedReasons(carved),
      ...(free ? openDoor(mesh, services) : []),
    ],
  })
}

function withoutEndpoints(mesh: Mesh, service: Service): Assessment {
  const complete = ['Deployment', 'StatefulSet', 'DaemonSet', 'Pod'].every(kind => mesh.complete(kind))
  if (complete) return notApplicable(reason('no-endpoints', 'no pod stands behind it', []))
  const message = 'no workload of the input matches its selector, so who would demand mTLS is not known'
  return conclude({
    blockers: [],
    unknowns: [
      reason(
        'endpoints-unknown',
        message,
        [],
        `add the workloads of ${service.namespace}/${service.name} to the input`,
      ),
    ],
    cautions: [],
  })
}

/** Every port but those that a caller needs open. */
function inForce(mesh: Mesh, service: Service, carved: CarveOuts): boolean {
  return mesh.endpoints(service).every(workload => {
    const ports = portsOf(mesh, workload).filter(port => !carved.has(port))
    return ports.length > 0 && ports.every(port => mesh.peerAuthentication(workload, port).mode === 'STRICT')
  })
}

/** Nobody sends plaintext any more, and anybody still could. */
function openDoor(mesh: Mesh, services: readonly Service[]): readonly Reason[] {
  const {known} = callersOfAll(mesh, services)
  const encrypted = known.every(edge => edge.judge().outcome.transport === 'mtls')
  if (known.length === 0 || !encrypted) return []
  return [reason('plaintext-door-open', 'encrypted by all, plaintext door still open', [])]
}

/** STRICT is in force; whoever cannot speak it is worth a word here, and an error to vet. */
function cutOff(mesh: Mesh, service: Service): readonly Reason[] {
  const {known} = callersOfAll(mesh, [service])
  return known
    .filter(edge => outOfMesh(edge) && edge.judge().outcome.result === 'fails')
    .map(edge =>
      reason(
        'client-cut-off',
        `${clientName(edge.client)} calls it without a sidecar and is refused (${howKnown(edge)})`,
        edge.knownBy,
      ),
    )
}

/** The policy holds for pods; other Services over the same pods come along. */
function wider(service: Service, services: readonly Service[]): readonly Reason[] {
  return services
    .filter(other => other !== service)
    .map(other =>
      reason(
        'shared-pods',
        `Service ${other.namespace}/${other.name} reaches the same pods, so its clients were looked at too`,
        [],
      ),
    )
}

function planService(mesh: Mesh, draft: Draft, service: Service, pin: boolean): void {
  const {policy, workloads} = policyTarget(mesh, service)
  const carved = carveOuts(mesh, workloads)
  if (mesh.endpoints(service).length === 0 || inForce(mesh, service, carved)) return
  for (const other of servicesOver(mesh, workloads)) repairRules(mesh, draft, other)
  if (pin) pinClients(mesh, draft, service)
  const {namespace, name: called, selector} = service
  const why =
    carved.size === 0
      ? `${namespace}/${called}: every known client is in the mesh, so its pods can demand mTLS`
      : `${namespace}/${called}: its pods can demand mTLS, but for port ${whyOpen(carved)}`
  if (policy === null) {
    const name = freeName(mesh, 'PeerAuthentication', namespace, called, 'strict')
    const values = {name, namespace, service: called, labels: {...selector}}
    const filled =
      carved.size === 0
        ? fill('mtls/walk/peer-authentication.yaml', values)
        : fill('mtls/walk/carved-out.yaml', {
            ...values,
            why: whyOpen(carved),
            ports: permissivePorts(carved.keys()),
          })
    draft.create(thenServers, filled, why)
  } else {
    const ports = [...new Set(workloads.flatMap(workload => portsOf(mesh, workload)))]
    draft.update(thenServers, policy, why, value => strict(value, ports, carved))
  }
}

/** Only where a rule's TLS decides what clients send, and in that very rule. */
function repairRules(mesh: Mesh, draft: Draft, service: Service): void {
  for (const mismatch of mismatches(mesh, service)) {
    const {rule} = mismatch
    if (rule === null || ruleObstacle(mesh, mismatch, rule.object) !== null) continue
    const why = `its tls kept clients of ${service.namespace}/${service.name} from mTLS`
    draft.update(clientsFirst, rule.object, why, value => withValue(value, rule.path, {mode: 'ISTIO_MUTUAL'}))
  }
}

/** Asked for: clients fail rather than send plaintext, even to pods that lost their sidecar. */
function pinClients(mesh: Mesh, draft: Draft, service: Service): void {
  const {own, wildcard, missing} = winningRules(mesh, service)
  const why = `clients of ${service.namespace}/${service.name} send mTLS or nothing`
  for (const rule of own)
    draft.update(clientsFirst, rule, why, value =>
      setForAllPorts(value, 'tls', existing => existing ?? {mode: 'ISTIO_MUTUAL'}),
    )
  for (const rule of wildcard)
    draft.note({
      title: `Not pinned: ${service.namespace}/${service.name}`,
      text: `${named(rule.id)} decides for its clients and for other hosts too; a rule for it alone would hide the rest of that one.`,
      content: null,
    })
  if (!missing || wildcard.length > 0) return
  const name = freeName(mesh, 'DestinationRule', service.namespace, service.name, 'mtls')
  draft.create(
    clientsFirst,
    fill('mtls/walk/destination-rule.yaml', {name, namespace: service.namespace, host: service.host}),
    why,
  )
}

function expectations(mesh: Mesh, service: Service): readonly Expectation[] {
  const {workloads} = policyTarget(mesh, service)
  const carved = carveOuts(mesh, workloads)
  const modes = workloads.flatMap(workload =>
    portsOf(mesh, workload).map((port): Expectation => ({
      check: 'server-mode',
      namespace: workload.namespace,
      workload: workload.name,
      port,
      mode: carved.has(port) ? 'PERMISSIVE' : 'STRICT',
    })),
  )
  const edges = callersOfAll(mesh, servicesOver(mesh, workloads))
    .known.filter(edge => edge.client.inMesh === true && edge.client.of !== null)
    .map((edge): Expectation => ({
      check: 'edge-transport',
      client: clientName(edge.client),
      server: `${edge.server.service.namespace}/${edge.server.service.name}:${edge.server.port.port}`,
      transport: 'mtls',
    }))
  return [...modes, ...edges]
}
