import {X509Certificate} from 'node:crypto'
import {fact} from '../../../mesh/fact.ts'
import {record, text} from '../../../objects/json.ts'
import type {KubeObject} from '../../../objects/object.ts'
import {gatewaySecretRefs, secretAt} from '../../reading/gateway-secrets.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'gateway-secret-invalid',
  area: 'gateways',
  severity: 'error',
  istio: '*',
  inputs: ['Gateway', 'Secret'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0161'],
  formerIds: [],
  messages: {
    keys: 'Secret {secret} has no certificate with its key: neither tls.crt and tls.key nor cert and key.',
    unreadable: 'The certificate in Secret {secret} cannot be read: it is no PEM of a certificate.',
    expired: 'The certificate in Secret {secret} is not valid now: it holds from {from} to {to}.',
  },
  why: 'A server of a Gateway whose certificate is missing, broken or expired serves nobody: connections are reset, or clients refuse them.',
  fix: 'Renew the Secret with a valid certificate and its key.',
  check(mesh, report) {
    for (const {gateway, name, namespace, path} of gatewaySecretRefs(mesh)) {
      const secret = secretAt(mesh, namespace, name)
      const wrong = secret === null ? null : faultOf(secret, mesh.now)
      if (secret === null || wrong === null) continue
      report({
        ...wrong,
        data: {secret: `${namespace}/${name}`, ...wrong.data},
        identity: ['secret'],
        object: gateway,
        path,
        related: [fact(`Secret ${namespace}/${name}`, secret, ['metadata', 'name'])],
      })
    }
  },
})

interface Fault {
  readonly messageId: 'keys' | 'unreadable' | 'expired'
  readonly data?: {readonly from: string; readonly to: string}
}

/** istio pilot/pkg/credentials/kube/secrets.go ExtractCertInfo and pilot/pkg/xds/sds.go ValidateCertificate. */
function faultOf(secret: KubeObject, now: number | null): Fault | null {
  const values = valuesOf(secret)
  // One whose content was left out says nothing.
  if (values.size === 0) return null
  const pair = [
    ['cert', 'key'],
    ['tls.crt', 'tls.key'],
  ].find(keys => keys.every(key => (values.get(key) ?? '') !== ''))
  if (pair === undefined) return {messageId: 'keys'}
  const certificate = parsed(values.get(pair[0] ?? '') ?? '')
  if (certificate === null) return {messageId: 'unreadable'}
  const {validFromDate, validToDate} = certificate
  if (now === null) return null
  if (validFromDate.getTime() <= now && now <= validToDate.getTime()) return null
  return {messageId: 'expired', data: {from: day(validFromDate), to: day(validToDate)}}
}

function valuesOf({value}: KubeObject): ReadonlyMap<string, string> {
  const decoded = Object.entries(record(value['data'])).map(
    ([key, item]) => [key, Buffer.from(text(item) ?? '', 'base64').toString('utf8')] as const,
  )
  const plain = Object.entries(record(value['stringData'])).map(
    ([key, item]) => [key, text(item) ?? ''] as const,
  )
  return new Map([...decoded, ...plain])
}

function parsed(pem: string): X509Certificate | null {
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) return null
  try {
    return new X509Certificate(pem)
  } catch {
    return null
  }
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10)
}
