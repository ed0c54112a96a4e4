import {list, record, text} from '../../../objects/json.ts'
import type {Json, KubeObject, Path} from '../../../objects/object.ts'
import {absence, closest} from '../../reading/references.ts'
import {defineRule} from '../../rule.ts'

const annotation = 'networking.istio.io/exportTo'

export default defineRule({
  id: 'exportto-namespace-unknown',
  area: 'routing',
  severity: 'warning',
  istio: '*',
  inputs: ['VirtualService', 'DestinationRule', 'ServiceEntry', 'Service', 'Namespace'],
  needs: 'offline',
  params: {},
  equivalents: ['KIA0005'],
  formerIds: [],
  messages: {
    unknown: 'There is no namespace {namespace} to export to.',
    misspelt: 'There is no namespace {namespace} to export to; {suggestion} is probably meant.',
  },
  why: 'What is exported to a namespace by a wrong name is hidden from the right one.',
  fix: 'Correct the name, or remove it from exportTo.',
  check(mesh, report) {
    const certainty = absence(mesh, ['Namespace'])
    const known = new Set(mesh.namespaces)
    for (const kind of ['VirtualService', 'DestinationRule', 'ServiceEntry', 'Service'] as const) {
      for (const object of mesh.objects(kind)) {
        for (const [namespace, path] of placesOf(object)) {
          if (known.has(namespace)) continue
          const suggestion = closest(namespace, mesh.namespaces)
          report({
            messageId: suggestion === null ? 'unknown' : 'misspelt',
            data: {namespace, suggestion: suggestion ?? ''},
            identity: ['namespace'],
            object,
            path,
            ...(suggestion === null ? {certainty} : {}),
          })
        }
      }
    }
  },
})

function placesOf({id, value}: KubeObject): readonly (readonly [string, Path])[] {
  const named = (item: Json): string | null =>
    typeof item === 'string' && !/^[*.~]?$/.test(item.trim()) ? item.trim() : null
  if (id.kind === 'Service') {
    const written = text(record(record(value['metadata'])['annotations'])[annotation]) ?? ''
    return written.split(',').flatMap(item => {
      const name = named(item)
      return name === null ? [] : [[name, ['metadata', 'annotations', annotation]] as const]
    })
  }
  return list(record(value['spec'])['exportTo']).flatMap((item, index) => {
    const name = named(item)
    return name === null ? [] : [[name, ['spec', 'exportTo', index]] as const]
  })
}
