import {annotated, isIstioAnnotation} from '../../reading/annotations.ts'
import {closest} from '../../reading/references.ts'
import {renaming} from '../../reading/renaming.ts'
import {defineRule} from '../../rule.ts'
import {istioAnnotations} from '../../schemas/annotations.ts'

const names = [...istioAnnotations.map(({name}) => name), 'kubernetes.io/ingress.class']
const known = new Set(names)

/** Labels that people take for annotations (istio.io/api label). */
const labels: readonly string[] = [
  'security.istio.io/tlsMode',
  'service.istio.io/canonical-name',
  'service.istio.io/canonical-revision',
  'topology.istio.io/network',
  'topology.istio.io/cluster',
  'topology.istio.io/subzone',
  'istio.io/dataplane-mode',
  'istio.io/use-waypoint',
  'istio.io/tag',
]

export default defineRule({
  id: 'annotation-unknown',
  area: 'injection',
  severity: 'warning',
  istio: '*',
  inputs: ['Namespace', 'Service'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0108'],
  formerIds: [],
  messages: {
    unknown: 'Istio has no annotation {name}.',
    misspelt: 'Istio has no annotation {name}; {suggestion} is probably meant.',
    label: '{name} is a label: as an annotation it has no effect.',
  },
  why: 'An annotation that Istio does not know is kept by Kubernetes and read by nobody.',
  fix: 'Correct the name, or remove the annotation.',
  check(mesh, report) {
    for (const {object, path, annotations} of annotated(mesh)) {
      for (const name of Object.keys(annotations)) {
        if (!isIstioAnnotation(name) || known.has(name)) continue
        const suggestion = labels.includes(name) ? null : closest(name, names)
        const place = [...path, name]
        const messageId = labels.includes(name) ? 'label' : suggestion === null ? 'unknown' : 'misspelt'
        report({
          messageId,
          data: {name, suggestion: suggestion ?? ''},
          object,
          path: place,
          ...(suggestion === null
            ? {}
            : {
                fix: {
                  kind: 'unsafe',
                  description: `Rename it to ${suggestion}.`,
                  changes: [renaming(object, place, suggestion, `${name} is no annotation`)],
                },
              }),
        })
      }
    }
  },
})
