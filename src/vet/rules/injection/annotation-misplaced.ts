import {annotated, isIstioAnnotation} from '../../reading/annotations.ts'
import {listed} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'
import {istioAnnotations} from '../../schemas/annotations.ts'

const kindsOf = new Map(istioAnnotations.map(({name, kinds}) => [name, kinds]))
kindsOf.set('kubernetes.io/ingress.class', ['Ingress'])

export default defineRule({
  id: 'annotation-misplaced',
  area: 'injection',
  severity: 'warning',
  istio: '*',
  inputs: ['Namespace', 'Service'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0107'],
  formerIds: [],
  messages: {
    template:
      '{name} is read from pods only: on the {kind} itself it has no effect. It belongs into the pod template.',
    kind: '{name} is read from {kinds} only: on a {kind} it has no effect.',
  },
  why: 'Each annotation is read from certain kinds of objects. On any other it is kept by Kubernetes and read by nobody; those of a Deployment do not pass on to its pods.',
  fix: 'Move the annotation to the object from which it is read.',
  check(mesh, report) {
    for (const {object, path, kind, annotations} of annotated(mesh)) {
      for (const name of Object.keys(annotations)) {
        const kinds = isIstioAnnotation(name) ? kindsOf.get(name) : undefined
        if (kinds === undefined || kinds.includes('Any') || kinds.includes(kind)) continue
        const template = kinds.includes('Pod') && kind !== 'Namespace' && kind !== 'Service'
        report({
          messageId: template ? 'template' : 'kind',
          data: {name, kind, kinds: listed(kinds, 5)},
          object,
          path: [...path, name],
        })
      }
    }
  },
})
