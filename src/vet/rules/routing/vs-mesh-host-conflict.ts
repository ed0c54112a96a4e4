import {isMeshBound} from '../../../mesh/route-owners.ts'
import {fact} from '../../../mesh/fact.ts'
import {isWildcard, wildcardsCovering} from '../../../mesh/hosts.ts'
import type {Mesh} from '../../../mesh/mesh.ts'
import {record, texts} from '../../../objects/json.ts'
import type {KubeObject, Path} from '../../../objects/object.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {rivals} from '../../reading/rivals.ts'
import {virtualServicesOf, writtenHosts} from '../../reading/virtual-services.ts'
import {defineRule} from '../../rule.ts'
import type {Report} from '../../rule.ts'

export default defineRule({
  id: 'vs-mesh-host-conflict',
  area: 'routing',
  severity: 'error',
  istio: '*',
  inputs: ['VirtualService'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0109', 'KIA1106'],
  formerIds: [],
  messages: {
    conflict: 'Another VirtualService has the host {host} too: {others} {fate}.',
    overlap:
      '{wider} covers {host} too, which another VirtualService has ({others}): for what is in both, the more particular of the two hosts counts.',
    shadowed:
      'Another VirtualService has the host {host} too, for other clients: where both are visible, {others} or this one does nothing.',
  },
  why: 'For clients in the mesh Istio does not merge VirtualServices: one serves the host, and the routes, timeouts and retries of the others are silently ignored.',
  fix: 'Merge the VirtualServices into one, or delegate from one to the other.',
  check(mesh, report) {
    const byHost = claimsByHost(mesh)
    reportOverlaps(mesh, byHost, report)
    for (const [host, claims] of byHost) {
      const places = new Map(claims.map(({object, path}) => [object, path]))
      for (const group of overlapping(
        mesh,
        claims.map(({object}) => object),
      )) {
        const sameView = new Set(group.map(object => [...visibleIn(mesh, object)].sort().join())).size === 1
        for (const {object, others, fate, related} of rivals(group)) {
          report({
            messageId: sameView ? 'conflict' : 'shadowed',
            data: {host, others: listed(others.map(one => nameOf(one.id))), fate},
            identity: ['host'],
            object,
            path: places.get(object) ?? ['spec', 'hosts'],
            ...(sameView ? {} : {severity: 'warning' as const}),
            related,
          })
        }
      }
    }
  },
})

/** Wildcards within wildcards: no conflict, but two objects in which to look for one host. */
function reportOverlaps(
  mesh: Mesh,
  byHost: ReadonlyMap<string, readonly Claim[]>,
  report: (report: Report) => void,
): void {
  for (const [host, claims] of byHost) {
    if (!isWildcard(host) || host === '*') continue
    for (const wider of wildcardsCovering(host)) {
      const above = wider === host || wider === '*' ? [] : (byHost.get(wider) ?? [])
      for (const {object, path} of claims) {
        const others = above.filter(
          other =>
            other.object !== object && seenTogether(visibleIn(mesh, object), visibleIn(mesh, other.object)),
        )
        for (const claim of others) {
          const other = claim.object
          const data = {host, wider, others: nameOf(other.id)}
          const at = {messageId: 'overlap', data, severity: 'info' as const}
          report({...at, object, path, related: [fact('the other one', other, claim.path)]})
          report({...at, object: other, path: claim.path, related: [fact('the other one', object, path)]})
        }
      }
    }
  }
}

interface Claim {
  readonly object: KubeObject
  readonly path: Path
}

function claimsByHost(mesh: Mesh): ReadonlyMap<string, readonly Claim[]> {
  const claims = new Map<string, Claim[]>()
  for (const object of virtualServicesOf(mesh).filter(isMeshBound)) {
    for (const [host, path] of writtenHosts(object)) {
      const key = mesh.qualify(host, object.id.namespace).toLowerCase()
      const group = claims.get(key)
      if (group === undefined) claims.set(key, [{object, path}])
      // One VirtualService that lists a short and a full name does not conflict with itself (istio#42561).
      else if (!group.some(claim => claim.object === object)) group.push({object, path})
    }
  }
  return claims
}

/** Groups of claims that some client sees together, by what they are exported to. */
function overlapping(mesh: Mesh, objects: readonly KubeObject[]): readonly (readonly KubeObject[])[] {
  if (objects.length < 2) return []
  const groups: KubeObject[][] = []
  for (const object of objects) {
    const joined = groups.filter(group =>
      group.some(other => seenTogether(visibleIn(mesh, object), visibleIn(mesh, other))),
    )
    for (const group of joined) groups.splice(groups.indexOf(group), 1)
    groups.push([...joined.flat(), object])
  }
  return groups.filter(group => group.length > 1)
}

function visibleIn(mesh: Mesh, object: KubeObject): ReadonlySet<string> {
  const written = texts(record(object.value['spec'])['exportTo'])
  const effective = written.length > 0 ? written : mesh.meshConfig.defaultVirtualServiceExportTo
  if (effective.length === 0 || effective.includes('*')) return new Set(['*'])
  return new Set(
    effective.filter(place => place !== '~').map(place => (place === '.' ? object.id.namespace : place)),
  )
}

function seenTogether(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  if (a.size === 0 || b.size === 0) return false
  return a.has('*') || b.has('*') || [...a].some(place => b.has(place))
}
