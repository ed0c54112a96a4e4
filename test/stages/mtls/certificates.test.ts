import assert from 'node:assert/strict'
import {execFileSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test from 'node:test'
import {assess, meshConfig, meshOf, namespace} from '../manifests.ts'

// Fresh ones, by OpenSSL: an own root, an intermediate that it signed, and one like that which istiod makes.
const dir = mkdtempSync(join(tmpdir(), 'meshctl-ca-'))
const openssl = (...words: readonly string[]): void =>
  void execFileSync('openssl', words, {cwd: dir, stdio: 'pipe'})
const root = (name: string, subject: string): void =>
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '3650',
    '-subj',
    subject,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.pem`,
  )
root('own', '/O=Example/CN=Root CA')
root('istiod', '/O=cluster.local')
root('other', '/O=mesh.example.com')
openssl(
  'req',
  '-newkey',
  'ec',
  '-pkeyopt',
  'ec_paramgen_curve:P-256',
  '-nodes',
  '-subj',
  '/O=Example/CN=Cluster One',
  '-keyout',
  'one.key',
  '-out',
  'one.csr',
)
openssl(
  'x509',
  '-req',
  '-in',
  'one.csr',
  '-CA',
  'own.pem',
  '-CAkey',
  'own.key',
  '-CAcreateserial',
  '-days',
  '90',
  '-out',
  'one.pem',
)
const file = (name: string): string => readFileSync(join(dir, name), 'utf8')
const pems = {
  own: file('own.pem'),
  istiod: file('istiod.pem'),
  other: file('other.pem'),
  one: file('one.pem'),
}
const key = file('one.key')
rmSync(dir, {recursive: true})

const day = (ahead: number): string => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10)
const base64 = (value: string): string => Buffer.from(value).toString('base64')
const secret = (name: string, data: Readonly<Record<string, string>>): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {name, namespace: 'istio-system'},
    data: Object.fromEntries(Object.entries(data).map(([field, value]) => [field, base64(value)])),
  })
const trusted = (pem: string, place = 'istio-system'): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {name: 'istio-ca-root-cert', namespace: place},
    data: {'root-cert.pem': pem},
  })
const shop = namespace('shop')

const told = (manifests: readonly string[]): string => {
  const {state, reasons} = assess(meshOf(manifests), 'mtls', 'mesh', {}, 'jetpack')
  const text = JSON.stringify({
    state,
    reasons: reasons.map(({facts, ...rest}) => ({...rest, said: facts.map(one => one.text)})),
  })
  assert.doesNotMatch(text, /PRIVATE KEY/)
  assert.ok(
    !text.includes(key.split('\n')[1] ?? '') && !text.includes(base64(key).slice(0, 40)),
    'no key is told',
  )
  return [state, ...reasons.map(({code, message}) => `${code}: ${message}`)].join('\n')
}

test('an own CA: the intermediate that signs and the root that is trusted, each with its last day', () => {
  const text = told([
    shop,
    secret('cacerts', {
      'ca-cert.pem': pems.one,
      'ca-key.pem': key,
      'root-cert.pem': pems.own,
      'cert-chain.pem': pems.one,
    }),
  ])
  assert.match(text, /^done\nown-ca: /)
  assert.match(
    text,
    new RegExp(
      `signing-certificate: an intermediate signs: .*CN=Cluster One \\(sha256 [0-9a-f]{16}…, valid until ${day(90)}`,
    ),
  )
  assert.match(text, new RegExp(`root-certificate: proxies trust the root: .*CN=Root CA .*${day(3650)}`))
})

test('the layout of cert-manager is read as well', () => {
  const text = told([shop, secret('cacerts', {'tls.crt': pems.one, 'tls.key': key, 'ca.crt': pems.own})])
  assert.match(text, /an intermediate signs: .*CN=Cluster One/)
})

test('of a cluster, where Secrets are not read, the root is told by what every namespace has of it', () => {
  const made = told([shop, trusted(pems.istiod)])
  assert.match(made, /^ready\nself-signed: istiod signs with a root that it made itself/)
  assert.match(made, new RegExp(`proxies trust the root: O=cluster\\.local .*${day(3650)}`))
  const own = told([shop, trusted(pems.own)])
  assert.match(own, /^done\nown-ca/)
  assert.match(own, /signing-certificate-unseen/)
})

test('the root that istiod makes is known by the trust domain of the mesh', () => {
  assert.match(told([shop, trusted(pems.other)]), /^done\nown-ca/)
  assert.match(
    told([shop, meshConfig('trustDomain: mesh.example.com'), trusted(pems.other)]),
    /^ready\nself-signed/,
  )
})

test('while one root follows another, both are told', () => {
  const text = told([shop, trusted(`${pems.istiod}${pems.own}`)])
  assert.match(text, /O=cluster\.local/)
  assert.match(text, /CN=Root CA/)
  assert.match(text, /^done\nown-ca/)
})

test('what is no certificate is no certificate', () => {
  assert.match(
    told([shop, trusted('-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----')]),
    /^unknown\nca-unknown/,
  )
  assert.match(told([shop, secret('cacerts', {'ca-cert.pem': 'no'})]), /^done\nown-ca/)
})
