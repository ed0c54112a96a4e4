import {formatDuration, parseDuration} from '../../../mesh/durations.ts'
import {fact} from '../../../mesh/fact.ts'
import {httpRoutesOf} from '../../../mesh/http-routes.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'retry-without-per-try-timeout',
  area: 'resiliency',
  severity: 'info',
  istio: '*',
  inputs: ['VirtualService'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    unlimited: 'One try that hangs uses up the whole timeout of {timeout}: no try has a limit of its own.',
  },
  why: 'Without perTryTimeout a try may take as long as the route. Against a server that hangs, and does not answer with an error, the retries never happen.',
  fix: 'Set perTryTimeout so that all tries fit into the timeout.',
  check(mesh, report) {
    for (const virtualService of mesh.objects('VirtualService')) {
      for (const {retries, timeout, object, path} of httpRoutesOf(mesh, virtualService)) {
        const limit = timeout === null ? null : parseDuration(timeout)
        if (retries === null || retries.attempts === 0 || retries.perTryTimeout !== null || limit === null)
          continue
        const fitting = formatDuration(Math.max(1, Math.floor(limit / (retries.attempts + 1))))
        report({
          messageId: 'unlimited',
          data: {timeout: formatDuration(limit)},
          identity: [],
          object,
          path: [...path, 'retries'],
          evidence: [fact(`timeout: ${formatDuration(limit)}`, object, [...path, 'timeout'])],
          fix: {
            kind: 'hint',
            description: `With perTryTimeout: ${fitting} all ${retries.attempts + 1} tries fit.`,
            changes: [],
          },
        })
      }
    }
  },
})
