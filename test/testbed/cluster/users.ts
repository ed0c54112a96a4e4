import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {userTools} from './kubectl.ts'
import type {UserTools} from './kubectl.ts'
import {manifestText} from './manifest.ts'

/** A rule as a Role of Kubernetes has it. */
export interface Permission {
  apiGroups: string[]
  resources: string[]
  verbs: string[]
}

export interface UserOptions {
  name: string
  /** All that the user may do, such as `seeEverything`. */
  rules: Permission[]
  /** Where; everywhere unless told. */
  namespace?: string
}

/** No writing, and so neither exec nor port-forward, which are writing to Kubernetes. */
export const seeEverything: Permission = {apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch']}

export const forwardPorts: Permission = {
  apiGroups: [''],
  resources: ['pods/portforward'],
  verbs: ['create', 'get'],
}

const home = 'testbed-users'

/**
 * Makes a service account that may do this and nothing else, and gives the tools as it would use them; its
 * kubeconfig is in the folder given.
 */
export async function createUser(
  {kubectl, commands}: UserTools,
  user: UserOptions,
  folder: string,
): Promise<UserTools> {
  await kubectl(['apply', '-f', '-'], {input: manifestText(objectsOf(user))})
  const token = await kubectl(['create', 'token', user.name, '-n', home, '--duration=24h'])
  const ours = JSON.parse(await kubectl(['config', 'view', '--raw', '-o', 'json'])) as {
    contexts: {name: string; context: {cluster: string}}[]
  }
  const contexts = ours.contexts.map(({name, context}) => ({name, context: {...context, user: user.name}}))
  const kubeconfig = join(folder, `kubeconfig-${user.name}`)
  const theirs = {...ours, users: [{name: user.name, user: {token}}], contexts}
  await writeFile(kubeconfig, JSON.stringify(theirs, null, 2), {mode: 0o600})
  return userTools(commands, kubeconfig)
}

function objectsOf({name, rules, namespace}: UserOptions): object[] {
  const scope = namespace === undefined ? 'Cluster' : ''
  const metadata = {name: `testbed-${name}`, ...(namespace === undefined ? {} : {namespace})}
  const apiVersion = 'rbac.authorization.k8s.io/v1'
  return [
    {apiVersion: 'v1', kind: 'Namespace', metadata: {name: home}},
    {apiVersion: 'v1', kind: 'ServiceAccount', metadata: {name, namespace: home}},
    {apiVersion, kind: `${scope}Role`, metadata, rules},
    {
      apiVersion,
      kind: `${scope}RoleBinding`,
      metadata,
      roleRef: {apiGroup: 'rbac.authorization.k8s.io', kind: `${scope}Role`, name: metadata.name},
      subjects: [{kind: 'ServiceAccount', name, namespace: home}],
    },
  ]
}
