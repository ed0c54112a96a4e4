import {generateKeyPairSync, randomBytes} from 'node:crypto'
import {mkdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {run} from '../run.ts'
import type {Addresses} from './addresses.ts'

/** The files by which the parts of a cluster trust each other, and the administrator's token. */
export interface Credentials {
  authority: string
  authorityPem: string
  serverKey: string
  serverCertificate: string
  serviceAccountKey: string
  serviceAccountPublicKey: string
  tokens: string
  adminToken: string
}

/** Makes an authority, the API server's certificate, keys for service accounts and the admin's token. */
export async function createCredentials(directory: string, addresses: Addresses): Promise<Credentials> {
  await mkdir(directory, {recursive: true, mode: 0o700})
  const file = (name: string) => join(directory, name)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '365']
  await run([
    ...['openssl', 'req', '-x509', ...key, '-subj', '/CN=testbed-authority'],
    ...['-keyout', file('ca.key'), '-out', file('ca.crt')],
  ])
  await run([
    ...['openssl', 'req', '-x509', ...key, '-subj', '/CN=kube-apiserver'],
    ...['-CA', file('ca.crt'), '-CAkey', file('ca.key')],
    ...['-addext', `subjectAltName=${serverNames(addresses).join(',')}`],
    ...['-addext', 'basicConstraints=critical,CA:FALSE'],
    ...['-keyout', file('server.key'), '-out', file('server.crt')],
  ])
  const {privateKey, publicKey} = generateKeyPairSync('rsa', {modulusLength: 2048})
  await writeFile(file('sa.key'), privateKey.export({type: 'pkcs1', format: 'pem'}), {mode: 0o600})
  await writeFile(file('sa.pub'), publicKey.export({type: 'spki', format: 'pem'}))
  const adminToken = randomBytes(16).toString('hex')
  await writeFile(file('tokens.csv'), `${adminToken},admin,admin,system:masters\n`, {mode: 0o600})
  return {
    authority: file('ca.crt'),
    authorityPem: await readFile(file('ca.crt'), 'utf8'),
    serverKey: file('server.key'),
    serverCertificate: file('server.crt'),
    serviceAccountKey: file('sa.key'),
    serviceAccountPublicKey: file('sa.pub'),
    tokens: file('tokens.csv'),
    adminToken,
  }
}

function serverNames({node, kubernetesService}: Addresses): string[] {
  const names = ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc']
  const addresses = ['127.0.0.1', node, kubernetesService]
  return [...names.map(name => `DNS:${name}`), ...addresses.map(address => `IP:${address}`)]
}
