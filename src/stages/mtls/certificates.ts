import {X509Certificate} from 'node:crypto'
import {record, text} from '../../objects/json.ts'
import type {KubeObject} from '../../objects/object.ts'
import {fact} from '../../mesh/fact.ts'
import type {Fact} from '../../mesh/fact.ts'
import type {Mesh} from '../../mesh/mesh.ts'

/** A certificate of a CA, as far as it is meant to be seen. Keys lie beside it in the same Secret and are never read. */
export interface CaCertificate {
  readonly subject: string
  readonly selfSigned: boolean
  /** A day. */
  readonly until: string
  /** The first bytes of its SHA-256, enough to tell it from another. */
  readonly print: string
  readonly fact: Fact
}

/** What proxies trust: istiod writes it into every namespace (namespacecontroller.go, constants.go: CACertNamespaceConfigMap). */
export function trustedRoots(mesh: Mesh): readonly CaCertificate[] {
  const maps = mesh.objects('ConfigMap').filter(({id}) => id.name === 'istio-ca-root-cert')
  const own = maps.find(({id}) => id.namespace === mesh.meshConfig.rootNamespace) ?? maps[0]
  return own === undefined ? [] : certificatesIn(own, 'root-cert.pem', value => value)
}

/** Where istiod's signing certificate lies, in either layout (ca.go: CACertFile; istio_ca.go: TLSSecretCACertFile). */
const signerFields = ['ca-cert.pem', 'tls.crt']
const rootFields = ['root-cert.pem', 'ca.crt']

/** The certificate with which istiod signs, and the roots beside it, where the Secret is in the input. */
export function certificatesOfSecret(secret: KubeObject): {
  readonly signers: readonly CaCertificate[]
  readonly roots: readonly CaCertificate[]
} {
  const of = (fields: readonly string[]): readonly CaCertificate[] =>
    fields.flatMap(field => certificatesIn(secret, field, decoded))
  return {signers: of(signerFields).slice(0, 1), roots: of(rootFields)}
}

function decoded(value: string): string {
  return Buffer.from(value, 'base64').toString('utf8')
}

function certificatesIn(
  object: KubeObject,
  field: string,
  decode: (value: string) => string,
): readonly CaCertificate[] {
  const given = text(record(object.value['data'])[field])
  const plain = text(record(object.value['stringData'])[field])
  const pem = plain ?? (given === undefined ? '' : decode(given))
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return blocks.flatMap(block => readCertificate(block, object, field))
}

function readCertificate(pem: string, object: KubeObject, field: string): readonly CaCertificate[] {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(pem)
  } catch {
    return []
  }
  const subject = certificate.subject.split('\n').join(', ')
  const until = certificate.validToDate.toISOString().slice(0, 10)
  const print = certificate.fingerprint256.replaceAll(':', '').slice(0, 16).toLowerCase()
  const selfSigned = certificate.subject === certificate.issuer
  const path = object.value['stringData'] === undefined ? ['data', field] : ['stringData', field]
  return [{subject, selfSigned, until, print, fact: fact(`${subject}, valid until ${until}`, object, path)}]
}

/** `CN=Root CA, O=Istio (sha256 0f3c…, valid until 2036-11-23)` */
export function inWords({subject, print, until}: CaCertificate): string {
  return `${subject} (sha256 ${print}…, valid until ${until})`
}

/** istiod names the root that it makes by the trust domain and nothing else (ca.go: NewSelfSignedIstioCAOptions). */
export function isMadeByIstiod({subject, selfSigned}: CaCertificate, trustDomain: string): boolean {
  return selfSigned && subject === `O=${trustDomain}`
}
