import {connect} from '../../src/cluster/connect.ts'
import {openApi} from '../../src/cluster/api.ts'
import {discover} from '../../src/cluster/discover.ts'
import type {Change, ChangeSet} from '../../src/changes/change-set.ts'
import type {StepFacts} from '../../src/changes/live/apply.ts'
import {getObject} from '../../src/changes/live/live.ts'
import type {Live} from '../../src/changes/live/live.ts'
import {idOf} from '../../src/objects/identity.ts'
import {record} from '../../src/objects/json.ts'
import type {JsonObject, KubeObject, ObjectId} from '../../src/objects/object.ts'

/** The cluster of a kubeconfig, as a flow would open it. */
export async function openLive(kubeconfig: string): Promise<Live> {
  const api = openApi(await connect({kubeconfig}))
  return {api, resources: await discover(api)}
}

export function dr(namespace: string, name: string, spec: JsonObject, labels: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: {name, namespace, labels},
    spec,
  }
}

export function deployment(namespace: string, name: string): JsonObject {
  const labels = {app: name}
  const container = {
    name: 'app',
    image: 'app:1',
    env: [
      {name: 'A', value: '1'},
      {name: 'B', value: '2'},
    ],
    ports: [{containerPort: 80}],
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {name, namespace, labels},
    spec: {
      replicas: 2,
      selector: {matchLabels: labels},
      template: {metadata: {labels}, spec: {containers: [container]}},
    },
  }
}

export function strict(namespace: string, name: string): JsonObject {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    metadata: {name, namespace},
    spec: {mtls: {mode: 'STRICT'}},
  }
}

export function secret(namespace: string, name: string, value: string): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {name, namespace},
    type: 'Opaque',
    data: {key: Buffer.from(value).toString('base64')},
  }
}

export function idIn(value: JsonObject): ObjectId {
  const id = idOf(value)
  if (id === undefined) throw new Error('no identity')
  return id
}

export async function seen(live: Live, value: JsonObject): Promise<KubeObject> {
  const id = idIn(value)
  const found = await getObject(live, id)
  if (found === null) throw new Error(`there is no ${id.kind} ${id.name}`)
  return {id, value: found, source: null}
}

export function create(after: JsonObject): Change {
  return {action: 'create', id: idIn(after), after, reason: 'a test wants it'}
}

export function update(before: KubeObject, edit: (value: JsonObject) => JsonObject): Change {
  return {action: 'update', id: before.id, before, after: edit(before.value), reason: 'a test wants it'}
}

export function remove(before: KubeObject): Change {
  return {action: 'delete', id: before.id, before, reason: 'a test wants it'}
}

export function set(...phases: readonly (readonly Change[])[]): ChangeSet {
  return {phases: phases.map((changes, index) => ({title: `phase ${index + 1}`, changes})), notes: []}
}

export function withLabel(key: string, value: string): (object: JsonObject) => JsonObject {
  return object => ({
    ...object,
    metadata: {
      ...record(object['metadata']),
      labels: {...record(record(object['metadata'])['labels']), [key]: value},
    },
  })
}

export function withPodLabel(key: string, value: string): (object: JsonObject) => JsonObject {
  return object => {
    const spec = record(object['spec'])
    const template = record(spec['template'])
    return {...object, spec: {...spec, template: withLabel(key, value)(template)}}
  }
}

export const facts: StepFacts = {
  command: 'meshctl adopt mtls --stage walk',
  capability: 'mtls',
  stage: 'walk',
  answers: {},
}

/** Applied by people: what kubectl apply and others leave behind, in a namespace of its own. */
export function scene(namespace: string): JsonObject[] {
  return [
    {apiVersion: 'v1', kind: 'Namespace', metadata: {name: namespace}},
    dr(
      namespace,
      'cart',
      {host: 'cart', trafficPolicy: {tls: {mode: 'DISABLE'}}},
      {'app.kubernetes.io/name': 'cart'},
    ),
    dr(namespace, 'old', {host: 'old'}),
    deployment(namespace, 'cart'),
    secret(namespace, 'keys', 'very secret'),
  ]
}

/** A step of every kind of change, in two phases; no workload, as nothing rolls one out. */
export async function crashSet(live: Live, namespace: string): Promise<ChangeSet> {
  const [, cart, old, , keys] = scene(namespace)
  const [cartNow, oldNow, keysNow] = await Promise.all([cart, old, keys].map(one => seen(live, one ?? {})))
  if (cartNow === undefined || oldNow === undefined || keysNow === undefined)
    throw new Error('the scene is not there')
  const changedSecret = update(keysNow, value => ({
    ...value,
    data: {...record(value['data']), more: 'bW9yZQ=='},
  }))
  return set(
    [update(cartNow, withLabel('new', 'yes')), changedSecret],
    [create(strict(namespace, 'default')), remove(oldNow)],
  )
}
