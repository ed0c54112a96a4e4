import {gatewaysOf} from '../../../mesh/route-owners.ts'
import type {Mesh} from '../../../mesh/mesh.ts'
import type {KubeObject, Path} from '../../../objects/object.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {rivals} from '../../reading/rivals.ts'
import {takesAll, writtenHttp} from '../../reading/written-routes.ts'
import {virtualServicesOf, writtenHosts} from '../../reading/virtual-services.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'vs-gateway-host-conflict',
  area: 'routing',
  severity: 'warning',
  istio: '*',
  inputs: ['VirtualService'],
  needs: 'offline',
  params: {},
  equivalents: ['KIA1106'],
  formerIds: [],
  messages: {
    catchAll:
      '{others} has a route for all requests of {host} by Gateway {gateway} too: only that of the oldest VirtualService is ever taken.',
    match:
      '{others} has the same match for {host} by Gateway {gateway} too: only that of the oldest VirtualService is ever taken.',
  },
  why: 'A gateway joins the routes of all VirtualServices for one host, the oldest first and those for everything last. Where two say the same, which one counts depends on when the objects were made.',
  fix: 'Put the routes of one host into one VirtualService, or let it delegate; give each match to one of them.',
  check(mesh, report) {
    for (const [place, claims] of claimsByPlace(mesh)) {
      if (claims.length < 2) continue
      const [gateway = '', host = ''] = place.split(' ')
      for (const {messageId, group} of clashesIn(claims)) {
        const places = new Map(group.map(claim => [claim.object, claim.path]))
        for (const {object, others, related} of rivals(group.map(claim => claim.object))) {
          report({
            messageId,
            data: {host, gateway, others: listed(others.map(one => nameOf(one.id)))},
            identity: ['host', 'gateway'],
            object,
            path: places.get(object) ?? ['spec', 'hosts'],
            related,
          })
        }
      }
    }
  },
})

interface Claim {
  readonly object: KubeObject
  readonly path: Path
}

function claimsByPlace(mesh: Mesh): ReadonlyMap<string, readonly Claim[]> {
  const found = new Map<string, Claim[]>()
  for (const object of virtualServicesOf(mesh)) {
    for (const gateway of new Set(gatewaysOf(object))) {
      for (const [host, path] of writtenHosts(object)) {
        const place = `${gateway} ${mesh.qualify(host, object.id.namespace).toLowerCase()}`
        const known = found.get(place)
        if (known === undefined) found.set(place, [{object, path}])
        else if (known.every(claim => claim.object !== object)) known.push({object, path})
      }
    }
  }
  return found
}

interface Clash {
  readonly messageId: 'catchAll' | 'match'
  readonly group: readonly Claim[]
}

/** Who says the same: a route for everything, or one match. */
function clashesIn(claims: readonly Claim[]): readonly Clash[] {
  const byMatch = new Map<string, Set<Claim>>()
  for (const claim of claims) {
    for (const route of writtenHttp(claim.object)) {
      const keys = takesAll(route) ? [''] : route.matches.map(match => JSON.stringify(withoutName(match)))
      for (const key of keys) byMatch.set(key, (byMatch.get(key) ?? new Set<Claim>()).add(claim))
    }
  }
  const [first] = [...byMatch].filter(([, group]) => group.size > 1)
  if (first === undefined) return []
  return [{messageId: first[0] === '' ? 'catchAll' : 'match', group: [...first[1]]}]
}

function withoutName(match: object): object {
  return Object.fromEntries(Object.entries(match).filter(([field]) => field !== 'name'))
}
