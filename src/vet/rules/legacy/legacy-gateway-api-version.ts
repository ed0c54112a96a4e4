import {setting} from '../../edits.ts'
import {defineRule} from '../../rule.ts'

const group = 'gateway.networking.k8s.io'

/** Kinds of the Gateway API that are stable, each with the release of its CRDs that brought v1. */
const stable: Readonly<Record<string, string>> = {
  GatewayClass: '1.0',
  Gateway: '1.0',
  HTTPRoute: '1.0',
  GRPCRoute: '1.1',
  BackendTLSPolicy: '1.4',
}

export default defineRule({
  id: 'legacy-gateway-api-version',
  area: 'legacy',
  severity: 'info',
  istio: '>=1.22.0',
  inputs: Object.keys(stable),
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    old: '{kind} is stable as v1 since Gateway API {since}; this is {version}.',
  },
  why: 'Alpha and beta versions are no longer served by newer Gateway API CRDs: with them the object can neither be applied nor changed.',
  fix: 'Write gateway.networking.k8s.io/v1.',
  check(mesh, report) {
    for (const [kind, since] of Object.entries(stable)) {
      for (const object of mesh.objects(kind)) {
        const [own, version = ''] = object.id.apiVersion.split('/')
        if (own !== group || !/^v1(alpha|beta)\d+$/.test(version)) continue
        const changes = [setting(object, ['apiVersion'], `${group}/v1`, `${kind} is stable as v1`)]
        report({
          messageId: 'old',
          data: {kind, since, version},
          object,
          path: ['apiVersion'],
          // v1alpha2 had other fields.
          fix: {kind: version === 'v1beta1' ? 'unsafe' : 'hint', description: `Write ${group}/v1.`, changes},
        })
      }
    }
  },
})
