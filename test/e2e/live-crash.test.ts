import assert from 'node:assert/strict'
import {join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import {stringify} from 'yaml'
import {applyChangeSet, applyRollback, continueEntry} from '../../src/changes/live/apply.ts'
import {withSecrets} from '../../src/changes/live/before-image.ts'
import {explainEntry, isUnfinished} from '../../src/changes/live/entry.ts'
import {findEntry, listEntries} from '../../src/changes/live/ledger-store.ts'
import type {StoredEntry} from '../../src/changes/live/ledger-store.ts'
import type {Live} from '../../src/changes/live/live.ts'
import {getObject} from '../../src/changes/live/live.ts'
import {liveObjectsOf, planResume} from '../../src/changes/live/resume.ts'
import {planRollback} from '../../src/changes/live/rollback.ts'
import {pathOf} from '../../src/cluster/discover.ts'
import {record, records, text} from '../../src/objects/json.ts'
import type {JsonObject} from '../../src/objects/object.ts'
import type {Request} from '../../src/flows/adopt.ts'
import {startApiOnly} from '../testbed/cluster/api-only.ts'
import type {ApiOnly} from '../testbed/cluster/api-only.ts'
import {needsTestbed} from '../testbed/machine.ts'
import {repository} from '../testbed/paths.ts'
import {crashSet, facts, idIn, openLive, scene, strict} from './live-cluster.ts'
import {Victims} from './live-crash-victim.ts'
import type {Ended, Victim} from './live-crash-victim.ts'

const randomMoments = 20
const options = {timeoutMs: 20_000}

/** The walk column, each cell with a step that its stage plans on Bookinfo. */
const cells: readonly Request[] = [
  {capability: 'sidecars', stage: 'walk', targets: ['batch/ratings-export'], allReady: false, answers: {}},
  {
    capability: 'tracing',
    stage: 'walk',
    targets: ['bookinfo/productpage'],
    allReady: false,
    answers: {provider: 'zipkin', sampling: '100'},
  },
  {capability: 'mtls', stage: 'walk', targets: ['bookinfo/reviews'], allReady: false, answers: {}},
  {capability: 'resiliency', stage: 'walk', targets: ['bookinfo/reviews'], allReady: false, answers: {}},
]

/** A mesh config that names a provider for spans, and the provider. */
const collector = [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {name: 'zipkin', namespace: 'istio-system'},
    spec: {ports: [{name: 'http', port: 9411}]},
  },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {name: 'istio', namespace: 'istio-system'},
    data: {
      mesh: stringify({
        rootNamespace: 'istio-system',
        extensionProviders: [
          {name: 'zipkin', zipkin: {service: 'zipkin.istio-system.svc.cluster.local', port: 9411}},
        ],
      }),
    },
  },
]

/** The kinds that these steps change. */
const kinds = [
  'apps/Deployment',
  'security.istio.io/PeerAuthentication',
  'telemetry.istio.io/Telemetry',
  'networking.istio.io/VirtualService',
  'networking.istio.io/DestinationRule',
]

describe('kill -9 while a cluster is changed', {...needsTestbed(), timeout: 900_000}, () => {
  let cluster: ApiOnly
  let live: Live
  let victims: Victims
  let stopRollouts = (): void => undefined
  let count = 0

  before(async () => {
    cluster = await startApiOnly({name: 'live-crash'})
    live = await openLive(cluster.kubeconfig)
    await installBookinfo()
    stopRollouts = rollOut(live, '/apis/apps/v1/namespaces/batch/deployments/ratings-export')
    victims = new Victims(cluster.kubeconfig)
    // The first step of all makes the ledger's namespace too: one write more than any other.
    const [first] = cells
    assert.ok(first !== undefined)
    await undisturbed(first, meshImages)
  })
  after(async () => {
    victims?.close()
    stopRollouts()
    await cluster?.stop()
  })

  /** Its objects, a mesh config with a provider for spans, and no pod. */
  async function installBookinfo(): Promise<void> {
    const {kubectl} = cluster.tools
    const example = join(repository, 'examples', 'bookinfo')
    for (const namespace of ['bookinfo', 'batch'])
      await kubectl(['apply', '-f', join(example, namespace, 'namespace.yaml')])
    await kubectl(['apply', ...['bookinfo', 'batch', 'mesh'].flatMap(part => ['-f', join(example, part)])])
    await kubectl(['apply', '-f', '-'], {input: collector.map(one => stringify(one)).join('---\n')})
  }

  async function freshScene(): Promise<string> {
    const namespace = `crash-${(count += 1)}`
    await cluster.tools.kubectl(['apply', '-f', '-'], {
      input: scene(namespace)
        .map(one => stringify(one))
        .join('---\n'),
    })
    return namespace
  }

  /** Content and owners of everything that the step of a scene touches. */
  async function sceneImages(namespace: string): Promise<readonly JsonObject[]> {
    const objects = [...scene(namespace).slice(1), strict(namespace, 'default')].map(idIn)
    return (await Promise.all(objects.map(id => getObject(live, id)))).flatMap(one =>
      one === null ? [] : [image(one)],
    )
  }

  /** Content and owners of everything of the kinds that a cell may touch. */
  async function meshImages(): Promise<readonly JsonObject[]> {
    const lists = await Promise.all(
      kinds.map(async kind => {
        const resource = live.resources.get(kind)
        assert.ok(resource !== undefined, kind)
        return records((await live.api.request({path: pathOf(resource, null)}))['items'])
      }),
    )
    return lists.flat().map(image)
  }

  /** The step that was begun since, and not taken back. */
  async function begun(known: ReadonlySet<string>): Promise<StoredEntry | null> {
    const {entries, damaged} = await listEntries(live.api)
    assert.deepEqual(damaged, [])
    return entries.find(({entry}) => !known.has(entry.id) && entry.rollsBack === null) ?? null
  }

  async function knownSteps(): Promise<ReadonlySet<string>> {
    return new Set((await listEntries(live.api)).entries.map(({entry}) => entry.id))
  }

  async function rollBack(id: string): Promise<void> {
    const {entry} = await findEntry(live.api, id)
    const plan = planRollback(await withSecrets(live.api, entry), await liveObjectsOf(live, entry))
    assert.equal(plan.kind, 'plan', JSON.stringify(plan))
    if (plan.kind !== 'plan') return
    const result = await applyRollback(live, plan.set, {...facts, rollsBack: id}, options)
    assert.equal(result.kind, 'applied', JSON.stringify(result))
    assert.equal((await findEntry(live.api, id)).entry.state, 'rolled-back')
  }

  type Images = () => Promise<readonly JsonObject[]>

  /** Goes on where that is possible, and then back; else back at once. Either way all is as it was. */
  async function recover(
    found: StoredEntry | null,
    was: readonly JsonObject[],
    images: Images,
    way: 'resume' | 'rollback',
  ): Promise<string> {
    if (found === null) {
      assert.deepEqual(await images(), was, 'without an entry nothing was changed')
      return 'not begun'
    }
    const {remaining, standing} = planResume(found.entry, await liveObjectsOf(live, found.entry))
    assert.ok(
      standing.every(({place}) => place !== 'neither'),
      JSON.stringify(standing.map(({place}) => place)),
    )
    assert.notEqual(explainEntry(found.entry), '')
    let told = 'rolled back'
    if (way === 'resume' && isUnfinished(found.entry) && remaining !== null) {
      const result = await continueEntry(live, found, options)
      assert.equal(result.kind, 'applied', JSON.stringify(result))
      const {entry} = await findEntry(live.api, found.entry.id)
      const after = planResume(entry, await liveObjectsOf(live, entry))
      assert.deepEqual([...new Set(after.standing.map(({place}) => place))], ['after'])
      told = 'resumed'
    }
    await rollBack(found.entry.id)
    assert.deepEqual(await images(), was)
    return told
  }

  /** Runs a victim, and puts right what it left. */
  async function killAndRecover(
    victim: Victim,
    images: Images,
    way: 'resume' | 'rollback',
    killAfterMs?: number,
  ): Promise<string> {
    const [known, was] = await Promise.all([knownSteps(), images()])
    const {signal} = await victims.run(victim, killAfterMs)
    const where = `${victim.moment} write ${victim.nth}`
    if (killAfterMs === undefined) assert.equal(signal, 'SIGKILL', where)
    return await recover(await begun(known), was, images, way).catch((cause: unknown) => {
      throw new Error(killAfterMs === undefined ? where : `after ${killAfterMs} ms`, {cause})
    })
  }

  async function undisturbed(does: Victim['does'], images: Images): Promise<Ended> {
    const [known, was] = await Promise.all([knownSteps(), images()])
    const ended = await victims.run({does, moment: 'never', nth: 0})
    const done = await begun(known)
    assert.equal(done?.entry.state, 'applied')
    assert.notDeepEqual(await images(), was)
    await rollBack(done?.entry.id ?? '')
    assert.deepEqual(await images(), was)
    return ended
  }

  for (const cell of cells) {
    it(`before and after every write of ${cell.capability} ${cell.stage}`, async t => {
      const {writes} = await undisturbed(cell, meshImages)
      assert.ok(writes >= 4, `${writes} writes`)
      const ways: string[] = []
      for (let nth = 1; nth <= writes; nth += 1) {
        ways.push(await killAndRecover({does: cell, moment: 'before', nth}, meshImages, wayOf(nth)))
        ways.push(await killAndRecover({does: cell, moment: 'after', nth}, meshImages, wayOf(nth + 1)))
      }
      t.diagnostic(`${writes} writes: ${tally(ways)}`)
      assert.deepEqual([...new Set(ways)].sort(), ['not begun', 'resumed', 'rolled back'])
    })
  }

  it(`at ${randomMoments} random moments of the four cells`, async t => {
    const ways: string[] = []
    const lasts = new Map<Request, number>()
    for (const cell of cells) lasts.set(cell, (await undisturbed(cell, meshImages)).ms)
    for (let round = 0; round < randomMoments; round += 1) {
      const does = cells[round % cells.length] ?? assert.fail()
      const killAfter = Math.round(Math.random() * (lasts.get(does) ?? 0))
      const victim = {does, moment: 'never', nth: 0} as const
      ways.push(await killAndRecover(victim, meshImages, wayOf(Math.floor(round / 4)), killAfter))
    }
    t.diagnostic(tally(ways))
    assert.ok(new Set(ways).size > 1, ways.join())
  })

  // After the cells: what these scenes call is not known, which stands in the way of mTLS.
  it('around every write of a step of two phases with a Secret and a deletion', async () => {
    const first = await freshScene()
    const {writes} = await undisturbed({scene: first}, () => sceneImages(first))
    assert.ok(writes >= 10, `${writes} writes`)
    for (let nth = 1; nth <= writes; nth += 1) {
      const namespace = await freshScene()
      const moment = nth % 2 === 0 ? 'before' : 'after'
      await killAndRecover(
        {does: {scene: namespace}, moment, nth},
        () => sceneImages(namespace),
        nth % 4 < 2 ? 'resume' : 'rollback',
      )
    }
  })

  it('around every write of a rollback, recovered by going on with it', async () => {
    const take = async (namespace: string): Promise<string> => {
      const taken = await applyChangeSet(live, await crashSet(live, namespace), facts, options)
      return taken.kind === 'applied' ? taken.stored.entry.id : assert.fail(taken.kind)
    }
    const id = await take(await freshScene())
    const {writes} = await victims.run({does: {back: id}, moment: 'never', nth: 0})
    assert.ok(writes >= 10, `${writes} writes`)
    for (let nth = 1; nth <= writes; nth += 1) {
      const where = `write ${nth}`
      const namespace = await freshScene()
      const was = await sceneImages(namespace)
      const step = await take(namespace)
      const moment = nth % 2 === 0 ? 'before' : 'after'
      assert.equal((await victims.run({does: {back: step}, moment, nth})).signal, 'SIGKILL', where)
      const {entries} = await listEntries(live.api)
      const back = entries.find(one => one.entry.rollsBack === step)
      if (back !== undefined && isUnfinished(back.entry) && nth % 4 < 2) {
        const result = await continueEntry(live, back, options)
        assert.equal(result.kind, 'applied', JSON.stringify(result))
      } else if ((await findEntry(live.api, step)).entry.state !== 'rolled-back') await rollBack(step)
      assert.deepEqual(await sceneImages(namespace), was, where)
      const left = (await listEntries(live.api)).entries.filter(one => isUnfinished(one.entry))
      assert.deepEqual(
        left.map(one => one.entry.id),
        [],
        where,
      )
    }
  })
})

/** Does a controller's part for a Deployment of which no pod ever runs: every rollout is done at once. */
function rollOut({api}: Live, path: string): () => void {
  const look = async (): Promise<void> => {
    const found = await api.request({path})
    const {generation} = record(found['metadata'])
    if (record(found['status'])['observedGeneration'] === generation) return
    const pods = {replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1}
    const status = {observedGeneration: generation, ...pods}
    await api.request({method: 'PUT', path: `${path}/status`, body: {...found, status}})
  }
  // Where it was written to meanwhile, the next look is soon.
  const timer = setInterval(() => void look().catch(() => undefined), 100)
  return () => clearInterval(timer)
}

function wayOf(turn: number): 'resume' | 'rollback' {
  return turn % 2 === 0 ? 'resume' : 'rollback'
}

function tally(ways: readonly string[]): string {
  return [...new Set(ways)]
    .map(way => `${ways.filter(one => one === way).length} ${way}`)
    .sort()
    .join(', ')
}

/** An object without what the server and its controllers keep for themselves. */
function image(found: JsonObject): JsonObject {
  const {
    uid: _uid,
    resourceVersion: _version,
    generation: _generation,
    creationTimestamp: _created,
    managedFields,
    ...metadata
  } = record(found['metadata'])
  const {status: _status, ...rest} = found
  const owners = records(managedFields).filter(one => text(one['subresource']) === undefined)
  return {...rest, metadata: {...metadata, managedFields: owners}}
}
