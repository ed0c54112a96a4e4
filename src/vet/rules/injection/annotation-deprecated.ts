import {annotated} from '../../reading/annotations.ts'
import {defineRule} from '../../rule.ts'
import {istioAnnotations} from '../../schemas/annotations.ts'

const deprecated = new Set(istioAnnotations.filter(one => one.deprecated).map(({name}) => name))
const inject = 'sidecar.istio.io/inject'

export default defineRule({
  id: 'annotation-deprecated',
  area: 'injection',
  severity: 'info',
  istio: '*',
  inputs: ['Namespace', 'Service'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0135'],
  formerIds: [],
  messages: {
    inject: 'The annotation {name} is deprecated: use the label of that name.',
    deprecated: 'The annotation {name} is deprecated.',
  },
  why: 'Deprecated annotations go with some release. The annotation sidecar.istio.io/inject can only switch injection off: to switch it on takes the label.',
  fix: 'Use what replaced it: for most of them a field of proxy.istio.io/config.',
  check(mesh, report) {
    for (const {object, path, annotations, labels} of annotated(mesh)) {
      for (const name of Object.keys(annotations)) {
        if (!deprecated.has(name) || (name === inject && labels[inject] !== undefined)) continue
        report({
          messageId: name === inject ? 'inject' : 'deprecated',
          data: {name},
          object,
          path: [...path, name],
        })
      }
    }
  },
})
