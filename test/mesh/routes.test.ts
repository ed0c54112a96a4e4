import assert from 'node:assert/strict'
import test from 'node:test'
import {httpRoutesOf} from '../../src/mesh/http-routes.ts'
import {possibleRoutes} from '../../src/mesh/routes.ts'
import {workloadOf} from '../support/mesh.ts'
import {host, routedMesh, routesFor, serverOf, virtualService} from './route-fixtures.ts'

const to = (subset?: string): string =>
  `route: [{destination: {host: server${subset === undefined ? '' : `, subset: ${subset}`}}}]`
const abort = 'fault: {abort: {httpStatus: 503, percentage: {value: 100}}}'
const route = (http: string, age = 100): string => virtualService({name: 'a', age, http})

test('without a VirtualService: the default route, unlimited, with the default retries', () => {
  const {routes, choice, facts} = routesFor(routedMesh(''))
  assert.equal(choice, null)
  assert.equal(routes.length, 1)
  assert.deepEqual(routes[0]?.destinations, [{host, subset: null, port: 80, weight: 100, path: []}])
  assert.equal(routes[0].catchAll, true)
  assert.equal(routes[0].timeout, null)
  assert.equal(routes[0].retries?.source, 'default')
  assert.equal(routes[0].retries?.attempts, 2)
  assert.equal(routes[0].object, null)
  assert.ok(facts.some(fact => fact.text.includes('default route')))
})

test('sourceLabels are decided when the configuration is built (lab 33)', () => {
  const mesh = routedMesh(route(`[{match: [{sourceLabels: {app: client}}], ${to()}, ${abort}}]`))
  const mine = routesFor(mesh, 'client')
  assert.deepEqual(
    mine.routes.map(one => [one.catchAll, one.faults?.abort]),
    [[true, {status: '503', percentage: 100}]],
  )
  const theirs = routesFor(mesh, 'other')
  assert.equal(theirs.choice, null)
  assert.deepEqual(
    theirs.routes.map(one => [one.object, one.faults]),
    [[null, null]],
  )
  assert.ok(
    theirs.facts.some(fact => fact.text.includes('No route of VirtualService srv/a concerns cli/other')),
  )
})

test('gateways beside sourceLabels expose everybody (lab 34)', () => {
  const table = routesFor(
    routedMesh(route(`[{match: [{sourceLabels: {app: client}, gateways: [mesh]}], ${to()}, ${abort}}]`)),
    'other',
  )
  assert.equal(table.routes[0]?.faults?.abort?.percentage, 100)
  assert.ok(
    table.facts.some(
      fact => fact.text.includes('sourceLabels') && fact.path.join('.') === 'spec.http.0.match',
    ),
  )
})

test('a VirtualService with header routes only leaves no catch-all (lab 35)', () => {
  const table = routesFor(routedMesh(route(`[{match: [{headers: {x: {exact: jason}}}], ${to('v2')}}]`)))
  assert.deepEqual(
    table.routes.map(one => [one.match, one.catchAll]),
    [['header x is jason', false]],
  )
  assert.ok(table.facts.some(fact => fact.text.includes('404')))
})

test('one that has no route left for a client gives way to the next, and that to the default', () => {
  const first = virtualService({name: 'a', age: 100, http: `[{match: [{port: 9090}], ${to()}}]`})
  const second = virtualService({name: 'b', age: 200, http: `[{${to()}, timeout: 7s}]`})
  const mesh = routedMesh(first + second)
  assert.equal(routesFor(mesh).choice?.virtualService.id.name, 'b')
  assert.equal(routesFor(mesh).routes[0]?.timeout, '7s')
  assert.equal(routesFor(mesh, 'client', 9090).choice?.virtualService.id.name, 'a')
  assert.equal(routesFor(routedMesh(first)).choice, null)
})

test('an exact host without a route left does not let a wildcard in', () => {
  const exact = virtualService({name: 'a', age: 100, http: `[{match: [{port: 9090}], ${to()}}]`})
  const wild = virtualService({
    name: 'b',
    age: 50,
    hosts: ['*.srv.svc.cluster.local'],
    http: `[{${to()}, timeout: 7s}]`,
  })
  assert.equal(routesFor(routedMesh(exact + wild)).choice, null)
})

test('of several with one wildcard only the first may serve, even with no route left', () => {
  const hosts = ['*.srv.svc.cluster.local']
  const first = virtualService({name: 'a', age: 100, hosts, http: `[{match: [{port: 9090}], ${to()}}]`})
  const second = virtualService({name: 'b', age: 200, hosts, http: `[{${to()}, timeout: 7s}]`})
  const mesh = routedMesh(first + second)
  assert.equal(routesFor(mesh, 'client', 9090).choice?.virtualService.id.name, 'a')
  assert.equal(routesFor(mesh).choice, null)
})

test('every match is a route, and nothing follows one that takes everything', () => {
  const table = routesFor(
    routedMesh(
      route(`[
        {match: [{method: {regex: "GET|HEAD"}}, {uri: {prefix: /read}}], ${to()}, retries: {attempts: 3, retryOn: "5xx,503"}},
        {match: [{sourceLabels: {app: client}}, {uri: {exact: /never}}], ${to()}, retries: {attempts: 0}},
        {${to()}, timeout: 9s}]`),
    ),
  )
  assert.deepEqual(
    table.routes.map(one => [one.match, one.catchAll, one.methods, one.path.join('.')]),
    [
      ['method matches GET|HEAD', false, ['GET', 'HEAD'], 'spec.http.0'],
      ['uri starts with /read', false, null, 'spec.http.0'],
      [null, true, null, 'spec.http.1'],
    ],
  )
  assert.deepEqual(table.routes[0]?.retries, {
    attempts: 3,
    retryOn: ['5xx', '503', 'retriable-status-codes'],
    perTryTimeout: null,
    source: 'route',
  })
  assert.equal(table.routes[2]?.retries?.attempts, 0)
})

test('the default retries follow the version and the mesh', () => {
  const old = routesFor(routedMesh('', {istioVersion: {minor: '1.23', source: 'flag'}})).routes[0]?.retries
  assert.ok(old?.retryOn.includes('503'))
  const config = (policy: string): string => `
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: 'defaultHttpRetryPolicy: ${policy}'}
---`
  const meshWide = config('{attempts: 4, retryOn: "reset,503"}')
  const expected = {
    attempts: 4,
    retryOn: ['reset', '503', 'retriable-status-codes'],
    perTryTimeout: null,
    source: 'mesh',
  }
  assert.deepEqual(routesFor(routedMesh(meshWide)).routes[0]?.retries, expected)
  assert.deepEqual(routesFor(routedMesh(meshWide + route(`[{${to()}}]`))).routes[0]?.retries, expected)
  assert.equal(
    routesFor(routedMesh(config('{attempts: 4}'))).routes[0]?.retries?.retryOn.includes('connect-failure'),
    true,
  )
  assert.deepEqual(routesFor(routedMesh(config('{attempts: 0, retryOn: reset}'))).routes[0]?.retries, {
    attempts: 0,
    retryOn: [],
    perTryTimeout: null,
    source: 'mesh',
  })
})

test('a route of its own beats the mesh wholly', () => {
  const table = routesFor(
    routedMesh(route(`[{${to()}, retries: {attempts: 1, perTryTimeout: 2s}, timeout: 5s}]`)),
  )
  assert.equal(table.routes[0]?.retries?.source, 'route')
  assert.equal(table.routes[0].retries?.perTryTimeout, '2s')
  assert.equal(table.routes[0].timeout, '5s')
})

test('destinations: several by weight, without those of weight 0; a single one whatever its weight', () => {
  const weighted = `[{route: [{destination: {host: server, subset: v1}, weight: 90}, {destination: {host: canary, port: {number: 8080}}, weight: 10}, {destination: {host: gone}}]}]`
  const [first] = routesFor(routedMesh(route(weighted))).routes
  assert.deepEqual(
    first?.destinations.map(one => [one.host, one.subset, one.port, one.weight, one.path.join('.')]),
    [
      [host, 'v1', 80, 90, 'spec.http.0.route.0.destination'],
      ['canary.srv.svc.cluster.local', null, 8080, 10, 'spec.http.0.route.1.destination'],
    ],
  )
  const [single] = routesFor(
    routedMesh(route('[{route: [{destination: {host: server, subset: gone}, weight: 0}]}]')),
  ).routes
  assert.deepEqual(
    single?.destinations.map(one => [one.subset, one.weight]),
    [['gone', 100]],
  )
})

test('redirects and direct responses have no destination, no timeout and no retries', () => {
  const [redirect] = routesFor(routedMesh(route('[{redirect: {uri: /x}, timeout: 3s}]'))).routes
  assert.deepEqual(
    [redirect?.redirect, redirect?.destinations, redirect?.timeout, redirect?.retries],
    [true, [], null, null],
  )
  const [direct] = routesFor(routedMesh(route('[{directResponse: {status: 418}}]'))).routes
  assert.deepEqual([direct?.directResponse, direct?.destinations], [418, []])
})

test('rivals without an age: one table for each', () => {
  const mesh = routedMesh(virtualService({name: 'aa'}) + virtualService({name: 'bbb'}))
  const client = workloadOf(mesh, 'cli/client')
  const tables = possibleRoutes(mesh, client, serverOf(mesh))
  assert.deepEqual(
    tables.map(table => [table.choice?.virtualService.id.name, table.routes[0]?.timeout]),
    [
      ['aa', '2s'],
      ['bbb', '3s'],
    ],
  )
  assert.deepEqual(mesh.routes(client, serverOf(mesh)), tables[0])
  const certain = routedMesh(virtualService({name: 'aa', age: 5}) + virtualService({name: 'bbb'}))
  assert.equal(possibleRoutes(certain, workloadOf(certain, 'cli/client'), serverOf(certain)).length, 1)
})

test("TCP ports have no HTTP routes and nothing of HTTP's", () => {
  const [only] = routesFor(routedMesh(route(`[{${to()}, timeout: 5s, ${abort}}]`)), 'client', 5432).routes
  assert.deepEqual(
    [only?.object, only?.timeout, only?.retries, only?.faults, only?.destinations[0]?.port],
    [null, null, null, null, 5432],
  )
})

test('routes of a VirtualService are read without a client, bound to a gateway or not', () => {
  const mesh = routedMesh(
    virtualService({
      name: 'a',
      hosts: ['shop.example'],
      spec: 'gateways: [gw]',
      http: `[{name: buy, match: [{sourceLabels: {app: x}}, {method: {exact: POST}}], ${to()}, retries: {attempts: 2, retryOn: 5xx, backoff: 1s}, mirror: {host: canary}}, {${to()}}]`,
    }),
  )
  const [object] = mesh.objects('VirtualService')
  assert.ok(object !== undefined)
  const routes = httpRoutesOf(mesh, object)
  assert.equal(routes, httpRoutesOf(mesh, object))
  assert.equal(routes.length, 2)
  assert.equal(routes[0]?.name, 'buy')
  assert.deepEqual(
    routes[0]?.matches.map(match => match.methods),
    [null, ['POST']],
  )
  assert.equal(routes[0]?.backoff, '1s')
  assert.deepEqual(
    routes[0]?.mirrors.map(one => one.host),
    ['canary.srv.svc.cluster.local'],
  )
  assert.equal(routes[1]?.retries, null)
})

test('values of any type anywhere do not crash it', () => {
  const odd = [
    'null',
    '3',
    '"x"',
    '[]',
    '{}',
    '[null, 3, "x", [], {}]',
    '[{match: 3, route: [{destination: 3, weight: x}], retries: [], fault: x, timeout: []}]',
    '[{match: [3, {headers: 3, uri: [], sourceLabels: []}], route: {}}]',
    '[{delegate: {}}]',
    '[{delegate: {name: 3}}]',
  ]
  for (const http of odd) {
    const mesh = routedMesh(route(http))
    assert.ok(routesFor(mesh).routes.length > 0, http)
    for (const object of mesh.objects('VirtualService')) httpRoutesOf(mesh, object)
  }
})
