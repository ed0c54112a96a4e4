import {groupOf} from '../../../objects/kinds.ts'
import {defineRule} from '../../rule.ts'

/** What became of the kinds of Mixer and of Istio before 1.0. */
const replacements: Readonly<Record<string, string>> = {
  RouteRule: 'VirtualService',
  DestinationPolicy: 'DestinationRule',
  EgressRule: 'ServiceEntry',
  rule: 'Telemetry, or an AuthorizationPolicy',
  handler: 'meshConfig.extensionProviders',
  instance: 'Telemetry',
  QuotaSpec: 'a rate limit by EnvoyFilter',
  QuotaSpecBinding: 'a rate limit by EnvoyFilter',
}

export default defineRule({
  id: 'legacy-mixer',
  area: 'legacy',
  severity: 'error',
  istio: '>=1.8.0',
  inputs: [],
  needs: 'offline',
  params: {},
  equivalents: ['IST0002'],
  formerIds: [],
  messages: {
    replaced:
      '{kind} of config.istio.io was removed with Mixer: nothing reads it. Today it is {replacement}.',
    removed: '{kind} of config.istio.io was removed with Mixer: nothing reads it.',
  },
  why: 'Mixer left Istio in 1.8. Its policies, quotas and telemetry are not in force, and no component says so.',
  fix: 'Delete the object, and write what it was to do with the kinds of today.',
  check(mesh, report) {
    for (const object of mesh.objects()) {
      const {apiVersion, kind} = object.id
      if (!apiVersion.startsWith('config.istio.io/') || groupOf(apiVersion) !== 'config.istio.io') continue
      const replacement = Object.hasOwn(replacements, kind) ? replacements[kind] : undefined
      report({
        messageId: replacement === undefined ? 'removed' : 'replaced',
        data: {kind, replacement: replacement ?? ''},
        object,
        path: ['apiVersion'],
      })
    }
  },
})
