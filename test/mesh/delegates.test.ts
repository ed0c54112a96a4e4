import assert from 'node:assert/strict'
import test from 'node:test'
import {droppedRoutesOf} from '../../src/mesh/http-routes.ts'
import {routedMesh, routesFor, virtualService} from './route-fixtures.ts'

const root = (route: string): string => virtualService({name: 'root', http: `[${route}]`})
const delegate = (http: string, spec = '', namespace = 'srv'): string => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: part, namespace: ${namespace}}
spec: {${spec === '' ? '' : `${spec}, `}http: ${http}}
---`
const to = 'route: [{destination: {host: server}}]'

interface Case {
  readonly title: string
  readonly yaml: string
  /** Match and timeout of each route of the root; null for the default route. */
  readonly routes: readonly (readonly [string | null, string | null])[] | null
  readonly dropped?: readonly string[]
}

const cases: readonly Case[] = [
  {
    title: 'its routes take the place of the root route',
    yaml: root('{delegate: {name: part}}') + delegate(`[{${to}, timeout: 3s}]`),
    routes: [[null, '3s']],
  },
  {
    title: 'it takes what it does not set from the root',
    yaml:
      root('{delegate: {name: part}, timeout: 4s}') +
      delegate(`[{match: [{uri: {prefix: /a}}], ${to}}, {${to}, timeout: 3s}]`),
    routes: [
      ['uri starts with /a', '4s'],
      [null, '3s'],
    ],
  },
  {
    title: 'it narrows the root match',
    yaml:
      root('{match: [{uri: {prefix: /api}, headers: {x: {exact: jason}}}], delegate: {name: part}}') +
      delegate(`[{match: [{uri: {prefix: /api/v1}}], ${to}}]`),
    routes: [['uri starts with /api/v1, header x is jason', null]],
  },
  {
    title: 'a match outside of the root match is dropped',
    yaml:
      root(`{match: [{uri: {prefix: /api}}], delegate: {name: part}}, {${to}, timeout: 9s}`) +
      delegate(`[{match: [{uri: {prefix: /web}}], ${to}}, {${to}, timeout: 3s}]`),
    routes: [
      ['uri starts with /api', '3s'],
      [null, '9s'],
    ],
    dropped: ['delegate-conflicts'],
  },
  {
    title: 'a missing one costs its route only',
    yaml: root(`{match: [{uri: {prefix: /a}}], delegate: {name: gone}}, {${to}, timeout: 9s}`),
    routes: [[null, '9s']],
    dropped: ['delegate-missing'],
  },
  {
    title: 'with no route left the default route serves',
    yaml: root('{delegate: {name: gone}}'),
    routes: null,
    dropped: ['delegate-missing'],
  },
  {
    title: 'one of another namespace must be exported',
    yaml: root('{delegate: {name: part, namespace: cli}}') + delegate(`[{${to}}]`, 'exportTo: ["."]', 'cli'),
    routes: null,
    dropped: ['delegate-not-exported'],
  },
  {
    title: 'and is used where it is',
    yaml:
      root('{delegate: {name: part, namespace: cli}}') +
      delegate(
        '[{route: [{destination: {host: server.srv.svc.cluster.local}}], timeout: 2s}]',
        'exportTo: [srv]',
        'cli',
      ),
    routes: [[null, '2s']],
  },
  {
    title: 'a VirtualService with hosts is no delegate',
    yaml: root('{delegate: {name: part}}') + delegate(`[{${to}}]`, 'hosts: [elsewhere.example]'),
    routes: null,
    dropped: ['delegate-missing'],
  },
  {
    title: 'source labels that contradict',
    yaml:
      root('{match: [{sourceLabels: {app: client}}], delegate: {name: part}}') +
      delegate(`[{match: [{sourceLabels: {app: other}}], ${to}}]`),
    routes: null,
    dropped: ['delegate-conflicts'],
  },
  {
    title: 'source labels that add up',
    yaml:
      root('{match: [{sourceLabels: {app: client}}], delegate: {name: part}}') +
      delegate(`[{match: [{sourceLabels: {version: v9}}], ${to}}]`),
    routes: null,
  },
  {
    title: 'a regex beside anything conflicts',
    yaml:
      root('{match: [{uri: {regex: "/a.*"}}], delegate: {name: part}}') +
      delegate(`[{match: [{uri: {exact: /a}}], ${to}}]`),
    routes: null,
    dropped: ['delegate-conflicts'],
  },
]

for (const {title, yaml, routes, dropped = []} of cases) {
  test(`delegate: ${title}`, () => {
    const mesh = routedMesh(yaml)
    const table = routesFor(mesh)
    const found = table.choice === null ? null : table.routes.map(route => [route.match, route.timeout])
    assert.deepEqual(found, routes)
    const [object] = mesh.objects('VirtualService')
    assert.ok(object !== undefined)
    assert.deepEqual(
      droppedRoutesOf(mesh, object).map(route => route.problem),
      dropped,
    )
  })
}

test('a route of a delegate points into the delegate', () => {
  const [route] = routesFor(
    routedMesh(
      root('{delegate: {name: part}}') + delegate(`[{match: [{uri: {exact: /x}}], ${to}}, {${to}}]`),
    ),
  ).routes.slice(1)
  assert.equal(route?.object?.id.name, 'part')
  assert.equal(route?.path.join('.'), 'spec.http.1')
})
