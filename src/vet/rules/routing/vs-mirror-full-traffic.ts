import {entries, isRecord} from '../../../objects/json.ts'
import type {JsonObject, Path} from '../../../objects/object.ts'
import {writtenHttp} from '../../reading/written-routes.ts'
import {virtualServicesOf} from '../../reading/virtual-services.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'vs-mirror-full-traffic',
  area: 'routing',
  severity: 'info',
  istio: '*',
  inputs: ['VirtualService'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    all: 'Without a percentage every request is mirrored: the mirror gets as much traffic as the route.',
  },
  why: 'A mirror gets a copy of each request, those that write included, and its load and side effects are real.',
  fix: 'Say how much is to be mirrored: mirrorPercentage, or percentage of the entry in mirrors.',
  check(mesh, report) {
    for (const virtualService of virtualServicesOf(mesh)) {
      for (const {value, path} of writtenHttp(virtualService)) {
        for (const place of wholeMirrors(value, path))
          report({messageId: 'all', object: virtualService, path: place})
      }
    }
  },
})

function wholeMirrors(route: JsonObject, path: Path): readonly Path[] {
  const share = ['mirrorPercentage', 'mirrorPercent', 'mirror_percent'].some(
    field => route[field] !== undefined,
  )
  const one = isRecord(route['mirror']) && !share ? [[...path, 'mirror']] : []
  const more = entries(route['mirrors']).flatMap(([index, mirror]) =>
    mirror['percentage'] === undefined ? [[...path, 'mirrors', index]] : [],
  )
  return [...one, ...more]
}
