import {injects} from '../../../mesh/faults.ts'
import {httpRoutesOf} from '../../../mesh/http-routes.ts'
import {fact} from '../../../mesh/fact.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'fault-with-retry-or-timeout',
  area: 'resiliency',
  severity: 'warning',
  istio: '*',
  inputs: ['VirtualService'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    untested:
      'This fault shows nothing of the {fields} of its route: faults are injected before them, and not tried again.',
  },
  why: "The proxy of the client injects the fault before the route's retries and timeout begin, so an experiment shows an outage that they were meant to prevent. The API says that they are not supported together.",
  fix: 'Inject the fault on the route of another hop: of what the server itself calls.',
  check(mesh, report) {
    for (const virtualService of mesh.objects('VirtualService')) {
      for (const {faults, timeout, retries, object, path} of httpRoutesOf(mesh, virtualService)) {
        if (faults === null || !injects(faults)) continue
        const retrying = retries !== null && retries.attempts > 0
        if (timeout === null && !retrying) continue
        const fields = [timeout === null ? '' : 'timeout', retrying ? 'retries' : ''].filter(
          one => one !== '',
        )
        report({
          messageId: 'untested',
          data: {fields: fields.join(' and ')},
          identity: [],
          object,
          path: [...path, 'fault'],
          ...(retrying ? {} : {severity: 'info' as const}),
          related: fields.map(field => fact(field, object, [...path, field])),
        })
      }
    }
  },
})
