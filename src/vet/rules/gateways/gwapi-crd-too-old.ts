import coerce from 'semver/functions/coerce.js'
import lt from 'semver/functions/lt.js'
import {record, text, textMap} from '../../../objects/json.ts'
import {defineRule} from '../../rule.ts'

const bundleVersion = 'gateway.networking.k8s.io/bundle-version'

/** istio pkg/config/schema/gatewayapi/minimumversions.go */
const minimum: Readonly<Record<string, string>> = {
  'grpcroutes.gateway.networking.k8s.io': '1.1.0',
  'backendtlspolicies.gateway.networking.k8s.io': '1.4.0',
  'tlsroutes.gateway.networking.k8s.io': '1.5.0',
  'tcproutes.gateway.networking.k8s.io': '1.6.0',
}

export default defineRule({
  id: 'gwapi-crd-too-old',
  area: 'gateways',
  severity: 'warning',
  istio: '>=1.30.0',
  inputs: ['CustomResourceDefinition'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0176'],
  formerIds: [],
  messages: {
    old: 'The CRD {name} is of Gateway API {version}, and Istio reads it from {minimum} on: its objects are ignored.',
  },
  why: 'istiod does not watch a CRD that is older than what it was built for. Routes of that kind are accepted by the API server and attached to nothing.',
  fix: 'Install the Gateway API CRDs of the bundle that the release of Istio asks for.',
  check(mesh, report) {
    for (const object of mesh.objects('CustomResourceDefinition')) {
      const needed = Object.hasOwn(minimum, object.id.name) ? minimum[object.id.name] : undefined
      const annotations = textMap(record(object.value['metadata'])['annotations'])
      const installed = coerce(text(annotations[bundleVersion]) ?? '')
      if (needed === undefined || installed === null || !lt(installed, needed)) continue
      report({
        messageId: 'old',
        data: {name: object.id.name, version: installed.version, minimum: needed},
        object,
        path: ['metadata', 'annotations', bundleVersion],
      })
    }
  },
})
