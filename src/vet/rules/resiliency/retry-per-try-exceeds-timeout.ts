import {fact} from '../../../mesh/fact.ts'
import {formatDuration} from '../../../mesh/durations.ts'
import {httpRoutesOf} from '../../../mesh/http-routes.ts'
import {tryTimes} from '../../reading/try-times.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'retry-per-try-exceeds-timeout',
  area: 'resiliency',
  severity: 'warning',
  istio: '*',
  inputs: ['VirtualService'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    never: 'One try may take {perTry}, and the route gives up after {timeout}: a slow try is never retried.',
  },
  why: 'Envoy ignores a perTryTimeout that is not below the timeout of the route. The first slow try uses up all the time, so the retries are there on paper only.',
  fix: 'Set perTryTimeout well below timeout: timeout divided by (attempts + 1), or less.',
  check(mesh, report) {
    for (const virtualService of mesh.objects('VirtualService')) {
      for (const route of httpRoutesOf(mesh, virtualService)) {
        const times = tryTimes(route)
        if (times === null || times.perTry < times.timeout) continue
        report({
          messageId: 'never',
          data: {perTry: formatDuration(times.perTry), timeout: formatDuration(times.timeout)},
          object: route.object,
          path: [...route.path, 'retries', 'perTryTimeout'],
          evidence: [
            fact(`timeout: ${formatDuration(times.timeout)}`, route.object, [...route.path, 'timeout']),
          ],
        })
      }
    }
  },
})
