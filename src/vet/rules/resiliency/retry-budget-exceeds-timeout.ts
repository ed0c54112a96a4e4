import {fact} from '../../../mesh/fact.ts'
import {formatDuration} from '../../../mesh/durations.ts'
import {httpRoutesOf} from '../../../mesh/http-routes.ts'
import {tryTimes} from '../../reading/try-times.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'retry-budget-exceeds-timeout',
  area: 'resiliency',
  severity: 'warning',
  istio: '*',
  inputs: ['VirtualService'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    cut: '{tries} tries of {perTry} need {needed}, but the route gives up after {timeout}: the last tries are cut short or never made.',
  },
  why: "The route's timeout spans all tries and the pauses between them. Where they don't fit, the retries that the manifest promises do not happen just when the server is slow, which is when they were wanted.",
  fix: 'Lower attempts or perTryTimeout, or raise timeout, so that perTryTimeout times (attempts + 1) fits into timeout.',
  check(mesh, report) {
    for (const virtualService of mesh.objects('VirtualService')) {
      for (const route of httpRoutesOf(mesh, virtualService)) {
        const times = tryTimes(route)
        if (times === null || times.perTry >= times.timeout || times.perTry * times.tries <= times.timeout)
          continue
        const fitting = formatDuration(Math.max(1, Math.floor(times.timeout / times.tries)))
        report({
          messageId: 'cut',
          data: {
            tries: times.tries,
            perTry: formatDuration(times.perTry),
            needed: formatDuration(times.perTry * times.tries),
            timeout: formatDuration(times.timeout),
          },
          object: route.object,
          path: [...route.path, 'retries', 'perTryTimeout'],
          evidence: [
            fact(`timeout: ${formatDuration(times.timeout)}`, route.object, [...route.path, 'timeout']),
          ],
          fix: {
            kind: 'hint',
            description: `With perTryTimeout: ${fitting} all ${times.tries} tries fit.`,
            changes: [],
          },
        })
      }
    }
  },
})
