import pLimit from 'p-limit'
import {record, text} from '../../objects/json.ts'
import type {JsonObject} from '../../objects/object.ts'
import {groupOf} from '../../objects/kinds.ts'
import {MeshctlError} from '../../cli/error.ts'
import type {Api} from '../../cluster/api.ts'
import {ApiError} from '../../cluster/api.ts'
import type {ChangeSet} from '../change-set.ts'
import {changesOf} from '../change-set.ts'
import {toYaml} from '../emit-yaml.ts'
import {hashJson} from '../json-equality.ts'
import {ledgerNamespace} from './ledger-store.ts'
import type {Live} from './live.ts'
import {resourceOf} from './live.ts'

export interface Permission {
  readonly verb: string
  readonly group: string
  readonly resource: string
  /** `""` for what is cluster-scoped. */
  readonly namespace: string
}

/** Also what the way back needs: a step that could not be undone must not begin. */
const verbs = {
  create: ['get', 'create', 'delete'],
  update: ['get', 'patch', 'update'],
  delete: ['get', 'delete', 'create', 'update'],
} as const

/** On the way back objects are replaced whole, and what was deleted gets its owners back by an update. */
const wayBackVerbs = {
  create: ['get', 'create', 'update'],
  update: ['get', 'update'],
  delete: ['get', 'delete'],
} as const

const ledgerVerbs = ['get', 'list', 'create', 'patch'] as const
const workloads: readonly string[] = ['Deployment', 'StatefulSet', 'DaemonSet']

/** What a change set, its record and its way back need. */
export function permissionsFor(
  live: Live,
  set: Pick<ChangeSet, 'phases'>,
  isWayBack: boolean,
): readonly Permission[] {
  const changes = changesOf({...set, notes: []})
  const ofChanges = changes.flatMap(({action, id}) => {
    const {plural, namespaced} = resourceOf(live, id)
    return (isWayBack ? wayBackVerbs : verbs)[action].map(verb => ({
      verb,
      group: groupOf(id.apiVersion),
      resource: plural,
      namespace: namespaced ? id.namespace : '',
    }))
  })
  const ledger = ledgerVerbs.map(verb => ({
    verb,
    group: '',
    resource: 'configmaps',
    namespace: ledgerNamespace,
  }))
  const secrets = changes
    .filter(({id}) => id.kind === 'Secret')
    .flatMap(({id}) =>
      ['get', 'create', 'delete'].map(verb => ({
        verb,
        group: '',
        resource: 'secrets',
        namespace: id.namespace,
      })),
    )
  const pods = changes
    .filter(({id}) => workloads.includes(id.kind))
    .map(({id}) => ({verb: 'list', group: '', resource: 'pods', namespace: id.namespace}))
  const all = [
    ...ofChanges,
    ...secrets,
    ...pods,
    ...ledger,
    {verb: 'get', group: '', resource: 'namespaces', namespace: ''},
  ]
  return [...new Map(all.map(one => [JSON.stringify(one), one])).values()]
}

/** Those of some permissions that this user does not have, by the API server's own word. */
export async function missingPermissions(
  api: Api,
  permissions: readonly Permission[],
): Promise<readonly Permission[]> {
  const limit = pLimit(8)
  const answers = await Promise.all(permissions.map(one => limit(() => isAllowed(api, one))))
  return permissions.filter((_, index) => answers[index] === false)
}

/** A resource may be part of another: `pods/log`. */
async function isAllowed(api: Api, {verb, group, resource: full, namespace}: Permission): Promise<boolean> {
  const [resource = '', subresource] = full.split('/')
  const part = subresource === undefined ? {} : {subresource}
  const resourceAttributes = {verb, group, resource, ...part, ...(namespace === '' ? {} : {namespace})}
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: {resourceAttributes},
  }
  const answer = await api.request({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: review,
  })
  return record(answer['status'])['allowed'] === true
}

/** Who this user is to the API server; `""` where it does not say. */
export async function whoAmI(api: Api): Promise<string> {
  const body = {apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview'}
  try {
    const answer = await api.request({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      body,
    })
    return text(record(record(answer['status'])['userInfo'])['username']) ?? ''
  } catch (error) {
    if (error instanceof ApiError) return ''
    throw error
  }
}

/**
 * Throws MeshctlError `forbidden`, with the roles to grant, where a change set needs more than this user may do, or
 * something else was found to be missing.
 */
export async function requireAccess(
  live: Live,
  set: Pick<ChangeSet, 'phases'>,
  isWayBack = false,
  alsoMissing: readonly Permission[] = [],
): Promise<void> {
  const needed = permissionsFor(live, set, isWayBack)
  const missing = [
    ...(await missingPermissions(live.api, needed)),
    ...alsoMissing,
    ...(await missingNamespace(live.api)),
  ]
  if (missing.length === 0) return
  const who = await whoAmI(live.api)
  const rbac = rulesToGrant(missing, who).map(toYaml).join('---\n')
  const list = missing.map(describePermission)
  throw new MeshctlError(
    'forbidden',
    `${who || 'this user'} may not do what this step needs; nothing was changed.\n  ${list.join('\n  ')}`,
    {
      try: [
        `Have an administrator apply this (kubectl apply -f -):\n${rbac}`,
        'Add --write DIR to get the change as files.',
      ],
      data: {who, missing, rbac},
    },
  )
}

/** The ledger's namespace has to be made once; where it is there already nobody needs to be able to. */
async function missingNamespace(api: Api): Promise<readonly Permission[]> {
  const exists = await api.request({path: `/api/v1/namespaces/${ledgerNamespace}`}).then(
    () => true,
    (error: unknown) => {
      if (error instanceof ApiError) return error.status !== 404
      throw error
    },
  )
  return exists
    ? []
    : missingPermissions(api, [{verb: 'create', group: '', resource: 'namespaces', namespace: ''}])
}

export function describePermission({verb, group, resource, namespace}: Permission): string {
  return `${verb} ${resource}${group === '' ? '' : `.${group}`}${namespace === '' ? '' : ` in ${namespace}`}`
}

/**
 * Roles and bindings that grant permissions to a user, one role for each namespace. What a role holds is in its name,
 * so that granting for one step never takes away what was granted for another.
 */
export function rulesToGrant(permissions: readonly Permission[], who: string): readonly JsonObject[] {
  const places = [...new Set(permissions.map(one => one.namespace))].sort()
  return places.flatMap(namespace => {
    const rules = rulesOf(permissions.filter(one => one.namespace === namespace))
    const kind = namespace === '' ? 'ClusterRole' : 'Role'
    const name = `meshctl-${hashJson({rules, who}).slice(-8)}`
    const metadata = {name, ...(namespace === '' ? {} : {namespace})}
    const apiVersion = 'rbac.authorization.k8s.io/v1'
    return [
      {apiVersion, kind, metadata, rules},
      {
        apiVersion,
        kind: `${kind}Binding`,
        metadata,
        roleRef: {apiGroup: 'rbac.authorization.k8s.io', kind, name},
        subjects: [subjectOf(who)],
      },
    ]
  })
}

function rulesOf(permissions: readonly Permission[]): readonly JsonObject[] {
  const byResource = new Map<string, readonly Permission[]>()
  for (const one of permissions)
    byResource.set(`${one.group}/${one.resource}`, [
      ...(byResource.get(`${one.group}/${one.resource}`) ?? []),
      one,
    ])
  return [...byResource.values()].flatMap(all => {
    const [first] = all
    return first === undefined
      ? []
      : [{apiGroups: [first.group], resources: [first.resource], verbs: all.map(one => one.verb)}]
  })
}

function subjectOf(who: string): JsonObject {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):(.+)$/.exec(who) ?? []
  if (namespace !== undefined && name !== undefined) return {kind: 'ServiceAccount', namespace, name}
  return {apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: who}
}
