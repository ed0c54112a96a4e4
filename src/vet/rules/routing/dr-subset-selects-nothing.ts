import {fact} from '../../../mesh/fact.ts'
import type {Mesh, Service} from '../../../mesh/mesh.ts'
import {perMesh} from '../../../mesh/per-mesh.ts'
import {matches} from '../../../mesh/selectors.ts'
import {entries, record, records, text, textMap} from '../../../objects/json.ts'
import {ruleHost} from '../../reading/destination-rules.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {absence, closest, podKinds} from '../../reading/references.ts'
import {writtenDestinations} from '../../reading/virtual-services.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'dr-subset-selects-nothing',
  area: 'routing',
  severity: 'error',
  istio: '*',
  inputs: ['DestinationRule', 'VirtualService', 'Service', 'ServiceEntry', 'WorkloadEntry', ...podKinds],
  needs: 'offline',
  params: {},
  equivalents: ['IST0173', 'KIA0203'],
  formerIds: [],
  messages: {
    nothing: 'No pod of {service} has the labels {labels} of subset {subset}.',
    misspelt:
      'No pod of {service} has the labels {labels} of subset {subset}; {suggestion} is probably meant.',
  },
  why: 'A subset without endpoints is an empty cluster: what is routed to it ends in 503 UH.',
  fix: 'Correct the labels of the subset, or give them to the pod template that is meant.',
  check(mesh, report) {
    for (const rule of mesh.objects('DestinationRule')) {
      const service = mesh.host(ruleHost(rule), rule.id.namespace)
      if (service === null || !hasKnownEndpoints(service)) continue
      for (const [index, subset] of entries(record(rule.value['spec'])['subsets'])) {
        const labels = withoutTopology(textMap(subset['labels']))
        if (
          Object.keys(labels).length === 0 ||
          endpointLabels(mesh, service).some(found => matches(labels, found))
        )
          continue
        const routed = subsetRoutes(mesh).has(`${service.host} ${text(subset['name']) ?? ''}`)
        const certainty = absence(
          mesh,
          service.kind === 'Service' ? podKinds : ['WorkloadEntry', ...podKinds],
        )
        const suggestion = misspeltLabel(mesh, service, labels)
        report({
          messageId: suggestion === null ? 'nothing' : 'misspelt',
          data: {
            service: nameOf(service),
            subset: text(subset['name']) ?? '',
            labels: written(labels),
            suggestion: suggestion ?? '',
          },
          identity: ['subset', 'labels'],
          object: rule,
          path: ['spec', 'subsets', index, 'labels'],
          certainty: suggestion === null ? certainty : 'certain',
          // Without a route to it an empty subset harms nobody yet; a suggestion is more than a guess.
          ...(routed && certainty === 'certain' ? {} : {severity: 'warning' as const}),
          evidence: mesh
            .endpoints(service)
            .slice(0, 5)
            .map(one =>
              fact(`${one.kind} ${nameOf(one)} has ${written(one.labels)}`, one.object, [
                ...one.templatePath,
                'metadata',
                'labels',
              ]),
            ),
        })
      }
    }
  },
})

/** Subsets that some VirtualService sends to, as `host subset`. */
const subsetRoutes = perMesh(
  (mesh: Mesh): ReadonlySet<string> =>
    new Set(
      mesh
        .objects('VirtualService')
        .flatMap(virtualService =>
          writtenDestinations(virtualService).flatMap(({host, subset}) =>
            subset === null ? [] : [`${mesh.qualify(host, virtualService.id.namespace)} ${subset}`],
          ),
        ),
    ),
)

/** Without a selector the endpoints are set by hand, outside of what can be read here. */
function hasKnownEndpoints(service: Service): boolean {
  return service.selector !== null || records(record(service.object.value['spec'])['endpoints']).length > 0
}

/** Labels that the cluster gives to endpoints, which no manifest has. */
function withoutTopology(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(labels).filter(
      // An empty one is never given: istiod leaves out what a node does not say (istio pkg/config/labels AugmentLabels).
      ([key, value]) =>
        value === '' || !/^(topology\.|istio\.io\/|.*istio-locality|security\.istio\.io\/tlsMode)/.test(key),
    ),
  )
}

function endpointLabels(mesh: Mesh, service: Service): readonly Readonly<Record<string, string>>[] {
  const inline = records(record(service.object.value['spec'])['endpoints']).map(endpoint =>
    textMap(endpoint['labels']),
  )
  return [...mesh.endpoints(service).map(({labels}) => labels), ...inline]
}

/** A label of an endpoint that the subset's one is probably a misspelling of. */
function misspeltLabel(
  mesh: Mesh,
  service: Service,
  labels: Readonly<Record<string, string>>,
): string | null {
  for (const found of endpointLabels(mesh, service)) {
    for (const [key, value] of Object.entries(labels)) {
      if (found[key] === value) continue
      const near = closest(key, Object.keys(found))
      if (near !== null && found[near] === value) return `${near}: ${value}`
      const other = found[key]
      if (other !== undefined && closest(value, [other]) !== null) return `${key}: ${other}`
    }
  }
  return null
}

function written(labels: Readonly<Record<string, string>>): string {
  return listed(
    Object.entries(labels).map(([key, value]) => `${key}: ${value}`),
    5,
  )
}
