import {fact} from '../../mesh/fact.ts'
import type {Mesh, Service, Workload} from '../../mesh/mesh.ts'
import {nameOf, oneOf, percent, settle, yesNo} from '../answers.ts'
import type {Settled} from '../answers.ts'
import {Draft} from '../draft.ts'
import {freeName} from '../free-name.ts'
import {controlPlaneAssumption, controlPlaneBlockers, controlPlaneCautions} from '../preconditions.ts'
import {conclude, done, listed, notApplicable, reason} from '../reasons.ts'
import {defineStage} from '../stage.ts'
import type {Answers, Assessment, Reason} from '../stage.ts'
import {servicesIn} from '../subjects.ts'
import {fill} from '../template.ts'
import {chooseProvider, collectorObstacles, providerFragment} from './provider.ts'
import type {ProviderChoice} from './provider.ts'
import {telemetryTarget, withProvider} from './telemetry-target.ts'
import type {Scope} from './telemetry-target.ts'

const scopes: readonly Scope[] = ['service', 'namespace']

const answers = {
  provider: nameOf({
    flag: 'provider',
    ask: 'Tracing provider of the mesh config (empty: the one it declares):',
    default: '',
  }),
  'provider-declared': yesNo({
    flag: 'provider-declared',
    ask: 'Does the mesh config, which is not in the input, declare that provider?',
    default: false,
  }),
  sampling: percent({flag: 'sampling', ask: 'Share of requests to trace, in per cent:', default: 1}),
  scope: oneOf<Scope>(
    {flag: 'scope', ask: 'One Telemetry for each service, or one for its namespace?', default: 'service'},
    scopes,
  ),
}

type Given = Settled<typeof answers>

/** Spans from the proxies, without any change to an application; those of one request do not join yet. */
export default defineStage({
  capability: 'tracing',
  stage: 'walk',
  title: 'Send spans of requests to a tracing provider',
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
    for (const service of servicesIn(subjects)) planService(mesh, draft, service, given)
    addNotes(mesh, draft, settle(answers, given))
    return draft.finish()
  },

  expect(meshAfter, subjects, given) {
    const {name} = chooseProvider(
      meshAfter,
      settle(answers, given).provider,
      settle(answers, given)['provider-declared'],
    )
    const workloads = servicesIn(subjects).flatMap(service => tracedWorkloads(meshAfter, service))
    return workloads.map(workload => ({
      check: 'tracing-provider',
      namespace: workload.namespace,
      workload: workload.name,
      provider: meshAfter.telemetry(workload).tracing.provider ?? name ?? '',
    }))
  },
})

/** Workloads behind a service that have a proxy to report spans. */
function tracedWorkloads(mesh: Mesh, service: Service): readonly Workload[] {
  return mesh.endpoints(service).filter(workload => mesh.injection(workload).mode === 'sidecar')
}

function assess(mesh: Mesh, service: Service, given: Given): Assessment {
  const endpoints = mesh.endpoints(service)
  if (endpoints.length === 0) {
    return {
      state: 'unknown',
      reasons: [
        reason(
          'endpoints-unknown',
          'no workload of the input matches its selector',
          [],
          `add the workloads of ${service.namespace}/${service.name} to the input`,
        ),
      ],
    }
  }
  const traced = tracedWorkloads(mesh, service)
  const provider = chooseProvider(mesh, given.provider, given['provider-declared'])
  if (traced.length === endpoints.length && traced.every(workload => reports(mesh, workload, provider)))
    return done()
  const collector = collectorObstacles(mesh, provider.declared, traced)
  const {obstacle} = telemetryTarget(mesh, service, given.scope)
  return conclude({
    blockers: [
      ...controlPlaneBlockers(mesh),
      ...(traced.length === 0 ? [withoutProxy(mesh, service, endpoints)] : []),
      ...(provider.obstacle === null ? [] : [provider.obstacle]),
      ...collector.blockers,
      ...(obstacle === null || obstacle.code === 'rival-policies-without-age' ? [] : [obstacle]),
    ],
    unknowns: obstacle?.code === 'rival-policies-without-age' ? [obstacle] : [],
    cautions: [
      ...controlPlaneCautions(mesh),
      ...takenOnWord(mesh, provider),
      ...collector.cautions,
      ...partlyProxied(endpoints, traced),
    ],
  })
}

/** Whether its spans go somewhere; where the mesh config does not show the provider, on the word that it is declared. */
function reports(mesh: Mesh, workload: Workload, provider: ProviderChoice): boolean {
  const {tracing} = mesh.telemetry(workload)
  const onWord = provider.name !== null && provider.declared === null && tracing.provider === provider.name
  return (
    tracing.on === true ||
    (onWord && (tracing.reason === 'mesh-config-unknown' || tracing.reason === 'unknown-provider'))
  )
}

function takenOnWord(mesh: Mesh, {name, declared}: ProviderChoice): readonly Reason[] {
  if (name === null || declared !== null || !mesh.meshConfig.known) return []
  return [
    reason(
      'provider-on-word',
      `the mesh config of the input does not declare ${name}; unless the one that runs does, tracing stays off`,
      [fact('the mesh config, as the input has it', mesh.meshConfig.object)],
    ),
  ]
}

function withoutProxy(mesh: Mesh, service: Service, endpoints: readonly Workload[]): Reason {
  const facts = endpoints.flatMap(workload => mesh.injection(workload).facts)
  const [first] = endpoints
  const modes = endpoints.map(workload => mesh.injection(workload).mode)
  if (modes.includes('ambient'))
    return reason(
      'ambient',
      'its pods are in ambient mode, where spans come from waypoints; this version of meshctl plans tracing for sidecars only',
      facts,
    )
  if (modes.includes('gateway'))
    return reason('gateway', 'its pods are a gateway; trace it with a Telemetry of its own namespace', facts)
  return reason(
    'server-not-in-mesh',
    `spans come from sidecars, and no pod of ${service.namespace}/${service.name} has one`,
    facts,
    `meshctl adopt sidecars --stage walk --target ${first === undefined ? service.name : `${first.namespace}/${first.name}`}`,
  )
}

function partlyProxied(endpoints: readonly Workload[], traced: readonly Workload[]): readonly Reason[] {
  const left = endpoints.filter(workload => !traced.includes(workload))
  if (traced.length === 0 || left.length === 0) return []
  return [
    reason(
      'server-not-in-mesh',
      `${listed(left.map(({name}) => name))} behind it has no sidecar and will report no spans`,
      [],
    ),
  ]
}

const phase = 'Trace requests'

function planService(mesh: Mesh, draft: Draft, service: Service, raw: Answers): void {
  const given = settle(answers, raw)
  const provider = chooseProvider(mesh, given.provider, given['provider-declared'])
  const {name} = provider
  const traced = tracedWorkloads(mesh, service)
  if (name === null || traced.length === 0 || traced.every(workload => reports(mesh, workload, provider)))
    return
  const {telemetry} = telemetryTarget(mesh, service, given.scope)
  const sampling = {rate: given.sampling, asked: raw['sampling'] !== undefined}
  const where =
    given.scope === 'service' ? `${service.namespace}/${service.name}` : `namespace ${service.namespace}`
  const why = `spans of ${where} go to ${name}`
  if (telemetry !== null) {
    draft.update(phase, telemetry, why, value => withProvider(value, name, sampling))
    return
  }
  const disabled = traced.some(workload => mesh.telemetry(workload).tracing.reason === 'disabled')
  const values = {
    namespace: service.namespace,
    provider: name,
    sampling: given.sampling,
    disabled: disabled ? false : undefined,
    where,
  }
  const filled =
    given.scope === 'service'
      ? fill('tracing/walk/telemetry.yaml', {
          ...values,
          name: freeName(mesh, 'Telemetry', service.namespace, service.name, 'tracing'),
          labels: {...service.selector},
        })
      : fill('tracing/walk/namespace-telemetry.yaml', {
          ...values,
          name: freeName(mesh, 'Telemetry', service.namespace, 'tracing', 'mesh'),
        })
  draft.create(phase, filled, why)
}

/** Where the mesh config is not in the input, the text that has to be in it is part of the answer. */
function addNotes(mesh: Mesh, draft: Draft, given: Given): void {
  draft.note({
    title: 'Spans do not join yet',
    text: 'Each call gives spans of its own until applications copy the correlation headers of a request to the calls they make for it (stage run).',
    content: null,
  })
  const {name, declared} = chooseProvider(mesh, given.provider, given['provider-declared'])
  if (name !== null && declared === null) {
    const fragment = providerFragment(mesh, name)
    const provider = [{name, [fragment.kind]: {service: fragment.service, port: fragment.port}}]
    draft.note({
      title: 'With Helm',
      text: 'Values of the chart istio/istiod; check service and port, then: helm upgrade istiod istio/istiod -n istio-system --reuse-values -f tracing-values.yaml',
      content: fill('tracing/walk/values.yaml', {provider}).yaml,
    })
    draft.note({
      title: 'With istioctl or the operator',
      text: 'Merge this into the IstioOperator with which Istio was installed, then: istioctl install -f it.',
      content: fill('tracing/walk/istio-operator.yaml', {provider}).yaml,
    })
  }
  const assumed = controlPlaneAssumption(mesh)
  if (assumed !== null) draft.note({title: 'Assumption', text: `${assumed}.`, content: null})
}
