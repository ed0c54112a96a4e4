import {writeFile} from 'node:fs/promises'
import {stringify} from 'yaml'
import type {Credentials} from './certificates.ts'

export interface KubeconfigTarget {
  file: string
  cluster: string
  server: string
  user: string
  token: string
}

/** Writes a kubeconfig of one context, named as the cluster. */
export async function writeKubeconfig(target: KubeconfigTarget, credentials: Credentials): Promise<void> {
  const {file, cluster, server, user, token} = target
  const authority = Buffer.from(credentials.authorityPem).toString('base64')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{name: cluster, cluster: {server, 'certificate-authority-data': authority}}],
    users: [{name: user, user: {token}}],
    contexts: [{name: cluster, context: {cluster, user}}],
    'current-context': cluster,
  }
  await writeFile(file, stringify(config), {mode: 0o600})
}
