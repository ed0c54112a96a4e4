import assert from 'node:assert/strict'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, afterEach, before, beforeEach, it} from 'node:test'
import {setTimeout as sleep} from 'node:timers/promises'
import {stringify} from 'yaml'

import {runCli} from '../cli/run-cli.ts'
import {startCluster} from '../testbed/cluster/start.ts'
import type {Cluster} from '../testbed/cluster/cluster.ts'
import {describeOnTestbed} from '../testbed/suite.ts'
import {echoApp} from '../testbed/use/apps.ts'
import {steadyLoad} from './steady-load.ts'
import type {Caller, SteadyLoad, Tally} from './steady-load.ts'

/** How many requests the steady load sends at least; docs/testbed.md tells of the long one. */
const wanted = Number(process.env['MESHCTL_LOAD_REQUESTS'] ?? 10_000)
const perSecond = 40

interface Step {
  readonly verified: string | null
  readonly verification: unknown
  readonly ledgerId: string
  readonly changes: readonly {
    readonly action: string
    readonly object: {readonly kind: string; readonly namespace: string; readonly name: string}
  }[]
  readonly blastRadius: {readonly broken: readonly unknown[]}
}

interface Edge {
  readonly client: {readonly namespace: string; readonly workload: string}
  readonly server: {readonly namespace: string; readonly service: string; readonly port: number}
}
type Judged = Edge & {readonly outcome: {readonly result: string; readonly transport: string}}
type Changed = Edge & {readonly before: {readonly result: string}; readonly after: {readonly result: string}}

interface Cell {
  readonly capability: string
  readonly stage: string
  readonly subject: {readonly namespace: string; readonly name: string}
  readonly state: string
  readonly reasons: readonly {readonly code: string; readonly message: string}[]
}

/** A server with a second port that is for metrics, 9090; its pods serve it on 8081. */
function withMetrics(objects: object[]): object[] {
  return objects.map(object => {
    const {kind, spec} = object as {kind: string; spec: Service & Deployment}
    if (kind === 'Service') spec.ports.push({name: 'http-metrics', port: 9090, targetPort: 8081})
    if (kind === 'Deployment')
      for (const container of spec.template.spec.containers)
        container.command = ['node', '/testbed/many-ports.mjs']
    return object
  })
}

interface Service {
  ports: object[]
}

interface Deployment {
  template: {spec: {containers: {command: string[]}[]}}
}

const peerAuthentication = (namespace: string, name: string, spec: object): object => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'PeerAuthentication',
  metadata: {name, namespace},
  spec,
})

/** What an old Istio and Prometheus' operator would have defined; their controllers are not there. */
const definition = (group: string, version: string, kind: string, plural: string): object => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {name: `${plural}.${group}`},
  spec: {
    group,
    scope: 'Namespaced',
    names: {kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List`},
    versions: [
      {
        name: version,
        served: true,
        storage: true,
        schema: {openAPIV3Schema: {type: 'object', 'x-kubernetes-preserve-unknown-fields': true}},
      },
    ],
  },
})

/** Client teams of old pinned plaintext, by a rule that is in their own namespace. */
const plaintextRule = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'DestinationRule',
  metadata: {name: 'cart', namespace: 'web'},
  spec: {host: 'cart.shop.svc.cluster.local', trafficPolicy: {tls: {mode: 'DISABLE'}}},
}

/** Nothing has read it for years, and it says what is not so. */
const oldPolicy = {
  apiVersion: 'authentication.istio.io/v1alpha1',
  kind: 'Policy',
  metadata: {name: 'plaintext', namespace: 'bank'},
  spec: {targets: [{name: 'ledger'}]},
}

/** Somebody's exception, which its caller outside the mesh needs. */
const exception = peerAuthentication('bank', 'billing', {
  selector: {matchLabels: {app: 'billing'}},
  mtls: {mode: 'PERMISSIVE'},
})

const wholeMeshStrict = peerAuthentication('istio-system', 'default', {mtls: {mode: 'STRICT'}})

const monitor = {
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'ServiceMonitor',
  metadata: {name: 'cart', namespace: 'shop'},
  spec: {selector: {matchLabels: {scraped: 'yes'}}, endpoints: [{port: 'http-metrics'}]},
}

const calls: Readonly<Record<string, readonly string[]>> = {
  'web/page': ['shop/cart:80', 'bank/ledger:80'],
  'shop/cart': ['shop/stock:80'],
  'shop/stock': ['bank/billing:80'],
  'batch/report': ['shop/stock:80', 'bank/billing:80'],
}

const callers: readonly Caller[] = Object.entries(calls).flatMap(([client, servers]) =>
  servers.map(server => callerOf(client, server)),
)
const scrape = callerOf('batch/scraper', 'shop/cart:9090')

function callerOf(client: string, server: string): Caller {
  const [namespace = '', app = ''] = client.split('/')
  const [, to = '', service = '', port = ''] = /^(.+)\/(.+):(\d+)$/.exec(server) ?? []
  return {
    name: `${client} -> ${server}`,
    from: {namespace, app, container: 'app'},
    url: `http://${service}.${to}:${port}/`,
  }
}

function nameOf({client, server}: Edge): string {
  return `${client.namespace}/${client.workload} -> ${server.namespace}/${server.service}:${server.port}`
}

describeOnTestbed('mTLS on real traffic', {timeout: 1_800_000}, () => {
  let cluster: Cluster
  let dir: string
  let load: SteadyLoad | undefined

  before(async () => {
    cluster = await startCluster({name: 'mtls-run'})
    for (const namespace of ['shop', 'bank', 'web']) await cluster.createNamespace(namespace)
    await cluster.createNamespace('batch', {injection: false})
    await cluster.apply([
      definition('authentication.istio.io', 'v1alpha1', 'Policy', 'policies'),
      definition('monitoring.coreos.com', 'v1', 'ServiceMonitor', 'servicemonitors'),
      ...withMetrics(echoApp({namespace: 'shop', name: 'cart'})),
      ...echoApp({namespace: 'shop', name: 'stock', replicas: 2}),
      ...echoApp({namespace: 'bank', name: 'ledger'}),
      ...echoApp({namespace: 'bank', name: 'billing'}),
      ...echoApp({namespace: 'web', name: 'page'}),
      ...echoApp({namespace: 'batch', name: 'report'}),
    ])
    for (const namespace of ['shop', 'bank', 'web', 'batch']) await cluster.waitForPods(namespace)
    await cluster.tools.kubectl(['label', 'service', 'cart', '-n', 'shop', 'scraped=yes'])
    dir = await mkdtemp(join(tmpdir(), 'meshctl-mtls-'))
    const clients = Object.entries(calls).map(([client, servers]) => ({
      client,
      calls: servers,
      reason: 'the test makes these calls and no others',
    }))
    await writeFile(join(dir, 'meshctl.yaml'), stringify({clients}))
  })
  after(async () => {
    await cluster?.stop()
    if (dir !== undefined) await rm(dir, {recursive: true, force: true})
  })
  afterEach(async () => {
    await load?.stop()
  })
  beforeEach(async () => {
    const kinds = 'peerauthentications,destinationrules,policies.authentication.istio.io'
    await cluster.tools.kubectl(['delete', `${kinds},servicemonitors`, '--all', '-A'])
    await cluster.apply([plaintextRule, exception, oldPolicy])
    await cluster.waitForProxies()
  })

  async function meshctl<Answer>(words: readonly string[], exit = 0): Promise<Answer> {
    const ran = await runCli([...words, '--json'], {cwd: dir, env: {KUBECONFIG: cluster.kubeconfig}})
    assert.equal(ran.status, exit, `${words.join(' ')}: ${ran.stdout}${ran.stderr}`)
    return JSON.parse(ran.stdout) as Answer
  }

  async function cells(stage: string, name: string): Promise<Cell> {
    const {cells} = await meshctl<{cells: Cell[]}>(['status'])
    const found = cells.find(
      one => one.capability === 'mtls' && one.stage === stage && one.subject.name === name,
    )
    assert.ok(found, `no cell mtls ${stage} of ${name}`)
    return found
  }

  /** What people decided of the objects that a step changes. */
  async function objects(): Promise<unknown> {
    const kinds = 'peerauthentications,destinationrules,policies.authentication.istio.io,servicemonitors'
    const {items} = JSON.parse(await cluster.tools.kubectl(['get', kinds, '-A', '-o', 'json'])) as {
      items: {
        kind: string
        metadata: {namespace: string; name: string; labels?: object; annotations?: object}
        spec: object
      }[]
    }
    return items.map(({kind, metadata: {namespace, name, labels, annotations}, spec}) => ({
      kind,
      namespace,
      name,
      labels,
      annotations,
      spec,
    }))
  }

  /** Which calls get through, each tried on connections of its own. */
  async function tried(all: readonly Caller[]): Promise<ReadonlyMap<string, boolean>> {
    const answers = await Promise.all(
      all.map(async ({name, from, url}) => {
        const {status} = await cluster.request({from, url, timeoutMs: 3_000})
        return [name, status === 200] as const
      }),
    )
    return new Map(answers)
  }

  function failing(outcomes: ReadonlyMap<string, boolean>): readonly string[] {
    return [...outcomes].flatMap(([name, through]) => (through ? [] : [name])).sort()
  }

  function noneLost(tallies: ReadonlyMap<string, Tally>): void {
    for (const [name, {sent, lost, losses}] of tallies) {
      assert.ok(sent > 0, `${name} sent nothing`)
      assert.equal(lost, 0, `${name} lost ${lost} of ${sent}: ${losses.join('; ')}`)
    }
  }

  const wholeMesh = [
    ...['adopt', 'mtls', '--stage', 'run', '--exceptions', 'port'],
    ...['--yes', '--confirm', 'mesh', '--window', '5s'],
  ]

  it('goes STRICT in the whole mesh and back under load without a lost request, and proves it', async t => {
    const start = await objects()
    const begin = Date.now()
    let [rounds, sent] = [0, 0]
    while (sent < wanted) {
      load = await steadyLoad(cluster, callers, perSecond)
      const step = await meshctl<Step>(wholeMesh)
      assert.deepEqual(
        step.changes.map(({action, object}) => `${action} ${object.kind} ${object.namespace}/${object.name}`),
        [
          'delete DestinationRule web/cart',
          'create PeerAuthentication shop/stock',
          'delete Policy bank/plaintext',
          'create PeerAuthentication istio-system/default',
        ],
      )
      assert.deepEqual(step.blastRadius.broken, [])
      assert.equal(step.verified, 'proven', JSON.stringify(step.verification, null, 1))
      const owing = await cells('run', 'mesh')
      assert.equal(owing.state, 'blocked')
      assert.deepEqual(
        owing.reasons.map(({code, message}) => [code, /PeerAuthentication (\S+)/.exec(message)?.[1]]),
        [
          ['exceptions-remain', 'bank/billing'],
          ['exceptions-remain', 'shop/stock'],
        ],
      )
      await meshctl(['rollback', step.ledgerId, '--yes'])
      assert.deepEqual(await objects(), start)
      const tallies = await load.stop()
      noneLost(tallies)
      sent += [...tallies.values()].reduce((sum, tally) => sum + tally.sent, 0)
      rounds++
    }
    const seconds = Math.round((Date.now() - begin) / 1000)
    t.diagnostic(
      `${sent} requests on ${callers.length} edges in ${seconds} s, ${rounds} times there and back: none lost`,
    )
  })

  it('breaks what whatif predicts and nothing else, when somebody applies STRICT all the same', async () => {
    await writeFile(join(dir, 'strict.yaml'), stringify(wholeMeshStrict))
    const {edges} = await meshctl<{edges: Changed[]}>(['whatif', '-f', 'strict.yaml'], 1)
    const doomed = edges
      .filter(({before, after: then}) => before.result === 'ok' && then.result === 'fails')
      .map(nameOf)
      .sort()
    assert.deepEqual(doomed, ['batch/report -> shop/stock:80', 'web/page -> shop/cart:80'])
    assert.deepEqual(failing(await tried(callers)), [])

    load = await steadyLoad(cluster, callers, 10)
    await cluster.apply([wholeMeshStrict])
    await cluster.waitForProxies()
    await sleep(2_000)
    assert.deepEqual(failing(await tried(callers)), doomed)
    const all = await meshctl<{edges: Judged[]}>(['explain', '--all'])
    assert.deepEqual(
      all.edges
        .filter(({outcome}) => outcome.result === 'fails')
        .map(nameOf)
        .sort(),
      doomed,
    )
    // The order that the plan does not take: the rule goes only now, after its server demands mTLS.
    await cluster.remove([plaintextRule])
    await cluster.waitForProxies()
    await sleep(2_000)
    assert.deepEqual(failing(await tried(callers)), ['batch/report -> shop/stock:80'])
    const tallies = await load.stop()
    for (const name of doomed) assert.notEqual(tallies.get(name)?.lost, 0, `${name} lost nothing`)
    noneLost(new Map([...tallies].filter(([name]) => !doomed.includes(name))))
  })

  it('opts one service in, its clients pinned, and a scrape of its metrics goes on', async () => {
    await cluster.remove([plaintextRule])
    const podLabels = {'app.kubernetes.io/name': 'prometheus'}
    await cluster.apply([monitor, ...echoApp({namespace: 'batch', name: 'scraper', podLabels})])
    await cluster.waitForPods('batch')
    const start = await objects()
    const all = [...callers, scrape]
    load = await steadyLoad(cluster, all, 10)
    const step = await meshctl<Step>([
      ...['adopt', 'mtls', '--stage', 'walk', '--target', 'shop/cart', '--pin-clients'],
      ...['--yes', '--window', '5s'],
    ])
    assert.equal(step.verified, 'proven', JSON.stringify(step.verification, null, 1))
    const intruder = callerOf('batch/report', 'shop/cart:80')
    assert.deepEqual(failing(await tried([...all, intruder])), [intruder.name])
    const cell = await cells('walk', 'cart')
    assert.deepEqual([cell.state, ...cell.reasons.map(({code}) => code)], ['done', 'carve-outs-remain'])
    assert.deepEqual(
      step.changes.map(({action, object}) => `${action} ${object.kind} ${object.namespace}/${object.name}`),
      ['create DestinationRule shop/cart', 'create PeerAuthentication shop/cart'],
    )
    noneLost(await load.stop())

    // The carve-out is what keeps the scrape alive.
    const patch = ['patch', 'peerauthentication', 'cart', '-n', 'shop', '--type=json', '-p']
    const close = {op: 'remove', path: '/spec/portLevelMtls'}
    await cluster.tools.kubectl([...patch, JSON.stringify([close])])
    await cluster.waitForProxies()
    assert.deepEqual(failing(await tried(all)), [scrape.name])
    const open = {...close, op: 'add', value: {8081: {mode: 'PERMISSIVE'}}}
    await cluster.tools.kubectl([...patch, JSON.stringify([open])])
    await meshctl(['rollback', step.ledgerId, '--yes'])
    assert.deepEqual(await objects(), start)
    assert.deepEqual(failing(await tried([...all, intruder])), [])
  })
})
