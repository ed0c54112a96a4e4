import {annotated} from '../../reading/annotations.ts'
import {defineRule} from '../../rule.ts'
import {annotationValues} from '../../schemas/annotation-values.ts'

export default defineRule({
  id: 'annotation-invalid',
  area: 'injection',
  severity: 'warning',
  istio: '*',
  inputs: ['Namespace', 'Service'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0125'],
  formerIds: [],
  messages: {
    invalid: 'The value of {name} is not valid: {problem}.',
  },
  why: 'The injector checks these values when a pod starts, and refuses the pod where one does not hold: no new pod comes up.',
  fix: 'Correct the value.',
  check(mesh, report) {
    for (const {object, path, kind, annotations} of annotated(mesh)) {
      // Elsewhere it is not read at all, which is told by annotation-misplaced.
      if (kind !== 'Pod') continue
      for (const [name, value] of Object.entries(annotations)) {
        const check = Object.hasOwn(annotationValues, name) ? annotationValues[name] : undefined
        const problem = check?.(value) ?? null
        if (problem !== null)
          report({messageId: 'invalid', data: {name, problem}, object, path: [...path, name]})
      }
    }
  },
})
