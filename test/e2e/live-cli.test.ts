import assert from 'node:assert/strict'
import {spawn} from 'node:child_process'
import type {ChildProcess} from 'node:child_process'
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, afterEach, before, describe, it} from 'node:test'
import {setTimeout as sleep} from 'node:timers/promises'
import {parse, stringify} from 'yaml'
import {entry, runCli, runShell} from '../cli/run-cli.ts'
import type {Ran} from '../cli/run-cli.ts'
import {keys, openTerminal} from '../terminal/session.ts'
import {startApiOnly} from '../testbed/cluster/api-only.ts'
import type {ApiOnly} from '../testbed/cluster/api-only.ts'
import {needsTestbed} from '../testbed/machine.ts'
import {repository} from '../testbed/paths.ts'
import {openGate} from './api-gate.ts'
import type {ApiGate} from './api-gate.ts'

interface History {
  readonly steps: readonly {readonly id: string; readonly state: string; readonly rollsBack: string | null}[]
}

interface Gap {
  readonly kind: string
  readonly reason: string
}

const mtls = ['adopt', 'mtls', '--stage', 'walk', '--target', 'reviews', '--window', '100ms']

describe('the command line on a real API server', {...needsTestbed(), timeout: 900_000}, () => {
  let cluster: ApiOnly
  let gate: ApiGate
  let dir: string

  before(async () => {
    cluster = await startApiOnly({name: 'live-cli', users: ['limited']})
    dir = await mkdtemp(join(tmpdir(), 'meshctl-cli-'))
    gate = await openGate(cluster.kubeconfig, join(dir, 'gate.kubeconfig'))
    const example = join(repository, 'examples', 'bookinfo')
    const {kubectl} = cluster.tools
    for (const part of ['bookinfo', 'batch'])
      await kubectl(['apply', '-f', join(example, part, 'namespace.yaml')])
    await kubectl(['apply', ...['bookinfo', 'batch', 'mesh'].flatMap(part => ['-f', join(example, part)])])
  })
  after(async () => {
    await gate?.close()
    await cluster?.stop()
    if (dir !== undefined) await rm(dir, {recursive: true, force: true})
  })

  function meshctl(words: readonly string[], kubeconfig = cluster.kubeconfig): Promise<Ran> {
    return runCli(words, {cwd: dir, env: {KUBECONFIG: kubeconfig}})
  }

  async function answered<Answer>(
    words: readonly string[],
    kubeconfig = cluster.kubeconfig,
  ): Promise<Answer> {
    const ran = await meshctl([...words, '--json'], kubeconfig)
    assert.equal(ran.status, 0, `${words.join(' ')}: ${ran.stdout}${ran.stderr}`)
    return JSON.parse(ran.stdout) as Answer
  }

  async function policies(): Promise<string> {
    return (await cluster.tools.kubectl(['get', 'peerauthentications', '-A', '-o', 'name'])).trim()
  }

  async function history(): Promise<History['steps']> {
    return (await answered<History>(['history'])).steps
  }

  /** A kubeconfig for the same cluster with another user in it. */
  async function kubeconfigWith(name: string, user: object): Promise<string> {
    const config = parse(await readFile(cluster.kubeconfig, 'utf8')) as {users: {user: object}[]}
    const file = join(dir, `${name}.kubeconfig`)
    await writeFile(file, stringify({...config, users: config.users.map(one => ({...one, user}))}))
    return file
  }

  describe('reading', () => {
    it('asks an exec plugin for credentials', async () => {
      const {users} = parse(await readFile(cluster.kubeconfig, 'utf8')) as {users: {user: {token: string}}[]}
      const plugin = join(dir, 'plugin.sh')
      const credential = {
        apiVersion: 'client.authentication.k8s.io/v1',
        kind: 'ExecCredential',
        status: {token: users[0]?.user.token},
      }
      const script = `#!/bin/sh\necho >> '${plugin}.runs'\necho '${JSON.stringify(credential)}'\n`
      await writeFile(plugin, script, {mode: 0o755})
      const exec = {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: plugin,
        interactiveMode: 'Never',
      }
      const kubeconfig = await kubeconfigWith('exec', {exec})
      assert.deepEqual(
        await answered<{cells: unknown}>(['status'], kubeconfig),
        await answered<{cells: unknown}>(['status']),
      )
      const runs = (await readFile(`${plugin}.runs`, 'utf8')).length
      assert.ok(runs <= 2, `the plugin was run ${runs} times for one answer`)
    })

    it('says what an exec plugin that fails says', async () => {
      const exec = {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: join(dir, 'no-such-plugin'),
        interactiveMode: 'Never',
      }
      const ran = await meshctl(['status'], await kubeconfigWith('no-exec', {exec}))
      assert.equal(ran.status, 3, ran.stderr)
      assert.match(ran.stderr, /no-such-plugin/)
    })

    it('hands the token of an OIDC provider over', async () => {
      const {kubectl} = cluster.tools
      await kubectl(['create', 'serviceaccount', 'oidc', '-n', 'default'])
      await kubectl([
        'create',
        'clusterrolebinding',
        'oidc',
        '--clusterrole=cluster-admin',
        '--serviceaccount=default:oidc',
      ])
      const token = (await kubectl(['create', 'token', 'oidc', '-n', 'default'])).trim()
      const provider = {name: 'oidc', config: {'id-token': token, 'idp-issuer-url': 'https://issuer.invalid'}}
      const kubeconfig = await kubeconfigWith('oidc', {'auth-provider': provider})
      await answered(['status'], kubeconfig)
    })

    it('states what is forbidden and what is not installed, and answers on the rest', async () => {
      const {kubectl} = cluster.tools
      const rules = [
        {
          apiGroups: ['', 'apps', 'batch', 'networking.k8s.io', 'admissionregistration.k8s.io'],
          resources: ['*'],
          verbs: ['get', 'list'],
        },
        {apiGroups: ['security.istio.io', 'telemetry.istio.io'], resources: ['*'], verbs: ['get', 'list']},
        {
          apiGroups: ['networking.istio.io'],
          resources: ['virtualservices', 'destinationrules', 'gateways', 'serviceentries'],
          verbs: ['get', 'list'],
        },
      ]
      const role = {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: {name: 'limited'},
        rules,
      }
      await kubectl(['apply', '-f', '-'], {input: stringify(role)})
      await kubectl(['create', 'clusterrolebinding', 'limited', '--clusterrole=limited', '--user=limited'])
      await kubectl(['delete', 'crd', 'telemetries.telemetry.istio.io'])
      const kubeconfig = cluster.kubeconfigOf('limited')
      const {gaps, cells} = await answered<{gaps: readonly Gap[]; cells: readonly unknown[]}>(
        ['status'],
        kubeconfig,
      )
      const reason = (kind: string): string | undefined => gaps.find(gap => gap.kind === kind)?.reason
      assert.match(reason('Sidecar') ?? '', /forbidden/)
      assert.match(reason('Telemetry') ?? '', /CRD is not installed/)
      assert.equal(reason('PeerAuthentication'), undefined)
      assert.ok(cells.length > 0)
      const text = await meshctl(['status'], kubeconfig)
      assert.equal(text.status, 0)
      assert.match(
        text.stdout,
        /Not read\n(.*\n)* +warn Sidecar: forbidden\n(.*\n)* +warn Telemetry: its CRD is not installed/,
      )
      assert.equal((await meshctl(['status', '--require-complete'], kubeconfig)).status, 3)
      const refused = await meshctl([...mtls, '--yes'], kubeconfig)
      assert.equal(refused.status, 3)
      assert.match(refused.stderr, /sidecars/)
      assert.equal(await policies(), '')
    })
  })

  describe('changing', () => {
    afterEach(() => back())

    it('plans anew where an object changes between the plan and the step', async () => {
      const {kubectl} = cluster.tools
      const policy = {
        apiVersion: 'security.istio.io/v1',
        kind: 'PeerAuthentication',
        metadata: {name: 'reviews', namespace: 'bookinfo'},
        spec: {selector: {matchLabels: {app: 'reviews'}}, mtls: {mode: 'PERMISSIVE'}},
      }
      await kubectl(['apply', '-f', '-'], {input: stringify(policy)})
      let tried = false
      gate.onRequest = async ({url}) => {
        if (tried || !url.includes('dryRun=') || !url.includes('peerauthentications')) return
        tried = true
        await kubectl(['label', 'peerauthentication', 'reviews', '-n', 'bookinfo', 'by=somebody'])
      }
      const ran = await meshctl([...mtls, '--yes', '--force-conflicts'], gate.kubeconfig)
      assert.equal(ran.status, 0, ran.stderr)
      assert.ok(tried)
      assert.match(ran.stderr, /fail Objects changed since they were read\n/)
      assert.equal(ran.stderr.match(/\nWhat if: /g)?.length, 2, 'the plan is shown again')
      const now = parse(
        await kubectl(['get', 'peerauthentication', 'reviews', '-n', 'bookinfo', '-o', 'yaml']),
      ) as {metadata: {labels: object}; spec: {mtls: {mode: string}}}
      assert.deepEqual([now.metadata.labels, now.spec.mtls.mode], [{by: 'somebody'}, 'STRICT'])
      gate.onRequest = () => undefined
      await answered(['rollback', (await history())[0]?.id ?? '', '--yes'])
      await kubectl(['delete', 'peerauthentication', 'reviews', '-n', 'bookinfo'])
    })

    it('gives up where an object changes each time', async () => {
      const {kubectl} = cluster.tools
      const label = (value: number): Promise<string> =>
        kubectl(['label', '--overwrite', 'deployment', 'ratings-export', '-n', 'batch', `turn=t${value}`])
      let turn = 0
      gate.onRequest = async ({url}) => {
        if (url.includes('dryRun=') && url.includes('deployments')) await label((turn += 1))
      }
      const words = ['adopt', 'sidecars', '--stage', 'walk', '--target', 'ratings-export', '--yes']
      const ran = await meshctl(words, gate.kubeconfig)
      gate.onRequest = () => undefined
      assert.equal(ran.status, 5, ran.stderr)
      assert.match(ran.stderr, /Others keep changing the objects/)
      await kubectl(['label', 'deployment', 'ratings-export', '-n', 'batch', 'turn-'])
    })

    it('on Ctrl-C at any write finishes that one, and says how to go on or back', async t => {
      const counted = await interruptedAt(0)
      assert.equal(counted.status, 0, counted.stderr)
      assert.match(counted.stderr, /ok Recorded as /, 'progress is narration')
      assert.doesNotMatch(counted.stdout, /Recorded|What if/)
      await back()
      const told: string[] = []
      for (let nth = 1; nth <= counted.writes; nth += 1) {
        const ran = await interruptedAt(nth)
        const made = (await policies()) !== ''
        assert.match(ran.stderr, /what is in flight is finished first/)
        // The last write says that all is done: by then there is nothing to cut short.
        if (ran.status === 0) assert.equal(nth, counted.writes)
        else assert.equal(ran.stdout, '')
        if (ran.status === 130) assert.match(ran.stderr, /Nothing was changed/)
        else if (ran.status !== 0) {
          assert.equal(ran.status, 4, `write ${nth}: ${ran.stderr}`)
          assert.match(ran.stderr, /meshctl rollback \S+ --yes/)
        }
        assert.equal(made, ran.status !== 130, `write ${nth}`)
        const [step] = await history()
        if (ran.status === 4 && nth % 2 === 0 && step !== undefined)
          await answered(['adopt', '--resume', step.id, '--yes', '--window', '100ms'])
        await back()
        told.push(`${nth}: ${ran.status}`)
      }
      t.diagnostic(told.join(', '))
      assert.ok(told.some(one => one.endsWith('130')) && told.some(one => one.endsWith('4')), told.join())
    })

    it('leaves at once on a second Ctrl-C, and the next run explains what is left', async () => {
      const step = await interruptedAt(3, true)
      assert.equal(step.status, 130)
      const next = await meshctl([...mtls, '--yes'])
      assert.equal(next.status, 5)
      assert.match(next.stderr, /was cut short/)
      assert.match(next.stderr, /--resume|rollback/)
      await back()
    })

    /** Adopts with a Ctrl-C while the nth write is held up; 0 for none. */
    async function interruptedAt(nth: number, twice = false): Promise<Ran & {readonly writes: number}> {
      let writes = 0
      const child = spawn(process.execPath, [entry, ...mtls, '--yes'], {
        cwd: dir,
        env: {PATH: process.env['PATH'] ?? '', HOME: dir, TERM: 'dumb', KUBECONFIG: gate.kubeconfig},
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const texts = {stdout: '', stderr: ''}
      for (const name of ['stdout', 'stderr'] as const)
        child[name].setEncoding('utf8').on('data', (part: string) => (texts[name] += part))
      const ended = new Promise<number | null>(resolve => child.on('close', resolve))
      gate.onRequest = async ({writes: isWrite}) => {
        if (!isWrite || (writes += 1) !== nth) return
        await interrupt(child, () => texts.stderr)
        if (twice) child.kill('SIGINT')
      }
      const status = await ended
      gate.onRequest = () => undefined
      return {...texts, status, writes}
    }

    async function interrupt(child: ChildProcess, told: () => string): Promise<void> {
      child.kill('SIGINT')
      for (let tries = 0; tries < 200 && !told().includes('Interrupted'); tries += 1) await sleep(20)
    }

    /** Takes the latest step back, where it was not. */
    async function back(): Promise<void> {
      const steps = await history()
      const step = steps.find(({rollsBack}) => rollsBack === null)
      if (step !== undefined && step.state !== 'rolled-back') await answered(['rollback', step.id, '--yes'])
      assert.equal(await policies(), '')
    }
  })

  describe('the wizard', () => {
    const first = async (session: ReturnType<typeof openTerminal>): Promise<void> => {
      await session.shows('Which step?')
      session.type(keys.enter)
      await session.shows(/refuse to send plaintext/)
      session.type(keys.enter)
      await session.shows(/in the cluster now\?|Traffic may drop/)
    }

    it('takes the safest step, with consent, and prints the command that does the same', async () => {
      const session = openTerminal(['adopt', '--kubeconfig', cluster.kubeconfig, '--window', '100ms'], dir)
      try {
        await first(session)
        assert.match(session.text(), /What if: /)
        assert.equal(await policies(), '', 'nothing before consent')
        session.type('y\r')
        assert.equal(await session.ended(), 0, session.text())
        assert.notEqual(await policies(), '')
        const [, command = ''] =
          /Same again, without questions:\s+(meshctl adopt [^\n]*)/.exec(session.text()) ?? []
        const [step] = await history()
        await answered(['rollback', step?.id ?? '', '--yes'])
        const before = await policies()
        const again = await runShell(`${command} --window 100ms`, {cwd: dir})
        assert.equal(again.status, 0, again.stderr)
        assert.notEqual(await policies(), before)
        await answered(['rollback', (await history())[0]?.id ?? '', '--yes'])
      } finally {
        session.close()
      }
    })

    it('leaves nothing on Ctrl-C at the last question', async () => {
      const known = (await history()).length
      const session = openTerminal(['adopt', '--kubeconfig', cluster.kubeconfig], dir)
      try {
        await first(session)
        session.type(keys.ctrlC)
        assert.equal(await session.ended(), 130)
        assert.match(session.text(), /Nothing was changed\./)
        assert.equal((await history()).length, known)
        assert.equal(await policies(), '')
      } finally {
        session.close()
      }
    })
  })
})
