import assert from 'node:assert/strict'
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import {setTimeout as sleep} from 'node:timers/promises'
import {stringify} from 'yaml'
import {applyRollback, continueEntry} from '../../src/changes/live/apply.ts'
import {withSecrets} from '../../src/changes/live/before-image.ts'
import {explainEntry, isUnfinished} from '../../src/changes/live/entry.ts'
import {findEntry, listEntries} from '../../src/changes/live/ledger-store.ts'
import type {StoredEntry} from '../../src/changes/live/ledger-store.ts'
import type {Live} from '../../src/changes/live/live.ts'
import {getObject} from '../../src/changes/live/live.ts'
import {liveObjectsOf, planResume} from '../../src/changes/live/resume.ts'
import {planRollback} from '../../src/changes/live/rollback.ts'
import {record} from '../../src/objects/json.ts'
import type {JsonObject} from '../../src/objects/object.ts'
import {startApiOnly} from '../testbed/cluster/api-only.ts'
import type {ApiOnly} from '../testbed/cluster/api-only.ts'
import {needsTestbed} from '../testbed/machine.ts'
import {facts, idIn, openLive, scene, strict} from './live-cluster.ts'

const child = join(import.meta.dirname, 'live-crash-child.ts')
const randomMoments = 20

describe('kill -9 while a cluster is changed', {...needsTestbed(), timeout: 600_000}, () => {
  let cluster: ApiOnly
  let live: Live
  let count = 0

  before(async () => {
    cluster = await startApiOnly({name: 'live-crash'})
    live = await openLive(cluster.kubeconfig)
    // The first step of all makes the ledger's namespace too: one write more than any other.
    await run(await freshScene(), 'apply', 'never', 0)
  })
  after(() => cluster?.stop())

  async function freshScene(): Promise<string> {
    const namespace = `crash-${(count += 1)}`
    await cluster.tools.kubectl(['apply', '-f', '-'], {
      input: scene(namespace)
        .map(one => stringify(one))
        .join('---\n'),
    })
    return namespace
  }

  /** Content and owners of everything that the step touches. */
  async function images(namespace: string): Promise<unknown> {
    return Promise.all([...scene(namespace).slice(1), strict(namespace, 'default')].map(image))
  }

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

  interface Ended {
    readonly signal: string | null
    readonly writes: number
  }

  async function run(
    namespace: string,
    what: string,
    moment: 'before' | 'after' | 'never',
    nth: number,
    killAfterMs?: number,
  ): Promise<Ended> {
    const started = spawn(
      process.execPath,
      [child, cluster.kubeconfig, namespace, what, moment, String(nth)],
      {stdio: ['ignore', 'pipe', 'inherit']},
    )
    let out = ''
    started.stdout.on('data', (part: Buffer) => {
      const begins = out === ''
      out += part.toString()
      if (begins && killAfterMs !== undefined) void sleep(killAfterMs).then(() => started.kill('SIGKILL'))
    })
    const [code, signal] = (await once(started, 'exit')) as [number | null, string | null]
    assert.ok(signal === 'SIGKILL' || code === 0, `the child failed: ${code}`)
    return {signal, writes: Number(/writes (\d+)/.exec(out)?.[1] ?? 0)}
  }

  async function entryIn(namespace: string): Promise<StoredEntry | null> {
    const {entries, damaged} = await listEntries(live.api)
    assert.deepEqual(damaged, [])
    return (
      entries.find(
        ({entry}) =>
          entry.changes.some(({object}) => object.namespace === namespace) && entry.rollsBack === null,
      ) ?? null
    )
  }

  async function rollBack(id: string): Promise<void> {
    const {entry} = await findEntry(live.api, id)
    const plan = planRollback(await withSecrets(live.api, entry), await liveObjectsOf(live, entry))
    assert.equal(plan.kind, 'plan', JSON.stringify(plan))
    if (plan.kind !== 'plan') return
    const result = await applyRollback(live, plan.set, {...facts, rollsBack: id}, {timeoutMs: 0})
    assert.equal(result.kind, 'applied', JSON.stringify(result))
    assert.equal((await findEntry(live.api, id)).entry.state, 'rolled-back')
  }

  /** Goes on where that is possible, and then back; else back at once. Either way all is as it was. */
  async function recover(namespace: string, was: unknown, way: 'resume' | 'rollback'): Promise<string> {
    const found = await entryIn(namespace)
    if (found === null) {
      assert.deepEqual(await images(namespace), was, 'without an entry nothing was changed')
      return 'not begun'
    }
    if (found.entry.state === 'rolled-back') return 'was taken back'
    const {remaining, standing} = planResume(found.entry, await liveObjectsOf(live, found.entry))
    assert.ok(
      standing.every(({place}) => place !== 'neither'),
      JSON.stringify(standing.map(({place}) => place)),
    )
    assert.notEqual(explainEntry(found.entry), '')
    let told = 'rolled back'
    if (way === 'resume' && isUnfinished(found.entry) && remaining !== null) {
      const result = await continueEntry(live, found, {timeoutMs: 0})
      assert.equal(result.kind, 'applied', JSON.stringify(result))
      assert.equal(await getObject(live, idIn(scene(namespace)[2] ?? {})), null)
      assert.ok(await getObject(live, idIn(strict(namespace, 'default'))))
      told = 'resumed'
    }
    await rollBack(found.entry.id)
    assert.deepEqual(await images(namespace), was)
    return told
  }

  it('before and after every write of a step, recovered by going on or by going back', async () => {
    const {writes} = await run(await freshScene(), 'apply', 'never', 0)
    assert.ok(writes >= 10, `${writes} writes`)
    const ways = new Set<string>()
    for (let nth = 1; nth <= writes; nth += 1) {
      for (const moment of ['before', 'after'] as const) {
        const namespace = await freshScene()
        const was = await images(namespace)
        assert.equal((await run(namespace, 'apply', moment, nth)).signal, 'SIGKILL', `${moment} write ${nth}`)
        ways.add(
          await recover(
            namespace,
            was,
            (nth + (moment === 'after' ? 1 : 0)) % 2 === 0 ? 'resume' : 'rollback',
          ),
        )
      }
    }
    assert.deepEqual([...ways].sort(), ['not begun', 'resumed', 'rolled back'])
  })

  it('before and after every write of a rollback, recovered by going on with it', async () => {
    const first = await freshScene()
    await run(first, 'apply', 'never', 0)
    const {writes} = await run(first, (await entryIn(first))?.entry.id ?? '', 'never', 0)
    assert.ok(writes >= 10, `${writes} writes`)
    for (let nth = 1; nth <= writes; nth += 1) {
      const moment = nth % 2 === 0 ? 'before' : 'after'
      const namespace = await freshScene()
      const was = await images(namespace)
      await run(namespace, 'apply', 'never', 0)
      const {entry} = (await entryIn(namespace)) ?? assert.fail()
      assert.equal((await run(namespace, entry.id, moment, nth)).signal, 'SIGKILL', `${moment} write ${nth}`)
      const {entries} = await listEntries(live.api)
      const back = entries.find(one => one.entry.rollsBack === entry.id)
      if (back !== undefined && isUnfinished(back.entry) && nth % 4 < 2) {
        const result = await continueEntry(live, back, {timeoutMs: 0})
        assert.equal(result.kind, 'applied', JSON.stringify(result))
      } else if ((await findEntry(live.api, entry.id)).entry.state !== 'rolled-back') await rollBack(entry.id)
      assert.deepEqual(await images(namespace), was, `${moment} write ${nth}`)
      const left = (await listEntries(live.api)).entries.filter(one => isUnfinished(one.entry))
      assert.deepEqual(
        left.map(one => one.entry.id),
        [],
        `${moment} write ${nth}`,
      )
    }
  })

  it(`at ${randomMoments} random moments`, async () => {
    const ways: string[] = []
    for (let round = 0; round < randomMoments; round += 1) {
      const namespace = await freshScene()
      const was = await images(namespace)
      const killAfter = Math.round(Math.random() * 900)
      await run(namespace, 'apply', 'never', 0, killAfter)
      ways.push(await recover(namespace, was, round % 2 === 0 ? 'resume' : 'rollback'))
    }
    assert.ok(new Set(ways).size > 1, ways.join())
  })
})
