import {fact} from '../../../mesh/fact.ts'
import type {AuthorizationRule} from '../../../mesh/authorization-rules.ts'
import {authorizations} from '../../reading/authorizations.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'authz-allow-all-moots-others',
  area: 'authorization',
  severity: 'warning',
  istio: '*',
  inputs: ['AuthorizationPolicy'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    moot: 'This rule admits every request, so {others} restrict nothing.',
  },
  why: 'A request passes when any ALLOW policy admits it. One rule without conditions makes all the narrower ones of the same workloads pointless, which is rarely seen in a review.',
  fix: 'Remove the rule without conditions, or the policies that it overrules.',
  check(mesh, report) {
    const allowing = authorizations(mesh).filter(({policy}) => policy.action === 'ALLOW')
    const groups = new Map<string, (typeof allowing)[number][]>()
    for (const one of allowing) {
      const key = JSON.stringify([one.object.id.namespace, Object.entries(one.selector ?? {}).sort()])
      const group = groups.get(key)
      if (group === undefined) groups.set(key, [one])
      else group.push(one)
    }
    for (const group of groups.values()) {
      for (const {object, policy} of group) {
        const open = policy.rules.find(admitsAll)
        const others = group.filter(
          one => one.object !== object && !one.policy.rules.some(admitsAll) && one.policy.rules.length > 0,
        )
        if (open === undefined || others.length === 0) continue
        report({
          messageId: 'moot',
          data: {others: listed(others.map(one => nameOf(one.object.id)))},
          identity: [],
          object,
          path: open.path,
          related: others.map(one => fact('overruled', one.object, ['spec', 'rules'])),
        })
      }
    }
  },
})

function admitsAll({from, to, when}: AuthorizationRule): boolean {
  return from.length === 0 && to.length === 0 && when.length === 0
}
