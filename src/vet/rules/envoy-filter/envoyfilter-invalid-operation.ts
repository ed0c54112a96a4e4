import {envoyPatches, isReplaceable, isWholeRoute} from '../../reading/envoy-patches.ts'
import type {EnvoyPatch} from '../../reading/envoy-patches.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'envoyfilter-invalid-operation',
  area: 'envoy-filter',
  severity: 'error',
  istio: '*',
  inputs: ['EnvoyFilter'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0152', 'IST0153', 'IST0154'],
  formerIds: [],
  messages: {
    ignored: '{operation} does nothing where applyTo is {applyTo}: {instead}.',
  },
  why: 'Istio passes over an operation that it does not know for a place. The object is accepted, and the proxies are as before.',
  fix: 'Use an operation that works there, MERGE mostly, or patch another place.',
  check(mesh, report) {
    for (const filter of mesh.objects('EnvoyFilter')) {
      for (const patch of envoyPatches(filter)) {
        const instead = whyIgnored(patch)
        if (instead === null) continue
        const {operation, applyTo} = patch
        report({
          messageId: 'ignored',
          data: {operation, applyTo, instead},
          identity: ['operation', 'applyTo'],
          object: filter,
          path: [...patch.path, 'patch', 'operation'],
        })
      }
    }
  },
})

/** istio pilot/pkg/networking/core/envoyfilter: rc_patch.go, listener_patch.go, cluster_patch.go. */
function whyIgnored(patch: EnvoyPatch): string | null {
  if (patch.operation === 'REPLACE' && patch.applyTo !== '' && !isReplaceable(patch))
    return 'only filters and virtual hosts can be replaced'
  if (patch.operation === 'ADD' && isWholeRoute(patch)) return 'it can only be merged into'
  if (patch.operation === 'REMOVE' && isWholeRoute(patch)) return 'it cannot be removed'
  return null
}
