import {entries, list, record, text} from '../../../objects/json.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'telemetry-multiple-tracing',
  area: 'telemetry',
  severity: 'warning',
  istio: '>=1.11.0',
  inputs: ['Telemetry'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0133'],
  formerIds: [],
  messages: {
    entries:
      'Several entries of tracing hold for the same requests: what a later one sets overrides the earlier.',
    providers: 'A proxy sends its spans to one provider, the first; {count} are named.',
  },
  why: 'Istio has one tracer a proxy. A second provider gets nothing, without an error.',
  fix: 'Keep one entry with one provider; a collector can send spans on to several places.',
  check(mesh, report) {
    for (const object of mesh.objects('Telemetry')) {
      const seen = new Set<string>()
      for (const [index, tracing] of entries(record(object.value['spec'])['tracing'])) {
        const path = ['spec', 'tracing', index]
        const count = list(tracing['providers']).length
        if (count > 1) report({messageId: 'providers', data: {count}, object, path: [...path, 'providers']})
        const directions = directionsOf(text(record(tracing['match'])['mode']))
        if (directions.some(one => seen.has(one))) report({messageId: 'entries', object, path})
        for (const one of directions) seen.add(one)
      }
    }
  },
})

function directionsOf(mode: string | undefined): readonly string[] {
  return mode === 'CLIENT' || mode === 'SERVER' ? [mode] : ['CLIENT', 'SERVER']
}
