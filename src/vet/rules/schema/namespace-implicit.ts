import {at, text} from '../../../objects/json.ts'
import {kindOf} from '../../../objects/kinds.ts'
import type {KubeObject} from '../../../objects/object.ts'
import {listed} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'namespace-implicit',
  area: 'schema',
  severity: 'info',
  istio: '*',
  inputs: [],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    implicit:
      '{count} of the objects in this file name no namespace, while others are in {namespaces}: these were taken to be in {assumed}.',
  },
  why: 'An object without a namespace goes wherever the one who applies it happens to be. Beside objects that name theirs that is mostly an oversight, and mesh policies in the wrong namespace apply to nothing.',
  fix: 'Give every object of the file a metadata.namespace.',
  check(mesh, report) {
    for (const objects of byFile(mesh.objects())) {
      const named = objects.flatMap(object => text(at(object.value, ['metadata', 'namespace'])) || [])
      const implicit = objects.filter(object => !text(at(object.value, ['metadata', 'namespace'])))
      const [first] = implicit
      if (first === undefined || named.length === 0) continue
      report({
        messageId: 'implicit',
        data: {
          count: implicit.length,
          namespaces: listed([...named].sort()),
          assumed: first.id.namespace,
        },
        identity: [],
        object: first,
        path: ['metadata'],
      })
    }
  },
})

/** Namespaced objects of each file. */
function byFile(objects: readonly KubeObject[]): Iterable<readonly KubeObject[]> {
  const files = new Map<string, KubeObject[]>()
  for (const object of objects) {
    if (object.source === null || object.id.kind === 'IstioOperator') continue
    if (kindOf(object.id.apiVersion, object.id.kind)?.namespaced !== true) continue
    const group = files.get(object.source.file)
    if (group === undefined) files.set(object.source.file, [object])
    else group.push(object)
  }
  return files.values()
}
