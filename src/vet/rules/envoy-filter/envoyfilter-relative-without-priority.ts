import {record} from '../../../objects/json.ts'
import type {KubeObject} from '../../../objects/object.ts'
import {envoyPatches, isReplaceable, isWholeRoute} from '../../reading/envoy-patches.ts'
import type {EnvoyPatch} from '../../reading/envoy-patches.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'envoyfilter-relative-without-priority',
  area: 'envoy-filter',
  severity: 'warning',
  istio: '*',
  inputs: ['EnvoyFilter'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0151', 'IST0155'],
  formerIds: [],
  messages: {
    order:
      '{operation} depends on what is there when this patch is applied, and without a priority that depends on the age of the objects.',
    version:
      '{operation} depends on what is there when this patch is applied; without a priority it is not said whether that is before or after the other patch of {name}, which is for some proxy versions only.',
  },
  why: 'EnvoyFilters are applied in the order of their priority, then of their age. A patch that removes, replaces or stands beside another one works or not by which object was made first.',
  fix: 'Set spec.priority: below zero for what comes first, above zero for what builds on it.',
  check(mesh, report) {
    const versioned = versionedPatches(mesh.objects('EnvoyFilter'))
    for (const filter of mesh.objects('EnvoyFilter')) {
      if ((record(filter.value['spec'])['priority'] ?? 0) !== 0) continue
      for (const patch of envoyPatches(filter).filter(isRelative)) {
        const rivals = versioned.get(patch.name) ?? []
        const isRival = patch.name !== '' && rivals.some(path => path !== key(filter, patch))
        report({
          messageId: isRival ? 'version' : 'order',
          data: {operation: patch.operation, name: patch.name},
          identity: ['operation'],
          object: filter,
          path: [...patch.path, 'patch', 'operation'],
        })
      }
    }
  },
})

/** An operation that is not valid there is the business of another rule. */
function isRelative(patch: EnvoyPatch): boolean {
  if (patch.operation === 'REMOVE') return !isWholeRoute(patch)
  if (patch.operation === 'REPLACE') return isReplaceable(patch)
  return patch.operation === 'INSERT_BEFORE' || patch.operation === 'INSERT_AFTER'
}

/** Patches for some versions of the proxy only, by the name of what they patch. */
function versionedPatches(filters: readonly KubeObject[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const filter of filters) {
    for (const patch of envoyPatches(filter)) {
      if (!record(patch.match['proxy'])['proxyVersion']) continue
      const known = found.get(patch.name)
      if (known === undefined) found.set(patch.name, [key(filter, patch)])
      else known.push(key(filter, patch))
    }
  }
  return found
}

function key({id}: KubeObject, {path}: EnvoyPatch): string {
  return JSON.stringify([id.namespace, id.name, path])
}
