import type {KubeObject} from '../../objects/object.ts'
import {destinationRuleHost} from '../../mesh/destination-rules.ts'
import {fact} from '../../mesh/fact.ts'
import type {Mesh, Service} from '../../mesh/mesh.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import {callersOf, clientName} from '../callers.ts'
import {listed, named, reason} from '../reasons.ts'
import type {Findings} from '../reasons.ts'
import type {Reason} from '../stage.ts'
import type {WinningRules} from '../winning-rules.ts'
import type {EndpointCount} from './endpoints.ts'
import {streamsOf} from './streams.ts'

const anySidecar = perMesh(mesh =>
  mesh.workloads.some(workload => mesh.injection(workload).mode === 'sidecar'),
)

/** Timeouts and ejections live in the client's proxy: without a client in the mesh there is nothing to hold them. */
export function clientObstacles(mesh: Mesh, service: Service): Findings {
  const {known} = callersOf(mesh, service)
  const proxied = known.filter(
    ({client}) =>
      client.inMesh === true && (client.of === null || mesh.injection(client.of).mode !== 'ambient'),
  )
  if (proxied.length > 0 || (known.length === 0 && anySidecar(mesh)))
    return {blockers: [], unknowns: [], cautions: []}
  const who =
    known.length === 0
      ? 'no workload has a sidecar'
      : `${listed(known.map(({client}) => clientName(client)))} ${known.length === 1 ? 'calls' : 'call'} it without a sidecar`
  return {
    blockers: [
      reason(
        'no-client-in-mesh',
        `the client's sidecar is what holds a timeout, and ${who}`,
        known.flatMap(({knownBy}) => knownBy),
        'meshctl adopt sidecars --stage walk',
      ),
    ],
    unknowns: [],
    cautions: [],
  }
}

/** With a single endpoint there is nothing to go to instead: ejecting it would be an outage of its own. */
export function endpointObstacles({fewest, certain, facts}: EndpointCount): Findings {
  if (certain && fewest < 2) {
    const have = fewest === 1 ? 'one endpoint only' : 'no endpoint'
    return {
      blockers: [
        reason(
          'single-endpoint',
          `it has ${have}: with that one left out there would be none`,
          facts,
          'run at least two replicas',
        ),
      ],
      unknowns: [],
      cautions: [],
    }
  }
  const caution = certain
    ? []
    : [reason('endpoint-count-unknown', 'how many endpoints it has depends on the number of nodes', facts)]
  return {blockers: [], unknowns: [], cautions: caution}
}

/** A timeout covers a whole response, so that a stream would end with it. */
export function streamObstacles(mesh: Mesh, service: Service, timeout: string): readonly Reason[] {
  const streams = streamsOf(mesh, service)
  if (streams.length === 0) return []
  return [
    reason(
      'streaming-port',
      `a timeout of ${timeout} would cut its streams: ${listed(streams.map(({text: said}) => said))}`,
      streams,
      '--cut-streams if its streams are short',
    ),
  ]
}

/** Why the rules that are there can't just be extended, or a new one not just be added. */
export function ruleObstacles(mesh: Mesh, service: Service, rules: WinningRules): Findings {
  const wildcards = rules.wildcard.map(rule =>
    reason(
      'wildcard-destination-rule',
      `${named(rule.id)} decides for ${service.host} and for other hosts too; a rule for it alone would hide the rest of that one`,
      [fact('its host', rule, ['spec', 'host'])],
      `write a DestinationRule for ${service.host} that repeats what it needs of ${named(rule.id)}`,
    ),
  )
  const hidden = rules.missing
    ? rulesInPlace(mesh, service).map(rule =>
        reason(
          'destination-rule-hidden',
          `${named(rule.id)} is for ${service.host} and does not reach all of its clients`,
          [fact('its host', rule, ['spec', 'host'])],
          'export it to the namespaces of the clients, and take out its workloadSelector',
        ),
      )
    : []
  const rivals =
    rules.rivals.length === 0
      ? []
      : [
          reason(
            'rival-policies-without-age',
            `several DestinationRules set a policy for ${service.host}; only the oldest counts, and their age is not known`,
            rules.rivals.map(rule => fact('a rival', rule, ['spec', 'trafficPolicy'])),
            'merge them into one',
          ),
        ]
  return {blockers: [...wildcards, ...hidden], unknowns: rivals, cautions: []}
}

const rulesByHost = perMesh((mesh): ReadonlyMap<string, readonly KubeObject[]> => {
  const index = new Map<string, KubeObject[]>()
  for (const rule of mesh.objects('DestinationRule')) {
    const host = destinationRuleHost(rule)
    const rules = index.get(host)
    if (rules === undefined) index.set(host, [rule])
    else rules.push(rule)
  }
  return index
})

function rulesInPlace(mesh: Mesh, {host, namespace}: Service): readonly KubeObject[] {
  return (rulesByHost(mesh).get(host) ?? []).filter(rule => rule.id.namespace === namespace)
}
