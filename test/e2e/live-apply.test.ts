import assert from 'node:assert/strict'
import {after, before, describe, it} from 'node:test'
import {stringify} from 'yaml'
import {applyChangeSet, applyRollback, checkChangeSet, closeEntry} from '../../src/changes/live/apply.ts'
import type {Applied, ApplyOptions} from '../../src/changes/live/apply.ts'
import {withSecrets} from '../../src/changes/live/before-image.ts'
import type {Change} from '../../src/changes/change-set.ts'
import {findEntry, listEntries} from '../../src/changes/live/ledger-store.ts'
import type {StoredEntry} from '../../src/changes/live/ledger-store.ts'
import type {Live} from '../../src/changes/live/live.ts'
import {getObject} from '../../src/changes/live/live.ts'
import {liveObjectsOf, planResume} from '../../src/changes/live/resume.ts'
import {planRollback, restingOn} from '../../src/changes/live/rollback.ts'
import {MeshctlError} from '../../src/cli/error.ts'
import {at, record} from '../../src/objects/json.ts'
import type {JsonObject} from '../../src/objects/object.ts'
import type {ApiOnly} from '../testbed/cluster/api-only.ts'
import {startApiOnly} from '../testbed/cluster/api-only.ts'
import {needsTestbed} from '../testbed/machine.ts'
import {
  create,
  dr,
  facts,
  idIn,
  openLive,
  remove,
  scene,
  secret,
  seen,
  set,
  strict,
  update,
  withLabel,
  withPodLabel,
} from './live-cluster.ts'

// No controller runs here: nothing may wait for a rollout for long.
const quick: ApplyOptions = {timeoutMs: 0}

describe('changes to a real API server', {...needsTestbed(), timeout: 300_000}, () => {
  let cluster: ApiOnly
  let live: Live
  let reader: Live
  let count = 0

  before(async () => {
    cluster = await startApiOnly({name: 'live-apply', users: ['reader']})
    live = await openLive(cluster.kubeconfig)
    reader = await openLive(cluster.kubeconfigOf('reader'))
  })
  after(() => cluster?.stop())

  async function freshScene(): Promise<string> {
    const namespace = `shop-${(count += 1)}`
    await cluster.tools.kubectl(['apply', '-f', '-'], {
      input: scene(namespace)
        .map(one => stringify(one))
        .join('---\n'),
    })
    return namespace
  }

  async function applied(changes: readonly Change[], options: ApplyOptions = quick): Promise<StoredEntry> {
    const result = await applyChangeSet(live, set(changes), facts, options)
    return stored(result)
  }

  function stored(result: Applied): StoredEntry {
    assert.equal(result.kind, 'applied', JSON.stringify(result, null, 1))
    if (result.kind !== 'applied') throw new Error()
    return result.stored
  }

  async function rolledBack(id: string, overwriteLater = false): Promise<StoredEntry> {
    const {entry} = await findEntry(live.api, id)
    const plan = planRollback(await withSecrets(live.api, entry), await liveObjectsOf(live, entry), {
      overwriteLater,
    })
    if (plan.kind !== 'plan') throw new Error(JSON.stringify(plan))
    return stored(await applyRollback(live, plan.set, {...facts, rollsBack: id}, quick))
  }

  /** All that counts of an object: its content and who owns it. */
  async function image(value: JsonObject): Promise<JsonObject | null> {
    const found = await getObject(live, idIn(value))
    if (found === null) return null
    const {
      uid: _uid,
      resourceVersion: _version,
      generation: _generation,
      creationTimestamp: _created,
      ...metadata
    } = record(found['metadata'])
    const {status: _status, ...rest} = found
    return {...rest, metadata}
  }

  it('applies only the fields that change, and gives all back, with their owners, by rollback', async () => {
    const namespace = await freshScene()
    const [, cart, old, , keys] = scene(namespace)
    const fresh = strict(namespace, 'default')
    const images = await Promise.all([cart!, old!, keys!, fresh].map(image))
    const entry = await applied([
      update(await seen(live, cart!), withLabel('new.example.com/label', 'yes')),
      remove(await seen(live, old!)),
      update(await seen(live, keys!), value => ({
        ...value,
        data: {...record(value['data']), more: 'bW9yZQ=='},
      })),
      create(fresh),
    ])
    const now = await seen(live, cart!)
    assert.equal(at(now.value, ['metadata', 'labels', 'new.example.com/label']), 'yes')
    const mine = (at(now.value, ['metadata', 'managedFields']) as JsonObject[]).filter(
      one => one['manager'] === 'meshctl',
    )
    assert.deepEqual(
      mine.map(one => one['fieldsV1']),
      [{'f:metadata': {'f:labels': {'f:new.example.com/label': {}}}}],
    )
    assert.equal(await getObject(live, idIn(old!)), null)
    assert.ok(await getObject(live, idIn(fresh)))

    const dump = await cluster.tools.kubectl(['get', 'configmaps', '-n', 'meshctl-system', '-o', 'json'])
    assert.ok(!dump.includes('very secret') && !dump.includes(Buffer.from('very secret').toString('base64')))

    const rollback = await rolledBack(entry.entry.id)
    assert.equal(rollback.entry.state, 'verified')
    assert.equal((await findEntry(live.api, entry.entry.id)).entry.state, 'rolled-back')
    assert.deepEqual(await Promise.all([cart!, old!, keys!, fresh].map(image)), images)
  })

  it('keeps what an earlier step applied to the same object, and takes away only its own', async () => {
    const namespace = await freshScene()
    const [, cart] = scene(namespace)
    const first = await image(cart!)
    const one = await applied([update(await seen(live, cart!), withLabel('one', '1'))])
    const second = await image(cart!)
    const two = await applied([update(await seen(live, cart!), withLabel('two', '2'))])
    const labels = async (): Promise<unknown> => at((await seen(live, cart!)).value, ['metadata', 'labels'])
    assert.deepEqual(await labels(), {'app.kubernetes.io/name': 'cart', one: '1', two: '2'})
    assert.deepEqual(
      restingOn(one.entry, [one.entry, two.entry]).map(({id, why}) => [id, why]),
      [[two.entry.id, 'same-objects']],
    )

    await applied([
      update(await seen(live, cart!), value => ({
        ...value,
        metadata: {...record(value['metadata']), labels: {'app.kubernetes.io/name': 'cart', two: '2'}},
      })),
    ])
    assert.deepEqual(await labels(), {'app.kubernetes.io/name': 'cart', two: '2'})

    // The step after `two` has changed the object: not without being told, and then all of it.
    const {entry} = await findEntry(live.api, two.entry.id)
    const refused = planRollback(entry, await liveObjectsOf(live, entry))
    assert.equal(refused.kind, 'changed-later')
    await rolledBack(two.entry.id, true)
    assert.deepEqual(await image(cart!), second)
    await rolledBack(one.entry.id)
    assert.deepEqual(await image(cart!), first)
  })

  it('lists who owns the fields that it may not take, and takes them when told to', async () => {
    const namespace = await freshScene()
    const [, cart, , app] = scene(namespace)
    const before = await Promise.all([cart!, app!].map(image))
    const changes = [
      update(await seen(live, cart!), value =>
        withLabel('app.kubernetes.io/name', 'other')({...value, spec: {host: 'cart'}}),
      ),
      update(await seen(live, app!), withPodLabel('app.kubernetes.io/x', 'new')),
    ]
    const refusal = await applyChangeSet(live, set(changes), facts, quick).catch((error: unknown) => error)
    assert.ok(refusal instanceof MeshctlError)
    assert.equal(refusal.code, 'refused')
    assert.match(
      refusal.message,
      /DestinationRule shop-\d+\/cart spec\.trafficPolicy: kubectl-client-side-apply has \{"tls":\{"mode":"DISABLE"\}\}, this step takes it away/,
    )
    assert.match(
      refusal.message,
      /metadata\.labels\["app\.kubernetes\.io\/name"\]: kubectl-client-side-apply has "cart", this step wants "other"/,
    )
    assert.deepEqual(await Promise.all([cart!, app!].map(image)), before, 'nothing was changed')

    const changed = update(await seen(live, cart!), value => ({
      ...value,
      spec: {host: 'cart', trafficPolicy: {tls: {mode: 'ISTIO_MUTUAL'}}},
    }))
    await assert.rejects(
      applyChangeSet(live, set([changed]), facts, quick),
      /spec\.trafficPolicy\.tls\.mode: kubectl-client-side-apply has "DISABLE", this step wants "ISTIO_MUTUAL"/,
    )

    const forced = await applied([changes[0]!], {...quick, forceConflicts: true})
    assert.deepEqual((await seen(live, cart!)).value['spec'], {host: 'cart'})
    await rolledBack(forced.entry.id)
    assert.deepEqual(await Promise.all([cart!, app!].map(image)), before)
  })

  it('edits one item of a list that is merged by key, and removes one', async () => {
    const namespace = await freshScene()
    const [, , , app] = scene(namespace)
    const env = (value: JsonObject): unknown =>
      at(value, ['spec', 'template', 'spec', 'containers', 0, 'env'])
    const withEnv =
      (list: JsonObject[]) =>
      (value: JsonObject): JsonObject => {
        const copy = structuredClone(value) as {spec: {template: {spec: {containers: {env: JsonObject[]}[]}}}}
        copy.spec.template.spec.containers[0]!.env = list
        return copy
      }
    const options: ApplyOptions = {...quick, forceConflicts: true}
    const before = await image(app!)
    const result = await applyChangeSet(
      live,
      set([
        update(
          await seen(live, app!),
          withEnv([
            {name: 'A', value: 'changed'},
            {name: 'B', value: '2'},
            {name: 'C', value: '3'},
          ]),
        ),
      ]),
      facts,
      options,
    )
    assert.equal(result.kind, 'not-settled', 'no controller rolls it out')
    assert.match(
      result.kind === 'not-settled' ? result.waitingFor.join() : '',
      /Deployment shop-\d+\/cart: its controller has not seen the change yet/,
    )
    assert.deepEqual(env((await seen(live, app!)).value), [
      {name: 'A', value: 'changed'},
      {name: 'B', value: '2'},
      {name: 'C', value: '3'},
    ])
    await applyChangeSet(
      live,
      set([update(await seen(live, app!), withEnv([{name: 'C', value: '3'}]))]),
      facts,
      options,
    )
    assert.deepEqual(env((await seen(live, app!)).value), [{name: 'C', value: '3'}])
    const {entries} = await listEntries(live.api)
    for (const {entry} of entries.slice(-2).toReversed()) {
      const plan = planRollback(entry, await liveObjectsOf(live, entry))
      assert.equal(plan.kind, 'plan', JSON.stringify(plan))
      if (plan.kind === 'plan') await applyRollback(live, plan.set, {...facts, rollsBack: entry.id}, quick)
    }
    assert.deepEqual(await image(app!), before)
  })

  it('notices before the first change that an object changed since the plan, and says which', async () => {
    const namespace = await freshScene()
    const [, cart, old] = scene(namespace)
    const changes = [
      create(strict(namespace, 'mine')),
      update(await seen(live, cart!), withLabel('a', 'b')),
      remove(await seen(live, old!)),
    ]
    await cluster.tools.kubectl([
      'patch',
      'dr',
      'cart',
      '-n',
      namespace,
      '--type=merge',
      '-p',
      '{"spec":{"host":"elsewhere"}}',
    ])
    await cluster.tools.kubectl(['delete', 'dr', 'old', '-n', namespace])
    await cluster.tools.kubectl(['apply', '-f', '-'], {input: stringify(dr(namespace, 'old', {host: 'old'}))})
    const result = await applyChangeSet(live, set(changes), facts, quick)
    assert.deepEqual(result, {
      kind: 'changed-meanwhile',
      stored: null,
      objects: [
        {object: idIn(cart!), because: 'changed'},
        {object: idIn(old!), because: 'changed'},
      ],
    })
    assert.equal(await getObject(live, idIn(strict(namespace, 'mine'))), null)
  })

  it('does not mind what only controllers keep', async () => {
    const namespace = await freshScene()
    const [, , , app] = scene(namespace)
    const change = update(await seen(live, app!), withLabel('a', 'b'))
    await cluster.tools.kubectl(['scale', 'deployment', 'cart', '-n', namespace, '--replicas=5'])
    await cluster.tools.kubectl([
      'annotate',
      'deployment',
      'cart',
      '-n',
      namespace,
      'deployment.kubernetes.io/revision=7',
    ])
    const result = await applyChangeSet(live, set([change]), facts, quick)
    assert.equal(result.kind, 'not-settled')
    const now = (await seen(live, app!)).value
    assert.equal(at(now, ['spec', 'replicas']), 5)
    assert.equal(at(now, ['metadata', 'labels', 'a']), 'b')
  })

  /** The same cluster, where somebody does something just before meshctl's first change to a kind of object. */
  function meanwhile(plural: string, act: () => Promise<unknown>): Live {
    let happened = false
    const request: Live['api']['request'] = async asked => {
      if (
        !happened &&
        (asked.method ?? 'GET') !== 'GET' &&
        asked.query?.['dryRun'] === undefined &&
        asked.path.includes(`/${plural}/`)
      ) {
        happened = true
        await act()
      }
      return live.api.request(asked)
    }
    return {...live, api: {...live.api, request}}
  }

  it('tries again where somebody writes to the object at the same moment', async () => {
    const namespace = await freshScene()
    const [, , , app] = scene(namespace)
    const busy = meanwhile('deployments', () =>
      cluster.tools.kubectl(['scale', 'deployment', 'cart', '-n', namespace, '--replicas=5']),
    )
    const result = await applyChangeSet(
      busy,
      set([update(await seen(live, app!), withLabel('a', 'b'))]),
      facts,
      quick,
    )
    assert.equal(result.kind, 'not-settled', 'made, and not rolled out')
    const now = (await seen(live, app!)).value
    assert.deepEqual([at(now, ['spec', 'replicas']), at(now, ['metadata', 'labels', 'a'])], [5, 'b'])
  })

  it('does not write over what somebody changes at the same moment, and goes back', async () => {
    const namespace = await freshScene()
    const [, cart] = scene(namespace)
    const patch = [
      'patch',
      'dr',
      'cart',
      '-n',
      namespace,
      '--type=merge',
      '-p',
      '{"spec":{"trafficPolicy":{"tls":{"mode":"SIMPLE"}}}}',
      '--field-manager=someone',
    ]
    const busy = meanwhile('destinationrules', () => cluster.tools.kubectl(patch))
    const change = update(await seen(live, cart!), value => ({
      ...value,
      spec: {host: 'cart', trafficPolicy: {tls: {mode: 'ISTIO_MUTUAL'}}},
    }))
    const result = await applyChangeSet(busy, set([create(strict(namespace, 'default')), change]), facts, {
      ...quick,
      forceConflicts: true,
    })
    assert.equal(result.kind, 'changed-meanwhile')
    if (result.kind !== 'changed-meanwhile' || result.stored === null) return assert.fail('an entry is open')
    assert.deepEqual(result.objects, [{object: idIn(cart!), because: 'changed'}])
    assert.equal(at((await seen(live, cart!)).value, ['spec', 'trafficPolicy', 'tls', 'mode']), 'SIMPLE')

    const {entry} = await findEntry(live.api, result.stored.entry.id)
    const resume = planResume(entry, await liveObjectsOf(live, entry))
    assert.match(resume.obstacles.join(), /cart is neither as it was nor as this step makes it/)
    // The change to cart was never made, so that the way back has nothing to do with it.
    assert.equal(resume.wayBack.kind, 'plan')
    await rolledBack(entry.id)
    assert.equal(await getObject(live, idIn(strict(namespace, 'default'))), null)
    assert.equal(at((await seen(live, cart!)).value, ['spec', 'trafficPolicy', 'tls', 'mode']), 'SIMPLE')
  })

  it('finds what the server would refuse in any change before it makes the first', async () => {
    const namespace = await freshScene()
    const wrong = {...strict(namespace, 'wrong'), spec: {mtls: {mode: 'STRICTEST'}}}
    const unknown = {...strict(namespace, 'unknown'), spec: {mtsl: {mode: 'STRICT'}}}
    const refusal = await applyChangeSet(
      live,
      set([create(strict(namespace, 'good')), create(wrong), create(unknown)]),
      facts,
      quick,
    ).catch((error: unknown) => error)
    assert.ok(refusal instanceof MeshctlError && refusal.exitCode === 5)
    assert.match(refusal.message, /PeerAuthentication shop-\d+\/wrong: .*STRICTEST/)
    assert.match(refusal.message, /PeerAuthentication shop-\d+\/unknown: .*unknown field "spec\.mtsl"/)
    assert.doesNotMatch(refusal.message, /\/good:/)
    await assert.rejects(checkChangeSet(live, set([create(wrong)])), /STRICTEST/)
    assert.deepEqual(await checkChangeSet(live, set([create(strict(namespace, 'good'))])), [])
    assert.equal(await getObject(live, idIn(strict(namespace, 'good'))), null)
  })

  it('makes a namespace and what is in it in one phase', async () => {
    const namespace = {apiVersion: 'v1', kind: 'Namespace', metadata: {name: 'brand-new'}}
    const {entry} = await applied([create(namespace), create(strict('brand-new', 'default'))])
    assert.equal(entry.state, 'applied')
    assert.ok(await getObject(live, idIn(strict('brand-new', 'default'))))
  })

  it('leaves objects of Helm, Argo CD and Flux alone', async () => {
    const namespace = await freshScene()
    const [, cart] = scene(namespace)
    await cluster.tools.kubectl([
      'annotate',
      'dr',
      'cart',
      '-n',
      namespace,
      'meta.helm.sh/release-name=shop',
      'meta.helm.sh/release-namespace=apps',
    ])
    const change = update(await seen(live, cart!), withLabel('a', 'b'))
    await assert.rejects(applyChangeSet(live, set([change]), facts, quick), (error: MeshctlError) => {
      assert.equal(error.code, 'refused')
      assert.match(
        error.message,
        /cart is managed by Helm \(apps\/shop\), as its annotation meta\.helm\.sh\/release-name shows/,
      )
      assert.match(error.details.try.join(), /--write DIR/)
      return true
    })
    await applied([change], {...quick, allowManaged: true})
  })

  it('tells a read-only user the roles to grant, which do', async () => {
    const namespace = await freshScene()
    const [, cart, , , keys] = scene(namespace)
    const changes = set([
      update(await seen(live, cart!), withLabel('a', 'b')),
      create(strict(namespace, 'default')),
      update(await seen(live, keys!), withLabel('a', 'b')),
    ])
    const refusal = await applyChangeSet(reader, changes, facts, quick).catch((error: unknown) => error)
    assert.ok(refusal instanceof MeshctlError)
    assert.equal(refusal.exitCode, 3)
    assert.match(refusal.message, /reader may not do what this step needs/)
    assert.match(refusal.message, /patch destinationrules\.networking\.istio\.io in shop-/)
    const rbac = String(refusal.details.data?.['rbac'])
    assert.match(rbac, /kind: RoleBinding/)
    await cluster.tools.kubectl(['apply', '-f', '-'], {input: rbac})
    const granted = stored(await applyChangeSet(reader, changes, facts, quick))
    assert.equal(granted.entry.who, 'reader')
    const {entry} = await findEntry(reader.api, granted.entry.id)
    const plan = planRollback(await withSecrets(reader.api, entry), await liveObjectsOf(reader, entry))
    if (plan.kind !== 'plan') throw new Error(JSON.stringify(plan))
    stored(await applyRollback(reader, plan.set, {...facts, rollsBack: entry.id}, quick))
  })

  it('stops between phases when the first does not settle, or is interrupted, and the ledger says where', async () => {
    const namespace = await freshScene()
    const two = set([create(strict(namespace, 'one'))], [create(strict(namespace, 'two'))])
    const unsettled = await applyChangeSet(live, two, facts, {
      ...quick,
      settled: async () => ({settled: false, waitingFor: ['proxy a']}),
    })
    assert.equal(unsettled.kind, 'not-settled')
    assert.deepEqual(unsettled.kind === 'not-settled' ? unsettled.waitingFor : [], ['proxy a'])
    assert.equal(await getObject(live, idIn(strict(namespace, 'two'))), null)

    const abort = new AbortController()
    const other = set([create(strict(namespace, 'three')), create(strict(namespace, 'four'))])
    const interrupted = await applyChangeSet(live, other, facts, {
      ...quick,
      signal: abort.signal,
      onProgress: ({kind}) => kind === 'changing' && abort.abort(),
    })
    assert.equal(interrupted.kind, 'interrupted')
    if (interrupted.kind !== 'interrupted') return
    const {entry} = await findEntry(live.api, interrupted.stored.entry.id)
    assert.equal(entry.state, 'applying')
    assert.deepEqual(
      entry.changes.map(change => change.done !== null),
      [true, false],
    )
    await rolledBack(entry.id)
    assert.equal(await getObject(live, idIn(strict(namespace, 'three'))), null)
  })

  it('refuses to trample later changes by others, naming them, unless told to', async () => {
    const namespace = await freshScene()
    const [, cart, old] = scene(namespace)
    const before = await image(cart!)
    const {entry} = await applied([
      update(await seen(live, cart!), withLabel('a', 'b')),
      remove(await seen(live, old!)),
    ])
    await cluster.tools.kubectl([
      'patch',
      'dr',
      'cart',
      '-n',
      namespace,
      '--type=merge',
      '-p',
      '{"spec":{"host":"elsewhere"}}',
      '--field-manager=someone',
    ])
    await cluster.tools.kubectl(['apply', '-f', '-'], {
      input: stringify(dr(namespace, 'old', {host: 'newer'})),
    })
    const plan = planRollback((await findEntry(live.api, entry.id)).entry, await liveObjectsOf(live, entry))
    assert.equal(plan.kind, 'changed-later')
    const objects = plan.kind === 'changed-later' ? plan.objects : []
    assert.deepEqual(
      objects.map(({object, because, paths}) => [object.name, because, paths]),
      [
        ['cart', 'changed', ['spec.host']],
        ['old', 'created-again', []],
      ],
    )
    assert.ok(objects[0]?.by.includes('someone'))
    await rolledBack(entry.id, true)
    assert.deepEqual(await image(cart!), before)
  })

  it('keeps an entry that is larger than one ConfigMap may be', async () => {
    const namespace = await freshScene()
    const big = (name: string): JsonObject => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {name, namespace},
      data: {text: `ü${name}`.repeat(120_000)},
    })
    const {entry} = await applied([create(big('a')), create(big('b')), create(big('c'))])
    const names = (await cluster.tools.kubectl(['get', 'cm', '-n', 'meshctl-system', '-o', 'name']))
      .split('\n')
      .filter(name => name.includes(entry.id))
    assert.ok(names.length >= 3, names.join())
    assert.deepEqual((await findEntry(live.api, entry.id)).entry, entry)
    await rolledBack(entry.id)
    assert.equal(await getObject(live, idIn(big('a'))), null)
  })

  it('notices a second run that works on the same step', async () => {
    const namespace = await freshScene()
    const one = await applied([create(strict(namespace, 'default'))])
    await closeEntry(live, one, 'inconclusive')
    await assert.rejects(closeEntry(live, one, 'verified'), /another run of meshctl is working on step/)
  })

  it('puts a deleted Secret back from its before-image, which then goes', async () => {
    const namespace = await freshScene()
    const keys = secret(namespace, 'keys', 'very secret')
    const before = await image(keys)
    const {entry} = await applied([remove(await seen(live, keys))])
    const kept = await cluster.tools.kubectl(['get', 'secrets', '-n', namespace, '-o', 'name'])
    assert.match(kept, new RegExp(`meshctl-before-${entry.id}`))
    await rolledBack(entry.id)
    assert.deepEqual(await image(keys), before)
    assert.doesNotMatch(
      await cluster.tools.kubectl(['get', 'secrets', '-n', namespace, '-o', 'name']),
      new RegExp(`meshctl-before-${entry.id}`),
    )
  })
})
