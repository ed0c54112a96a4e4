import type {HttpMatch} from '../../../mesh/http-match.ts'
import {sourceIgnored} from '../../../mesh/http-match.ts'
import {httpRoutesOf} from '../../../mesh/http-routes.ts'
import {injects} from '../../../mesh/faults.ts'
import type {Faults} from '../../../mesh/outcome.ts'
import {removing} from '../../edits.ts'
import {matchesGlob} from '../../glob.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'fault-left-in',
  area: 'resiliency',
  severity: 'warning',
  istio: '*',
  inputs: ['VirtualService'],
  needs: 'offline',
  params: {
    testNamespaces: [
      'test',
      'test-*',
      '*-test',
      'dev',
      'dev-*',
      '*-dev',
      'chaos',
      'chaos-*',
      '*-chaos',
      'sandbox',
      'sandbox-*',
      '*-sandbox',
    ],
  },
  equivalents: [],
  formerIds: [],
  messages: {
    everybody: '{faults} reaches every caller: no header and no source narrows this route down.',
    sourceIgnored:
      '{faults} reaches every caller: Istio does not look at sourceLabels and sourceNamespace where the match also has gateways.',
  },
  why: 'An injected fault is an outage that somebody ordered. Without a match on a header or on the source it hits all users, and an experiment that was forgotten stays.',
  fix: 'Remove the fault, or narrow the route to chosen callers with match.sourceLabels or match.headers (and no gateways in that match).',
  check(mesh, report, params) {
    const tests = Array.isArray(params['testNamespaces'])
      ? (params['testNamespaces'] as readonly string[])
      : []
    for (const virtualService of mesh.objects('VirtualService')) {
      for (const route of httpRoutesOf(mesh, virtualService)) {
        if (route.faults === null || !injects(route.faults)) continue
        if (tests.some(pattern => matchesGlob(pattern, route.object.id.namespace))) continue
        const open = route.matches.filter(match => !narrows(match))
        if (route.matches.length > 0 && open.length === 0) continue
        const path = [...route.path, 'fault']
        report({
          messageId: open.some(sourceIgnored) ? 'sourceIgnored' : 'everybody',
          data: {faults: describe(route.faults)},
          object: route.object,
          path,
          fix: {
            kind: 'unsafe',
            description: 'Remove the fault.',
            changes: [removing(route.object, path, 'the fault reaches every caller')],
          },
        })
      }
    }
  },
})

/** Whether an entry leaves only chosen callers: by a header, a query parameter, or the workload that calls. */
function narrows(match: HttpMatch): boolean {
  if (match.conditions.some(condition => /^(header|query) /.test(condition))) return true
  const bySource = Object.keys(match.sourceLabels).length > 0 || match.sourceNamespace !== null
  return bySource && !sourceIgnored(match)
}

function describe({delay, abort}: Faults): string {
  const parts = [
    delay !== null && delay.percentage > 0
      ? `A delay of ${delay.fixedDelay} for ${delay.percentage} % of requests`
      : '',
    abort !== null && abort.percentage > 0
      ? `an abort with ${abort.status} for ${abort.percentage} % of requests`
      : '',
  ].filter(part => part !== '')
  const text = parts.join(' and ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
