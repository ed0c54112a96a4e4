import {fact} from '../../mesh/fact.ts'
import type {Mesh, Service} from '../../mesh/mesh.ts'
import {canEject, detects, ejectable} from '../../mesh/outliers.ts'
import {count, duration, settle, yesNo} from '../answers.ts'
import type {Settled} from '../answers.ts'
import {callersOf, clientName} from '../callers.ts'
import {Draft} from '../draft.ts'
import {withValue} from '../edit.ts'
import {freeName} from '../free-name.ts'
import {controlPlaneAssumption, controlPlaneBlockers, controlPlaneCautions} from '../preconditions.ts'
import {conclude, done, notApplicable, reason} from '../reasons.ts'
import {defineStage} from '../stage.ts'
import type {Assessment, Expectation, Reason} from '../stage.ts'
import {servicesIn} from '../subjects.ts'
import {fill} from '../template.ts'
import {representatives, setForAllPorts, winningRules} from '../winning-rules.ts'
import type {WinningRules} from '../winning-rules.ts'
import {countEndpoints, ejectionPercent} from './endpoints.ts'
import type {EndpointCount} from './endpoints.ts'
import {clientObstacles, endpointObstacles, ruleObstacles, streamObstacles} from './obstacles.ts'
import {outlierDetection} from './outlier-detection.ts'
import {
  budgetObstacles,
  gatewayRoutesWithout,
  lacksTimeout,
  routeTarget,
  withTimeouts,
} from './route-target.ts'
import type {RouteTarget} from './route-target.ts'
import {httpPorts} from './streams.ts'

const answers = {
  // Envoy's own default for a route, which Istio turns off: long for any answer that a person waits for, and short
  // enough to free a caller whose server hangs. Measured latencies, where there are any, should replace it.
  timeout: duration({
    flag: 'timeout',
    ask: 'Longest time for a request, all tries included:',
    default: '15s',
  }),
  'consecutive-errors': count({
    flag: 'consecutive-errors',
    ask: 'Errors in a row (5xx) before an endpoint is left out:',
    default: 5,
  }),
  'ejection-time': duration({
    flag: 'ejection-time',
    ask: 'How long it is left out the first time:',
    default: '30s',
  }),
  'cut-streams': yesNo({
    flag: 'cut-streams',
    ask: 'Set the timeout although it cuts gRPC streams and web sockets?',
    default: false,
  }),
}

type Given = Settled<typeof answers>

/** Timeouts, and endpoints that fail are left alone for a while. */
export default defineStage({
  capability: 'resiliency',
  stage: 'walk',
  title: 'Give calls a time limit and leave failing endpoints out',
  subject: 'service',
  answers,
  notPlannable: null,

  assess(mesh, subject, given) {
    return subject.kind === 'service'
      ? assess(mesh, subject.service, settle(answers, given))
      : notApplicable()
  },

  plan(mesh, subjects, given) {
    const draft = new Draft()
    for (const service of servicesIn(subjects)) planService(mesh, draft, service, settle(answers, given))
    const assumed = controlPlaneAssumption(mesh)
    if (assumed !== null) draft.note({title: 'Assumption', text: `${assumed}.`, content: null})
    return draft.finish()
  },

  expect(meshAfter, subjects) {
    return servicesIn(subjects).flatMap(service => expectations(meshAfter, service))
  },
})

function assess(mesh: Mesh, service: Service, given: Given): Assessment {
  const ports = httpPorts(service)
  if (ports.length === 0) {
    const facts = service.ports.map(port =>
      fact(`port ${port.port} is ${port.protocol}`, service.object, port.path),
    )
    return blockedBy(
      reason(
        'tcp-ports',
        'none of its ports carries HTTP, and only HTTP requests can time out',
        facts,
        'declare the port if it is HTTP: appProtocol: http',
      ),
    )
  }
  const endpoints = countEndpoints(mesh, service)
  if (mesh.endpoints(service).length === 0) {
    return {
      state: 'unknown',
      reasons: [
        reason(
          'endpoints-unknown',
          'no workload of the input matches its selector, so how many endpoints it has is not known',
          [],
          `add the workloads of ${service.namespace}/${service.name} to the input`,
        ),
      ],
    }
  }
  const routes = routeTarget(mesh, service)
  const rules = winningRules(mesh, service)
  if (isDone(mesh, service, routes, rules, endpoints)) return done()
  const found = [
    clientObstacles(mesh, service),
    endpointObstacles(endpoints),
    ruleObstacles(mesh, service, rules),
  ]
  return conclude({
    blockers: [
      ...controlPlaneBlockers(mesh),
      ...found.flatMap(one => one.blockers),
      ...routes.blockers,
      ...(given['cut-streams'] ? [] : streamObstacles(mesh, service, given.timeout)),
      ...routes.virtualServices.flatMap(one => budgetObstacles(mesh, one, given.timeout)),
    ],
    unknowns: [...found.flatMap(one => one.unknowns), ...routes.unknowns],
    cautions: [...controlPlaneCautions(mesh), ...found.flatMap(one => one.cautions)],
  })
}

function blockedBy(blocker: Reason): Assessment {
  return conclude({blockers: [blocker], unknowns: [], cautions: []})
}

function isDone(
  mesh: Mesh,
  service: Service,
  routes: RouteTarget,
  rules: WinningRules,
  endpoints: EndpointCount,
): boolean {
  if (routes.missing || rules.missing || routes.virtualServices.some(lacksTimeout)) return false
  if (gatewayRoutesWithout(mesh, service).length > 0) return false
  return representatives(mesh, service).every(client =>
    httpPorts(service).every(port => {
      const detection =
        mesh.destinationRule(client, service)?.policy(port.port, null)?.policy.outlierDetection ?? null
      return (
        detection !== null &&
        detects(detection) &&
        canEject(Math.max(endpoints.fewest, 1), detection.maxEjectionPercent)
      )
    }),
  )
}

const phase = 'Set time limits and leave failing endpoints out'

function planService(mesh: Mesh, draft: Draft, service: Service, given: Given): void {
  const {namespace, name, host} = service
  const routes = routeTarget(mesh, service)
  const rules = winningRules(mesh, service)
  const {fewest} = countEndpoints(mesh, service)
  const percent = ejectionPercent(Math.max(fewest, 2))
  const wanted = {
    errors: given['consecutive-errors'],
    time: given['ejection-time'],
    percent,
    endpoints: fewest,
  }
  const timed = `calls to ${namespace}/${name} take at most ${given.timeout}`
  for (const one of routes.virtualServices)
    draft.update(phase, one, timed, value => withTimeouts(value, given.timeout, host))
  if (routes.missing) {
    const values = {
      name: freeName(mesh, 'VirtualService', namespace, name, 'mesh'),
      namespace,
      host,
      timeout: given.timeout,
    }
    draft.create(phase, fill('resiliency/walk/virtual-service.yaml', values), timed)
  }
  for (const {object, path} of gatewayRoutesWithout(mesh, service))
    draft.update(phase, object, timed, value => withValue(value, [...path, 'timeout'], given.timeout))
  const ejected = `an endpoint of ${namespace}/${name} that fails ${given['consecutive-errors']} times in a row is left out`
  for (const rule of rules.own)
    draft.update(phase, rule, ejected, value =>
      setForAllPorts(value, 'outlierDetection', existing => outlierDetection(existing, wanted)),
    )
  if (rules.missing) {
    const values = {
      name: freeName(mesh, 'DestinationRule', namespace, name, 'mesh'),
      namespace,
      host,
      errors: given['consecutive-errors'],
      time: given['ejection-time'],
      percent,
      endpoints: fewest,
      ejected: ejectable(fewest, percent),
    }
    draft.create(phase, fill('resiliency/walk/destination-rule.yaml', values), ejected)
  }
  draft.note({
    title: 'Own zone first',
    text: 'With outlier detection Istio also prefers endpoints in the zone of the client and goes to others only when those fail. Where zones have few endpoints each, look at their load.',
    content: null,
  })
}

function expectations(mesh: Mesh, service: Service): readonly Expectation[] {
  const edges = callersOf(mesh, service).known.filter(
    ({client, server}) =>
      client.inMesh === true && client.kind === 'workload' && httpPorts(service).includes(server.port),
  )
  return edges.flatMap((edge): readonly Expectation[] => {
    const client = clientName(edge.client)
    const server = `${service.namespace}/${service.name}:${edge.server.port.port}`
    const {timeout} = edge.judge().outcome
    return [
      ...(timeout === null ? [] : [{check: 'route-timeout' as const, client, server, timeout}]),
      {check: 'outlier-detection', client, server},
    ]
  })
}
