import {fact} from '../../../mesh/fact.ts'
import {entries, isRecord, record} from '../../../objects/json.ts'
import type {JsonObject, KubeObject, Path} from '../../../objects/object.ts'
import {setting} from '../../edits.ts'
import {listed} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

/** Settings that a port may have of its own (istio pilot/pkg/networking/util MergeTrafficPolicy). */
const perPort = ['connectionPool', 'outlierDetection', 'loadBalancer', 'tls'] as const

export default defineRule({
  id: 'dr-port-level-drops-policy',
  area: 'resiliency',
  severity: 'warning',
  istio: '*',
  inputs: ['DestinationRule'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    dropped:
      'On port {port} the {fields} of the whole host is not in force: settings of a port replace all of them.',
  },
  why: 'portLevelSettings are not merged with the settings of the destination. What an entry does not repeat is back at its default for that port, limits and outlier detection included.',
  fix: 'Repeat the settings in the entry of the port.',
  check(mesh, report) {
    for (const rule of mesh.objects('DestinationRule')) {
      const spec = record(rule.value['spec'])
      reportDropped(rule, record(spec['trafficPolicy']), ['spec', 'trafficPolicy'])
      for (const [index, subset] of entries(spec['subsets'])) {
        const path = ['spec', 'subsets', index, 'trafficPolicy']
        reportDropped(rule, record(subset['trafficPolicy']), path)
      }
    }

    function reportDropped(rule: KubeObject, policy: JsonObject, path: Path): void {
      for (const [index, port] of entries(policy['portLevelSettings'])) {
        const fields = perPort.filter(field => isRecord(policy[field]) && port[field] === undefined)
        if (fields.length === 0) continue
        const number = record(port['port'])['number']
        const place: Path = [...path, 'portLevelSettings', index]
        const repeated = {...port, ...Object.fromEntries(fields.map(field => [field, policy[field]]))}
        report({
          messageId: 'dropped',
          data: {port: typeof number === 'number' ? number : '?', fields: listed(fields, 4)},
          object: rule,
          path: place,
          // Another way to spread load harms nobody; limits and ejection that are off do.
          ...(fields.every(field => field === 'loadBalancer') ? {severity: 'info' as const} : {}),
          related: fields.map(field => fact(`${field} of the whole host`, rule, [...path, field])),
          fix: {
            kind: 'unsafe',
            description: `Repeat ${listed(fields, 4)} for the port.`,
            changes: [setting(rule, place, repeated, 'settings of a port replace those of the host')],
          },
        })
      }
    }
  },
})
