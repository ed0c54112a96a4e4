import {fact} from '../../../mesh/fact.ts'
import type {AuthorizationRule} from '../../../mesh/authorization-rules.ts'
import {authorizations} from '../../reading/authorizations.ts'
import type {PlacedAuthorization} from '../../reading/authorizations.ts'
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
  why: 'A request passes when any ALLOW policy admits it. One rule without conditions makes all the narrower ones of the same workloads pointless, those that select fewer of them and, from the root namespace, those of every namespace; that is rarely seen in a review.',
  fix: 'Remove the rule without conditions, or the policies that it overrules.',
  check(mesh, report) {
    const allowing = authorizations(mesh).filter(({policy}) => policy.action === 'ALLOW')
    const overruled = byNamespace(
      allowing.filter(({policy}) => policy.rules.length > 0 && !policy.rules.some(admitsAll)),
    )
    for (const one of allowing) {
      const {object, policy} = one
      const open = policy.rules.find(admitsAll)
      if (open === undefined) continue
      const inMesh = object.id.namespace === mesh.meshConfig.rootNamespace
      const reached = inMesh ? [...overruled.values()].flat() : (overruled.get(object.id.namespace) ?? [])
      const others = reached.filter(other => covers(one, other))
      if (others.length === 0) continue
      report({
        messageId: 'moot',
        data: {others: listed(others.map(other => nameOf(other.object.id)))},
        identity: [],
        object,
        path: open.path,
        related: others.map(other => fact('overruled', other.object, ['spec', 'rules'])),
      })
    }
  },
})

function byNamespace(
  policies: readonly PlacedAuthorization[],
): ReadonlyMap<string, readonly PlacedAuthorization[]> {
  return Map.groupBy(policies, ({object}) => object.id.namespace)
}

/** Whether all whom the narrower one selects are selected by the wider one too. */
function covers({selector: wider}: PlacedAuthorization, {selector: narrower}: PlacedAuthorization): boolean {
  return Object.entries(wider ?? {}).every(([key, value]) => narrower?.[key] === value)
}

function admitsAll({from, to, when}: AuthorizationRule): boolean {
  return from.length === 0 && to.length === 0 && when.length === 0
}
