import {trafficKinds} from '../../reading/failing-edges.ts'
import {policyBlocks, ruleHost} from '../../reading/destination-rules.ts'
import {sampleClients} from '../../reading/clients.ts'
import {podKinds} from '../../reading/references.ts'
import {isRecord, record, text} from '../../../objects/json.ts'
import type {JsonObject} from '../../../objects/object.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'dr-credentialname-ignored-on-sidecar',
  area: 'mtls',
  severity: 'error',
  istio: '>=1.5.0',
  inputs: trafficKinds,
  needs: 'offline',
  params: {},
  equivalents: ['IST0128', 'IST0129'],
  formerIds: [],
  messages: {
    plaintext:
      'Sidecars ignore this tls block and send plaintext to {host}: credentialName works for them only beside a workloadSelector.',
  },
  why: 'A sidecar may not read Secrets by name, so istiod builds no TLS context at all for such a rule: requests that are meant to be encrypted leave in the clear. Gateways do honour it.',
  fix: 'Add a workloadSelector for the clients that may use the Secret, or mount the files and use caCertificates, clientCertificate and privateKey.',
  check(mesh, report) {
    for (const rule of mesh.objects('DestinationRule')) {
      if (isRecord(record(rule.value['spec'])['workloadSelector'])) continue
      const blocks = policyBlocks(rule).filter(({value}) => namesSecret(record(value['tls'])))
      if (blocks.length === 0) continue
      const host = ruleHost(rule)
      const service = mesh.host(host, rule.id.namespace)
      // Only where some sidecar takes the rule: a rule for gateways may live in a namespace of its own.
      const clients = sampleClients(mesh, rule.id.namespace)
      const known =
        service !== null &&
        (clients.length > 0 || mesh.workloads.length > 0 || podKinds.every(kind => mesh.complete(kind)))
      const used =
        !known ||
        clients.some(
          ({of}) => of !== null && mesh.destinationRule(of, service)?.rules.includes(rule) === true,
        )
      if (!used) continue
      for (const {path} of blocks) {
        report({
          messageId: 'plaintext',
          data: {host},
          object: rule,
          path: [...path, 'tls', 'credentialName'],
          ...(known ? {} : {certainty: 'cannot-verify' as const}),
        })
      }
    }
  },
})

function namesSecret(tls: JsonObject): boolean {
  const {mode} = tls
  const name = text(tls['credentialName']) ?? ''
  return name !== '' && !name.startsWith('configmap://') && (mode === 'SIMPLE' || mode === 'MUTUAL')
}
