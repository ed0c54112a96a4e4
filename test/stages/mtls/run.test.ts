import assert from 'node:assert/strict'
import test from 'node:test'
import {changesOf} from '../../../src/changes/change-set.ts'
import type {Change, ChangeSet, Phase} from '../../../src/changes/change-set.ts'
import type {Mesh} from '../../../src/mesh/mesh.ts'
import {at} from '../../../src/objects/json.ts'
import {brokenOrders} from '../../../src/stages/mtls/orders.ts'
import {stages} from '../../../src/stages/registry.ts'
import type {Answers} from '../../../src/stages/stage.ts'
import {
  after,
  app,
  applied,
  assess,
  broken,
  changed,
  istio,
  meshConfig,
  meshOf,
  namespace,
  plan,
  service,
  verdict,
  workload,
} from '../manifests.ts'

const shop = namespace('shop')
const page = app('page', {env: {CART_URL: 'http://cart'}})
const report = (url = 'http://cart.shop'): string =>
  workload('report', {namespace: 'batch', env: {CART_URL: url}})
const quiet = workload('quiet', {namespace: 'batch'})
const authentication = (name: string, spec: string, place = 'shop'): string =>
  istio('PeerAuthentication', name, spec, place)
const rule = (name: string, spec: string, place = 'shop'): string =>
  istio('DestinationRule', name, spec, place)
const cart = 'cart.shop.svc.cluster.local'
const port: Answers = {exceptions: 'port'}
const scopes = ['port', 'workload', 'namespace'] as const

const run = (mesh: Mesh, answers: Answers = {}): ChangeSet => plan(mesh, 'mtls', ['mesh'], answers, 'run')
const state = (mesh: Mesh, answers: Answers = {}): string => verdict(mesh, 'mtls', 'mesh', answers, 'run')
const titles = ({phases}: ChangeSet): readonly string[] => phases.map(({title}) => title)

// --- what it would cut -----------------------------------------------------------------------

const states: readonly (readonly [
  what: string,
  manifests: readonly string[],
  none: string,
  withPort: string,
])[] = [
  ['all in the mesh', [shop, app('cart'), page], 'ready', 'ready'],
  [
    'a caller without a sidecar',
    [shop, app('cart'), report()],
    'blocked: client-not-in-mesh',
    'ready: exception-planned',
  ],
  [
    'a caller of whom nothing is known',
    [shop, app('cart'), quiet],
    'blocked: client-calls-unknown',
    'blocked: client-calls-unknown',
  ],
  [
    'a load balancer',
    [shop, app('cart', {service: 'type: LoadBalancer'})],
    'blocked: load-balancer',
    'ready: exception-planned',
  ],
  [
    'probes that are not rewritten',
    [
      shop,
      app('cart', {
        annotations: 'sidecar.istio.io/rewriteAppHTTPProbers: "false"',
        container: 'readinessProbe: {httpGet: {port: 8080}}',
      }),
    ],
    'blocked: probe-rewrite-off',
    'ready: exception-planned',
  ],
  [
    'a client that goes past its proxy',
    [
      shop,
      app('cart'),
      app('page', {
        env: {CART_URL: 'http://cart'},
        annotations: 'traffic.sidecar.istio.io/excludeOutboundPorts: "80"',
      }),
    ],
    'blocked: client-port-excluded',
    'ready: exception-planned',
  ],
  [
    'a rule that turns TLS off, which goes',
    [shop, app('cart'), page, rule('cart', `host: ${cart}\ntrafficPolicy: {tls: {mode: DISABLE}}`)],
    'ready',
    'ready',
  ],
  [
    'TLS that the application answers itself',
    [
      shop,
      app('cart', {ports: '{name: tcp, port: 443}'}),
      app('page', {env: {CART_URL: 'https://cart'}}),
      rule('cart', `host: ${cart}\ntrafficPolicy: {tls: {mode: SIMPLE}}`),
    ],
    'blocked: destination-rule-plain-tls-to-strict',
    'ready: exception-planned',
  ],
  [
    'auto mTLS off',
    [shop, app('cart'), page, meshConfig('enableAutoMtls: false')],
    'blocked: auto-mtls-off',
    'blocked: auto-mtls-off, exception-planned',
  ],
  [
    'two mesh-wide policies of unknown age',
    [
      shop,
      app('cart'),
      authentication('a', 'mtls: {mode: PERMISSIVE}', 'istio-system'),
      authentication('b', 'mtls: {mode: STRICT}', 'istio-system'),
    ],
    'blocked: rival-policies-without-age',
    'blocked: rival-policies-without-age',
  ],
]

for (const [what, manifests, none, withPort] of states) {
  test(`mtls run: ${what} is ${none}, with exceptions ${withPort}`, () => {
    assert.equal(state(meshOf(manifests)), none)
    assert.equal(state(meshOf(manifests), port), withPort)
  })
}

test('each call that would break is listed, with what saves it', () => {
  const {reasons} = assess(meshOf([shop, app('cart'), report(), quiet]), 'mtls', 'mesh', {}, 'run')
  const [call, unknown] = reasons
  assert.match(call?.message ?? '', /batch\/report has no sidecar and calls shop\/cart:80 in plaintext/)
  assert.match(call?.unblock ?? '', /adopt sidecars --stage walk --target .*batch\/report/)
  for (const scope of scopes) assert.match(call?.unblock ?? '', new RegExp(`--exceptions ${scope}`))
  assert.match(unknown?.message ?? '', /batch\/quiet/)
  assert.match(unknown?.unblock ?? '', /meshctl clients declare batch\/quiet/)
})

// --- exceptions ------------------------------------------------------------------------------

const two = [
  shop,
  namespace('bank'),
  app('cart', {
    ports: '{name: http, port: 80, targetPort: 8080}, {name: http-admin, port: 81, targetPort: 9000}',
  }),
  app('stock'),
  app('ledger', {namespace: 'bank'}),
  page,
  workload('report', {
    namespace: 'batch',
    env: {CART_URL: 'http://cart.shop:81', STOCK_URL: 'http://stock.shop', LEDGER_URL: 'http://ledger.bank'},
  }),
]

const expected: Readonly<Record<(typeof scopes)[number], readonly string[]>> = {
  port: ['PeerAuthentication shop/cart', 'PeerAuthentication shop/stock', 'PeerAuthentication bank/ledger'],
  workload: [
    'PeerAuthentication shop/cart',
    'PeerAuthentication shop/stock',
    'PeerAuthentication bank/ledger',
  ],
  namespace: ['PeerAuthentication shop/default', 'PeerAuthentication bank/default'],
}

for (const scope of scopes) {
  test(`--exceptions ${scope}: no known call breaks, and each exception is needed`, () => {
    const mesh = meshOf(two)
    const set = run(mesh, {exceptions: scope})
    assert.deepEqual(titles(set), ['Open the exceptions', 'Demand mTLS in the whole mesh'])
    assert.deepEqual(changed(set), [
      ...expected[scope].map(name => `create ${name}`),
      'create PeerAuthentication istio-system/default',
    ])
    assert.deepEqual(broken(mesh, applied(mesh, set)), [])
    for (const one of exceptionsIn(set)) {
      const rest = without(set, one)
      assert.notDeepEqual(broken(mesh, applied(mesh, rest)), [], `${one.id.name} is not needed`)
    }
  })
}

test('a port that is opened is one that is needed, on the pods that need it', () => {
  const set = run(meshOf(two), port)
  assert.deepEqual(after(set, 'PeerAuthentication cart')['spec'], {
    selector: {matchLabels: {app: 'cart'}},
    portLevelMtls: {9000: {mode: 'PERMISSIVE'}},
  })
  const now = applied(meshOf(two), set)
  const mode = (target: number): string => {
    const [pods] = now.selected({app: 'cart'}, 'shop')
    return pods === undefined ? '' : now.peerAuthentication(pods, target).mode
  }
  assert.deepEqual([mode(8080), mode(9000)], ['STRICT', 'PERMISSIVE'])
})

test('an exception says why it is there, in a comment of its own', () => {
  const created = changesOf(run(meshOf([shop, app('cart'), report()]), port)).find(
    ({id}) => id.name === 'cart',
  )
  assert.ok(created?.action === 'create')
  assert.match(created.yaml ?? '', /# batch\/report, outside the mesh, calls shop\/cart:80\.\n/)
  assert.match(created.yaml ?? '', /Delete it once/)
})

test('an existing policy of the pods gets the port, and is never joined by a second', () => {
  const own = authentication(
    'cart-own',
    'selector: {matchLabels: {app: cart}}\nportLevelMtls: {9: {mode: STRICT}}',
  )
  const mesh = meshOf([shop, app('cart'), report(), own])
  const set = run(mesh, port)
  assert.deepEqual(changed(set), [
    'update PeerAuthentication shop/cart-own',
    'create PeerAuthentication istio-system/default',
  ])
  assert.deepEqual(at(after(set, 'PeerAuthentication cart-own'), ['spec', 'portLevelMtls']), {
    8080: {mode: 'PERMISSIVE'},
    9: {mode: 'STRICT'},
  })
  assert.deepEqual(broken(mesh, applied(mesh, set)), [])
})

test('Services over the same pods share one exception', () => {
  const admin = service('admin', {ports: '{name: http-admin, port: 81, targetPort: 9000}'}).replace(
    'app: admin',
    'app: cart',
  )
  const mesh = meshOf([
    shop,
    app('cart'),
    admin,
    workload('report', {namespace: 'batch', env: {A_URL: 'http://cart.shop', B_URL: 'http://admin.shop:81'}}),
  ])
  const set = run(mesh, port)
  assert.deepEqual(changed(set), [
    'create PeerAuthentication shop/cart',
    'create PeerAuthentication istio-system/default',
  ])
  assert.deepEqual(broken(mesh, applied(mesh, set)), [])
})

test('Services that share a part of their pods cannot be opened by one policy, and that is said', () => {
  const wide = service('wide').replace('app: wide', 'tier: web')
  const narrow = service('narrow').replace('app: narrow', 'zone: a')
  const mesh = meshOf([
    shop,
    wide,
    narrow,
    workload('one', {podLabels: 'tier: web, zone: a'}),
    workload('two', {podLabels: 'tier: web'}),
    workload('three', {podLabels: 'zone: a'}),
    workload('report', {namespace: 'batch', env: {A_URL: 'http://wide.shop', B_URL: 'http://narrow.shop'}}),
  ])
  assert.match(state(mesh, port), /^blocked: .*exception-entangled/)
  assert.equal(state(mesh, {exceptions: 'namespace'}), 'ready: exception-planned')
})

// --- what else goes --------------------------------------------------------------------------

test('a rule that only turns TLS off is deleted, one that does more is set to mTLS, before anything else', () => {
  const mesh = meshOf([
    shop,
    app('cart'),
    app('stock'),
    app('page', {env: {CART_URL: 'http://cart', STOCK_URL: 'http://stock'}}),
    rule('cart', `host: ${cart}\ntrafficPolicy: {tls: {mode: DISABLE}}`),
    rule(
      'stock',
      'host: stock\ntrafficPolicy: {tls: {mode: SIMPLE}, connectionPool: {tcp: {maxConnections: 5}}}',
    ),
  ])
  const set = run(mesh)
  assert.deepEqual(
    set.phases.map(({title, changes}) => [title, changes.map(({action, id}) => `${action} ${id.name}`)]),
    [
      ['Let clients send mTLS', ['delete cart', 'update stock']],
      ['Demand mTLS in the whole mesh', ['create default']],
    ],
  )
  assert.deepEqual(at(after(set, 'DestinationRule stock'), ['spec', 'trafficPolicy']), {
    tls: {mode: 'ISTIO_MUTUAL'},
    connectionPool: {tcp: {maxConnections: 5}},
  })
  assert.deepEqual(broken(mesh, applied(mesh, set)), [])
})

test('a rule under which another one lies that stays is not deleted', () => {
  const mesh = meshOf([
    shop,
    app('cart'),
    page,
    rule('cart', `host: ${cart}\ntrafficPolicy: {tls: {mode: DISABLE}}`),
    rule(
      'all',
      'host: "*.shop.svc.cluster.local"\ntrafficPolicy: {loadBalancer: {simple: RANDOM}}',
      'istio-system',
    ),
  ])
  assert.match(changed(run(mesh)).join(), /^update DestinationRule shop\/cart/)
})

test('a mesh-wide rule that turns TLS off for all hosts of the mesh goes too', () => {
  const all = rule('all', 'host: "*.local"\ntrafficPolicy: {tls: {mode: DISABLE}}', 'istio-system')
  const mesh = meshOf([shop, app('cart'), page, all])
  const set = run(mesh)
  assert.equal(state(mesh), 'ready')
  assert.deepEqual(changed(set), [
    'delete DestinationRule istio-system/all',
    'create PeerAuthentication istio-system/default',
  ])
  assert.deepEqual(broken(mesh, applied(mesh, set)), [])
})

test('policies of before Istio 1.6 go in the same step; JWT rules are left to a person', () => {
  const old = (kind: string, name: string, spec: string): string =>
    `apiVersion: authentication.istio.io/v1alpha1\nkind: ${kind}\nmetadata: {name: ${name}, namespace: shop}\nspec: ${spec}`
  const mesh = meshOf([
    shop,
    app('cart'),
    page,
    old('MeshPolicy', 'default', '{peers: [{mtls: {}}]}'),
    old('Policy', 'open', '{targets: [{name: cart}]}'),
    old('Policy', 'tokens', '{origins: [{jwt: {issuer: x}}]}'),
  ])
  const set = run(mesh)
  assert.deepEqual([...changed(set)].sort(), [
    'create PeerAuthentication istio-system/default',
    'delete MeshPolicy /default',
    'delete Policy shop/open',
  ])
  assert.match(set.notes.map(({title}) => title).join(), /Policy shop\/tokens/)
})

test('from a mesh-wide DISABLE the way leads through PERMISSIVE, with clients kept on plaintext meanwhile', () => {
  const mesh = meshOf([
    shop,
    app('cart'),
    page,
    authentication('default', 'mtls: {mode: DISABLE}', 'istio-system'),
  ])
  const set = run(mesh)
  assert.equal(state(mesh), 'ready')
  assert.deepEqual(
    set.phases.map(({changes}) => changes.map(({action, id}) => `${action} ${id.kind} ${id.name}`)),
    [
      ['create DestinationRule plaintext-shop'],
      ['update PeerAuthentication default'],
      ['delete DestinationRule plaintext-shop'],
      ['update PeerAuthentication default'],
    ],
  )
  const modes = changesOf(set).flatMap(change =>
    change.action === 'update'
      ? [at(change.before.value, ['spec', 'mtls', 'mode']), at(change.after, ['spec', 'mtls', 'mode'])]
      : [],
  )
  assert.deepEqual(modes, ['DISABLE', 'PERMISSIVE', 'PERMISSIVE', 'STRICT'])
  const unpinned = {
    ...set,
    phases: set.phases.slice(1).filter(({title}) => title !== 'Let clients send mTLS'),
  }
  assert.notDeepEqual(
    brokenOrders(mesh, unpinned),
    [],
    'without the pin, a client would be ahead of its server',
  )
})

test('written one phase at a time, each run goes on where the last one ended, and the last one has nothing left', () => {
  let mesh = meshOf([
    shop,
    app('cart'),
    page,
    report(),
    rule('cart', `host: ${cart}\ntrafficPolicy: {tls: {mode: DISABLE}}`),
    authentication('default', 'mtls: {mode: DISABLE}', 'istio-system'),
  ])
  const seen: string[] = []
  for (let count = 0; count < 8; count++) {
    if (!state(mesh, port).startsWith('ready')) break
    const [first] = run(mesh, port).phases
    if (first === undefined) break
    seen.push(first.title)
    const next = applied(mesh, {phases: [first], notes: []})
    assert.deepEqual(broken(mesh, next), [], first.title)
    mesh = next
  }
  assert.deepEqual(seen, [
    'Keep clients on plaintext while servers change',
    'Let servers take both plaintext and mTLS',
    'Let clients send mTLS',
    'Open the exceptions',
    'Demand mTLS in the whole mesh',
  ])
  assert.equal(state(mesh, port), 'blocked: exceptions-remain')
  assert.deepEqual(run(mesh, port), {phases: [], notes: []})
})

// --- the debt --------------------------------------------------------------------------------

test('an exception is a debt that names who needs it, until it can be taken back', () => {
  const before = meshOf([shop, app('cart'), page, report()])
  const owing = applied(before, run(before, port))
  const [debt] = assess(owing, 'mtls', 'mesh', {}, 'run').reasons
  assert.match(
    debt?.message ?? '',
    /PeerAuthentication shop\/cart still allows plaintext: port 8080, because batch\/report calls shop\/cart:80/,
  )
  const meshed = owing.withObjects([...owing.objects(), ...meshOf([namespace('batch')]).objects()])
  assert.equal(state(meshed), 'ready: exception-unneeded')
  const back = run(meshed)
  assert.deepEqual(changed(back), ['delete PeerAuthentication shop/cart'])
  const clear = applied(meshed, back)
  assert.deepEqual(broken(meshed, clear), [])
  assert.equal(state(clear), 'done')
})

test('an exception is not taken back while some callers are silent', () => {
  const open = authentication('cart', 'selector: {matchLabels: {app: cart}}\nmtls: {mode: PERMISSIVE}')
  const strict = authentication('default', 'mtls: {mode: STRICT}', 'istio-system')
  assert.match(state(meshOf([shop, app('cart'), open, strict, quiet])), /^blocked: client-calls-unknown/)
  assert.equal(state(meshOf([shop, app('cart'), open, strict])), 'ready: exception-unneeded')
})

test('a DISABLE that somebody chose is a debt, and is left to a person', () => {
  const open = authentication('cart', 'selector: {matchLabels: {app: cart}}\nmtls: {mode: DISABLE}')
  const mesh = meshOf([
    shop,
    app('cart'),
    open,
    authentication('default', 'mtls: {mode: STRICT}', 'istio-system'),
  ])
  assert.equal(state(mesh), 'blocked: exceptions-remain')
  assert.deepEqual(run(mesh), {phases: [], notes: []})
})

// --- orders ----------------------------------------------------------------------------------

/** Every subset of a phase's changes: whatever a proxy may have of it. */
function everySubset({changes}: Phase): readonly (readonly Change[])[] {
  return changes.reduce<readonly (readonly Change[])[]>(
    (sets, change) => [...sets, ...sets.map(set => [...set, change])],
    [[]],
  )
}

const disable = `host: ${cart}\ntrafficPolicy: {tls: {mode: DISABLE}}`
const small: readonly (readonly [string, readonly string[]])[] = [
  ['a client whose rule turns TLS off', [shop, app('cart'), page, rule('cart', disable)]],
  ['one outside, one inside', [shop, app('cart'), page, report()]],
  ['two servers, one caller outside', [shop, app('cart'), app('stock'), page, report('http://stock.shop')]],
  [
    'a rule and a caller outside of the same server',
    [shop, app('cart'), page, report(), rule('cart', disable)],
  ],
  [
    'a mesh-wide DISABLE',
    [shop, app('cart'), page, authentication('default', 'mtls: {mode: DISABLE}', 'istio-system')],
  ],
  [
    'a mesh-wide DISABLE, a rule, and a caller outside',
    [
      shop,
      app('cart'),
      app('stock'),
      page,
      app('web', {env: {STOCK_URL: 'http://stock'}}),
      report(),
      rule('cart', disable),
      authentication('default', 'mtls: {mode: DISABLE}', 'istio-system'),
    ],
  ],
  [
    'a headless server',
    [
      shop,
      service('cart', {service: 'clusterIP: None'}),
      workload('cart'),
      page,
      report(),
      rule('cart', disable),
    ],
  ],
]

for (const [what, manifests] of small) {
  for (const scope of scopes) {
    test(`no order in which proxies get the changes breaks a call: ${what}, ${scope}`, () => {
      const mesh = meshOf(manifests)
      const set = run(mesh, {exceptions: scope})
      assert.ok(mesh.edges().length > 0 && changesOf(set).length > 0)
      assert.deepEqual(
        brokenOrders(mesh, set, everySubset).map(({edge, phase}) => [edge.client.workload, phase]),
        [],
      )
    })
  }
}

test('the naive order, all at once, is shown to break a call', () => {
  const mesh = meshOf([
    shop,
    app('cart'),
    app('stock'),
    page,
    report('http://stock.shop'),
    rule('cart', disable),
  ])
  const naive = {phases: [{title: 'all at once', changes: changesOf(run(mesh, port))}]}
  const found = brokenOrders(mesh, naive, everySubset)
  const late = found.find(
    ({edge, clientHas, serverHas}) =>
      edge.client.workload === 'page' && clientHas.length === 0 && serverHas.length === 3,
  )
  assert.equal(
    late?.outcome.cause,
    'destination-rule-disables-tls',
    'a client without its change meets a STRICT server',
  )
  assert.ok(
    found.some(({edge}) => edge.client.workload === 'report'),
    'a server that has STRICT and not yet its exception refuses the caller outside',
  )
})

test('what would break in some order blocks', () => {
  // A rule of the client's namespace hides the pin of the root namespace.
  const mesh = meshOf([
    shop,
    app('cart'),
    page,
    rule('cart', `host: ${cart}\ntrafficPolicy: {connectionPool: {tcp: {maxConnections: 5}}}`),
    authentication('default', 'mtls: {mode: DISABLE}', 'istio-system'),
  ])
  assert.equal(state(mesh), 'blocked: order-would-break')
})

// --- after -----------------------------------------------------------------------------------

test('what is expected after: STRICT where it holds, PERMISSIVE where an exception is, mTLS on known calls', () => {
  const mesh = meshOf([shop, app('cart'), page, report()])
  const now = applied(mesh, run(mesh, port))
  const {expect} = stages.mtls.run
  assert.deepEqual(expect(now, [], {}), [
    {check: 'server-mode', namespace: 'shop', workload: 'cart', port: 8080, mode: 'PERMISSIVE'},
    {check: 'server-mode', namespace: 'shop', workload: 'page', port: 8080, mode: 'STRICT'},
    {check: 'edge-transport', client: 'shop/page', server: 'shop/cart:80', transport: 'mtls'},
  ])
})

function exceptionsIn({phases}: ChangeSet): readonly Change[] {
  return phases.find(({title}) => title === 'Open the exceptions')?.changes ?? []
}

function without(set: ChangeSet, gone: Change): ChangeSet {
  return {
    ...set,
    phases: set.phases.map(phase => ({...phase, changes: phase.changes.filter(change => change !== gone)})),
  }
}
