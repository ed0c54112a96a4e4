import {fact} from '../../../mesh/fact.ts'
import {
  gatewaySecretRefs,
  secretAt,
  secretMakers,
  secretsNamed,
  willBeMade,
} from '../../reading/gateway-secrets.ts'
import {absence} from '../../reading/references.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'gateway-secret-missing',
  area: 'gateways',
  severity: 'error',
  istio: '*',
  inputs: ['Gateway', 'Secret', ...secretMakers],
  needs: 'offline',
  params: {},
  equivalents: ['IST0101'],
  formerIds: [],
  messages: {
    missing: 'There is no Secret {name} in namespace {namespace}, where the proxies of this Gateway run.',
    elsewhere:
      'There is no Secret {name} in namespace {namespace}, where the proxies of this Gateway run; the one in {other} is not looked at.',
  },
  why: 'Without its certificate a server of a Gateway opens no TLS: callers get a reset connection, and the proxy waits for the Secret.',
  fix: 'Make the Secret in the namespace of the gateway pods, whatever namespace the Gateway object is in.',
  check(mesh, report) {
    const certainty = absence(mesh, ['Secret'])
    for (const {gateway, name, namespace, path} of gatewaySecretRefs(mesh)) {
      if (secretAt(mesh, namespace, name) !== null || willBeMade(mesh, namespace, name)) continue
      const [other] = secretsNamed(mesh, name)
      report({
        messageId: other === undefined ? 'missing' : 'elsewhere',
        data: {name, namespace, other: other?.id.namespace ?? ''},
        identity: ['name', 'namespace'],
        object: gateway,
        path,
        // One in a wrong namespace is more than a guess.
        ...(other === undefined || certainty === 'certain' ? {certainty} : {severity: 'warning' as const}),
        related: other === undefined ? [] : [fact(`Secret ${name}`, other, ['metadata', 'namespace'])],
      })
    }
  },
})
