import assert from 'node:assert/strict'
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, beforeEach, describe, it} from 'node:test'
import {Ajv} from 'ajv'
import {parse} from 'yaml'

import type {ObserveResult} from '../../src/flows/observe-clients.ts'
import {entry, root, runCli} from '../cli/run-cli.ts'
import type {Ran} from '../cli/run-cli.ts'
import type {Cluster} from '../testbed/cluster/cluster.ts'
import {openTerminal} from '../terminal/session.ts'
import {startCluster} from '../testbed/cluster/start.ts'
import {describeOnTestbed} from '../testbed/suite.ts'
import {echoApp} from '../testbed/use/apps.ts'
import {waitFor} from '../testbed/wait.ts'

interface Failure {
  readonly code: string
  readonly message: string
  readonly data: {readonly rbac?: string; readonly risks?: readonly string[]; readonly blocked?: Blocked}
}

type Blocked = readonly {readonly reasons: readonly {readonly code: string; readonly message: string}[]}[]

const plain = {namespace: 'out', app: 'plain'}
const onHost = {namespace: 'out', app: 'hosty'}
const meshed = {namespace: 'shop', app: 'client', container: 'app'}

/** A client on the node's own network: its calls come from an address of the node. */
function hostApp(): object[] {
  const [account, deployment] = echoApp({namespace: 'out', name: 'hosty'}) as [object, Deployment]
  const {spec} = deployment.spec.template
  spec.hostNetwork = true
  spec.dnsPolicy = 'ClusterFirstWithHostNet'
  const [container] = spec.containers
  Object.assign(container ?? {}, {
    env: [{name: 'PORT', value: '18080'}],
    ports: [],
    readinessProbe: {httpGet: {path: '/', port: 18080}, periodSeconds: 1},
  })
  return [account, deployment]
}

interface Deployment {
  spec: {template: {spec: {hostNetwork?: boolean; dnsPolicy?: string; containers: object[]}}}
}

/** Somebody's own log of all calls. */
const everything = {
  apiVersion: 'telemetry.istio.io/v1',
  kind: 'Telemetry',
  metadata: {name: 'everything', namespace: 'shop'},
  spec: {accessLogging: [{providers: [{name: 'envoy'}]}]},
}

interface Role {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {readonly name: string; readonly namespace?: string}
}

/** Those that the guide shows, to the letter. */
async function rolesOfGuide(): Promise<ReadonlyMap<string, Role>> {
  const text = await readFile(join(root, 'docs/guides/live.md'), 'utf8')
  const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = '']) => parse(block) as Role)
  return new Map(blocks.map(role => [role.metadata.name, role]))
}

function bindingOf({apiVersion, kind, metadata}: Role, account: string): object {
  return {
    apiVersion,
    kind: `${kind}Binding`,
    metadata: {...metadata, name: `${metadata.name}-${account}`},
    roleRef: {apiGroup: 'rbac.authorization.k8s.io', kind, name: metadata.name},
    subjects: [{kind: 'ServiceAccount', name: account, namespace: 'testbed-users'}],
  }
}

describeOnTestbed('clients that call in plaintext', {timeout: 900_000}, () => {
  let cluster: Cluster
  let dir: string

  before(async () => {
    cluster = await startCluster({
      name: 'plaintext',
      istio: {meshConfig: {defaultProviders: {accessLogging: []}, accessLogEncoding: 'TEXT'}},
    })
    await cluster.createNamespace('shop')
    await cluster.createNamespace('out', {injection: false})
    await cluster.apply([
      ...echoApp({namespace: 'shop', name: 'server'}),
      ...echoApp({namespace: 'shop', name: 'client'}),
      ...echoApp({namespace: 'shop', name: 'store', portName: 'tcp'}),
      ...echoApp({namespace: 'out', name: 'plain'}),
      ...hostApp(),
    ])
    await cluster.waitForPods('shop')
    await cluster.waitForPods('out')
    await cluster.waitForProxies()
    dir = await mkdtemp(join(tmpdir(), 'meshctl-plaintext-'))
  })
  after(async () => {
    await cluster?.stop()
    if (dir !== undefined) await rm(dir, {recursive: true, force: true})
  })
  beforeEach(async () => {
    await rm(join(dir, 'meshctl.yaml'), {force: true})
    const left = ['telemetries,peerauthentications', '--all', '-n', 'shop']
    await cluster.tools.kubectl(['delete', ...left])
    await cluster.waitForProxies()
  })

  function meshctl(words: readonly string[], kubeconfig = cluster.kubeconfig): Promise<Ran> {
    return runCli([...words, '--json'], {cwd: dir, env: {KUBECONFIG: kubeconfig}})
  }

  async function observe(words: readonly string[], kubeconfig?: string): Promise<ObserveResult> {
    const ran = await meshctl(['clients', 'observe', ...words], kubeconfig)
    assert.equal(ran.status, 0, ran.stdout + ran.stderr)
    const answer = JSON.parse(ran.stdout) as ObserveResult
    const schema = await readFile(join(root, 'schemas', 'clients-observed.schema.json'), 'utf8')
    const validate = new Ajv({allErrors: true, strict: true, allowUnionTypes: true}).compile(
      JSON.parse(schema) as object,
    )
    assert.ok(validate(answer), JSON.stringify(validate.errors, null, 1))
    return answer
  }

  async function refused(words: readonly string[], exit: number, kubeconfig?: string): Promise<Failure> {
    const ran = await meshctl(words, kubeconfig)
    assert.equal(ran.status, exit, ran.stdout + ran.stderr)
    return (JSON.parse(ran.stdout) as {error: Failure}).error
  }

  async function telemetries(): Promise<readonly string[]> {
    const found = await cluster.tools.kubectl(['get', 'telemetries', '-A', '-o', 'name'])
    return found.split('\n').filter(Boolean)
  }

  async function ask(from: typeof plain, url: string, times: number, headers = {}): Promise<void> {
    for (let count = 0; count < times; count += 1) {
      const answer = await cluster.request({from, url, headers})
      assert.equal(answer.status, 200, JSON.stringify(answer))
    }
  }

  /** Once the proxies log: a run waits for them itself, and only then does its window begin. */
  async function whileObserving<Value>(run: Promise<Value>, calls: () => Promise<void>): Promise<Value> {
    await waitFor('the log to be on', async () => ((await telemetries()).length > 0 ? true : undefined))
    await cluster.waitForProxies()
    await new Promise(done => setTimeout(done, 5_000))
    await calls()
    return await run
  }

  it('only counts where nobody consents, and says how many requests no proxy of the mesh sent', async () => {
    const run = observe(['--target', 'shop/server', '--window', '20s'])
    await new Promise(done => setTimeout(done, 9_000))
    await ask(plain, 'http://server.shop/', 5)
    await ask(meshed, 'http://server.shop/', 4)
    const seen = await run
    assert.equal(seen.by, 'counters')
    assert.deepEqual(
      [seen.requests.all, seen.unexplained, seen.requests.plaintext, seen.clients],
      [9, 5, null, []],
    )
    assert.match(seen.hint ?? '', /clients observe --target shop\/server --window 20s --yes/)
    assert.deepEqual(await telemetries(), [])
  })

  it('names a client with its pod and its requests, says what the node hides, and turns the log off', async () => {
    // As a node has it where the cluster gives out the pods' addresses.
    const [node = ''] = (await cluster.tools.kubectl(['get', 'nodes', '-o', 'name'])).split('\n')
    const server = (await cluster.waitForPods('shop')).find(({labels}) => labels['app'] === 'server')
    const podCIDR = `${(server?.ip ?? '').split('.').slice(0, 3).join('.')}.0/24`
    await cluster.tools.kubectl(['patch', node, '-p', JSON.stringify({spec: {podCIDR, podCIDRs: [podCIDR]}})])
    const seen = await whileObserving(
      observe(['--target', 'shop/server', '--window', '25s', '--yes', '--import']),
      async () => {
        await ask(plain, 'http://server.shop/', 7)
        await ask(onHost, 'http://server.shop/', 3, {'user-agent': 'probe/1'})
        await ask(meshed, 'http://server.shop/', 4)
        await ask(plain, 'http://server.shop/', 1, {'x-forwarded-for': '203.0.113.9'})
      },
    )
    const [pod] = await cluster
      .waitForPods('out')
      .then(pods => pods.filter(one => one.labels['app'] === 'plain'))
    assert.equal(seen.by, 'telemetry')
    assert.ok(seen.seconds >= 25 && seen.seconds < 40, `${seen.seconds} s`)
    assert.deepEqual(
      seen.clients.map(({client, server: to, transport, requests, pods}) => [
        `${client.namespace}/${client.workload}`,
        `${to.namespace}/${to.service}:${to.port}`,
        transport,
        requests,
        pods,
      ]),
      [['out/plain', 'shop/server:80', 'plaintext', 7, [pod?.name]]],
    )
    assert.deepEqual(
      seen.hidden.map(({because, requests, agents}) => [because, requests, agents]),
      [
        ['node', 3, ['probe/1']],
        ['forwarded', 1, []],
      ],
    )
    assert.match(seen.hidden[0]?.says ?? '', /node testbed-plaintext's own: its host network \(.*out\/hosty-/)
    assert.deepEqual([seen.requests.plaintext, seen.requests.all, seen.unexplained], [11, 15, 11])
    assert.deepEqual(await telemetries(), [])
    const written = await readFile(join(dir, 'meshctl.yaml'), 'utf8')
    assert.match(written, /client: out\/plain\n +calls:\n +- shop\/server:80/)
    const history = JSON.parse((await meshctl(['history'])).stdout) as {steps: {open: boolean}[]}
    assert.equal(history.steps.length, 2)
    assert.ok(history.steps.every(({open}) => !open))
  })

  const adopt = ['adopt', 'mtls', '--stage', 'walk', '--target', 'shop/server', '--yes', '--window', '1s']
  const declared = `clients:
  - {client: out/plain, calls: [], reason: it is gone}
  - {client: out/hosty, calls: [], reason: it calls nobody}
`

  it('blocks mTLS by what is seen, against what is declared, and names the client', async () => {
    await writeFile(join(dir, 'meshctl.yaml'), declared)
    const error = await whileObserving(refused([...adopt, '--observe', '15s'], 5), () =>
      ask(plain, 'http://server.shop/', 2),
    )
    const [reason] = error.data.blocked?.[0]?.reasons ?? []
    assert.equal(reason?.code, 'client-not-in-mesh')
    assert.match(
      reason?.message ?? '',
      /out\/plain has no sidecar and calls shop\/server:80 .*2 requests in plaintext seen in 1\d s .*though declared not to call it \(it is gone\)/,
    )
    assert.deepEqual(await telemetries(), [])
  })

  it('reads a log that is there without being asked, and adopts where it shows no plaintext', async () => {
    await writeFile(join(dir, 'meshctl.yaml'), declared)
    await cluster.apply([everything])
    await cluster.waitForProxies()
    // Of the first over each connection from before Envoy writes nothing; each of a proxy's threads has its own.
    await ask(meshed, 'http://server.shop/', 6)
    await new Promise(done => setTimeout(done, 2_000))
    const ran = await meshctl(adopt)
    assert.equal(ran.status, 0, ran.stdout)
    const {observed, ledgerId} = JSON.parse(ran.stdout) as {
      ledgerId: string
      observed: {by: string; requests: {plaintext: number; mtls: number}}[]
    }
    assert.deepEqual(
      observed.map(({by, requests}) => [by, requests.plaintext]),
      [['access-log', 0]],
    )
    assert.ok((observed[0]?.requests.mtls ?? 0) >= 3, JSON.stringify(observed))
    const refusedCall = await cluster.request({from: plain, url: 'http://server.shop/'})
    assert.notEqual(refusedCall.status, 200)
    const back = await meshctl(['rollback', ledgerId, '--yes'])
    assert.equal(back.status, 0, back.stdout)
    await ask(plain, 'http://server.shop/', 2)
    await new Promise(done => setTimeout(done, 2_000))
    const error = await refused(adopt, 5)
    assert.match(error.message, /out\/plain .*2 requests in plaintext seen in \d+ s \(access log/)
  })

  it('blocks mTLS for the whole mesh by what a log that is there shows', async () => {
    await writeFile(join(dir, 'meshctl.yaml'), declared)
    await cluster.apply([everything])
    await cluster.waitForProxies()
    await ask(plain, 'http://server.shop/', 3)
    await new Promise(done => setTimeout(done, 2_000))
    const run = ['adopt', 'mtls', '--stage', 'run', '--yes', '--window', '1s']
    const error = await refused(run, 5)
    const reasons = error.data.blocked?.flatMap(one => one.reasons) ?? []
    const [reason] = reasons.filter(({message}) => message.includes('out/plain'))
    assert.equal(reason?.code, 'client-not-in-mesh', JSON.stringify(reasons))
    assert.match(
      reason?.message ?? '',
      /out\/plain has no sidecar and calls shop\/server:80 .*3 requests in plaintext seen in \d+ s \(access log.*though declared not to call it \(it is gone\)/,
    )
  })

  it('says before it closes open connections, and wants the name', async () => {
    const words = ['clients', 'observe', '--target', 'store', '-n', 'shop', '--window', '15s', '--yes']
    const error = await refused(words, 5)
    assert.equal(error.code, 'consent-not-given')
    assert.match(
      (error.data.risks ?? []).join(),
      /shop\/store:80 \(TCP\) that stay open are closed 45 s after/,
    )
    assert.deepEqual(await telemetries(), [])
    const seen = await whileObserving(observe([...words.slice(2), '--confirm', 'shop/store']), () =>
      ask(plain, 'http://store.shop/', 3),
    )
    assert.deepEqual(
      seen.clients.map(({client, requests}) => [client.workload, requests]),
      [['plain', 3]],
    )
    assert.deepEqual([seen.requests.plaintext, seen.requests.all], [3, 3])
  })

  it('asks in a terminal, having shown what it would turn on', async () => {
    const words = ['clients', 'observe', '--target', 'shop/server', '--window', '2s']
    for (const [key, exit] of [
      ['n\r', 5],
      ['y\r', 0],
    ] as const) {
      const session = openTerminal([...words, '--kubeconfig', cluster.kubeconfig], dir)
      try {
        await session.shows(
          /expression: connection\.mtls == false[\s\S]*Make this change in the cluster now\?/,
        )
        session.type(key)
        await session.shows(exit === 5 ? 'Nothing was changed.' : 'Log calls without mTLS')
        if (exit === 0) await session.shows(/0 in plaintext .*in 2 s/)
        assert.equal(await session.ended(), exit)
      } finally {
        session.close()
      }
      assert.deepEqual(await telemetries(), [])
    }
  })

  function start(window: string) {
    const words = ['clients', 'observe', '--target', 'shop/server', '--yes', '--window', window, '--json']
    const env = {PATH: process.env['PATH'] ?? '', HOME: dir, KUBECONFIG: cluster.kubeconfig}
    return spawn(process.execPath, [entry, ...words], {cwd: dir, env, stdio: 'ignore'})
  }

  it('turns the log off when it is interrupted', async () => {
    const child = start('120s')
    const ended = once(child, 'exit')
    await waitFor('the log to be on', async () => ((await telemetries()).length > 0 ? true : undefined))
    await new Promise(done => setTimeout(done, 3_000))
    child.kill('SIGINT')
    assert.deepEqual(await ended, [130, null])
    assert.deepEqual(await telemetries(), [])
  })

  it('turns off what a killed run left on, at the next run, and says so', async () => {
    const child = start('120s')
    const ended = once(child, 'exit')
    await waitFor('the log to be on', async () => ((await telemetries()).length > 0 ? true : undefined))
    await new Promise(done => setTimeout(done, 3_000))
    child.kill('SIGKILL')
    await ended
    assert.deepEqual(await telemetries(), ['telemetry.telemetry.istio.io/meshctl-observe-server'])
    const left = await cluster.tools.kubectl(['get', 'telemetries', '-n', 'shop', '-o', 'yaml'])
    assert.match(left, /request\.time < timestamp\("20/)
    const seen = await observe(['--target', 'shop/server', '--window', '1s'])
    assert.match(
      seen.ended.join(),
      /turned on an access log at shop\/server and was cut short; it is off again/,
    )
    assert.deepEqual(await telemetries(), [])
  })

  describe('with the roles of the guide, and no more', () => {
    let roles: ReadonlyMap<string, Role>

    before(async () => {
      roles = await rolesOfGuide()
      await cluster.apply([...roles.values()])
    })

    /** The kubeconfig of somebody who has these roles. */
    async function somebody(name: string, names: readonly string[]): Promise<string> {
      const {kubeconfig} = await cluster.user({name, rules: []})
      const bindings = names.map(role => bindingOf(roles.get(role) ?? assert.fail(`no role ${role}`), name))
      await cluster.apply(bindings)
      return kubeconfig
    }

    it('the mesh is read whole', async () => {
      const kubeconfig = await somebody('reads', ['meshctl-read'])
      const ran = await meshctl(['status', '--require-complete'], kubeconfig)
      assert.equal(ran.status, 0, ran.stdout)
      const seen = await observe(['--target', 'shop/server', '--window', '1s'], kubeconfig)
      assert.equal(seen.by, 'nothing')
      assert.match(seen.missing.join(), /forbidden: pods\/portforward in namespace shop/)
      assert.match(seen.missing.join(), /forbidden: pods\/log in namespace shop/)
      assert.match(seen.rbac ?? '', /pods\/log/)
    })

    it('requests are counted, and a log is not turned on by who may not', async () => {
      const kubeconfig = await somebody('counts', ['meshctl-read', 'meshctl-verify'])
      const seen = await observe(['--target', 'shop/server', '--window', '1s'], kubeconfig)
      assert.deepEqual([seen.by, seen.missing, seen.rbac], ['counters', [], null])
      const words = ['clients', 'observe', '--target', 'shop/server', '--window', '1s', '--yes']
      const error = await refused(words, 3, kubeconfig)
      assert.equal(error.code, 'forbidden')
      for (const wanted of [/pods\/log/, /telemetries/, /namespace: meshctl-system/])
        assert.match(error.data.rbac ?? '', wanted)
      assert.deepEqual(await telemetries(), [])
    })

    it('a log that is there is read by its looks where the proxies may not be asked', async () => {
      const kubeconfig = await somebody('reads-logs', ['meshctl-read', 'meshctl-observe'])
      await cluster.apply([everything])
      await cluster.waitForProxies()
      await ask(plain, 'http://server.shop/', 2)
      await new Promise(done => setTimeout(done, 2_000))
      const seen = await observe(['--target', 'shop/server', '--window', '60s'], kubeconfig)
      assert.deepEqual(
        seen.clients.map(({client}) => client.workload),
        ['plain'],
      )
      assert.match(seen.missing.join(), /how the proxies log: lines in one of Istio’s formats/)
      assert.match(seen.rbac ?? '', /pods\/portforward/)
    })

    it('a log is turned on, read and turned off', async () => {
      const names = ['meshctl-read', 'meshctl-verify', 'meshctl-observe', 'meshctl-log', 'meshctl-ledger']
      const kubeconfig = await somebody('logs', names)
      const words = ['--target', 'shop/server', '--window', '12s', '--yes']
      const seen = await whileObserving(observe(words, kubeconfig), () =>
        ask(plain, 'http://server.shop/', 2),
      )
      assert.deepEqual([seen.by, seen.clients.map(({requests}) => requests)], ['telemetry', [2]])
      assert.deepEqual(await telemetries(), [])
    })

    it('a step is taken and taken back', async () => {
      await writeFile(join(dir, 'meshctl.yaml'), declared)
      const names = ['meshctl-read', 'meshctl-verify', 'meshctl-observe', 'meshctl-apply', 'meshctl-ledger']
      const kubeconfig = await somebody('takes-steps', names)
      const ran = await meshctl(adopt, kubeconfig)
      assert.equal(ran.status, 0, ran.stdout)
      const {ledgerId, verified} = JSON.parse(ran.stdout) as {ledgerId: string; verified: string}
      assert.notEqual(verified, 'refuted')
      const back = await meshctl(['rollback', ledgerId, '--yes'], kubeconfig)
      assert.equal(back.status, 0, back.stdout)
    })
  })
})
