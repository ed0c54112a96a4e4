import assert from 'node:assert/strict'
import test from 'node:test'
import {host, routedMesh, routesFor} from './route-fixtures.ts'

const routed = (spec: string): ReturnType<typeof routedMesh> =>
  routedMesh(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: a, namespace: srv}
spec: {hosts: [server], ${spec}}
`)
const to = (subset: string): string => `route: [{destination: {host: server, subset: ${subset}}}]`

interface Case {
  readonly title: string
  readonly spec: string
  readonly port: number
  /** Subset of the first destination (null for the default route) and whether it takes everything. */
  readonly routes: readonly (readonly [string | null, boolean])[]
}

const cases: readonly Case[] = [
  {title: 'a tcp route without a match', spec: `tcp: [{${to('v1')}}]`, port: 5432, routes: [['v1', true]]},
  {
    title: 'nothing follows a tcp route that takes everything',
    spec: `tcp: [{match: [{port: 5432}], ${to('v1')}}, {${to('v2')}}]`,
    port: 5432,
    routes: [['v1', true]],
  },
  {
    title: 'a tcp route for another port',
    spec: `tcp: [{match: [{port: 1}], ${to('v1')}}]`,
    port: 5432,
    routes: [[null, true]],
  },
  {
    title: 'sourceLabels count beside gateways too',
    spec: `tcp: [{match: [{gateways: [mesh], sourceLabels: {app: other}}], ${to('v1')}}]`,
    port: 5432,
    routes: [[null, true]],
  },
  {
    title: 'beside a route for a subnet the service keeps its own',
    spec: `tcp: [{match: [{destinationSubnets: [10.0.0.0/8]}], ${to('v1')}}]`,
    port: 5432,
    routes: [
      ['v1', false],
      [null, true],
    ],
  },
  {
    title: 'a tls route by SNI',
    spec: `tls: [{match: [{sniHosts: ["${host}"]}], ${to('v1')}}]`,
    port: 443,
    routes: [['v1', true]],
  },
  {
    title: 'a tls route for another SNI leaves no other',
    spec: `tls: [{match: [{sniHosts: [a.example]}], ${to('v1')}}]`,
    port: 443,
    routes: [['v1', false]],
  },
  {
    title: 'tls routes are not for tcp ports',
    spec: `tls: [{match: [{sniHosts: ["${host}"]}], ${to('v1')}}]`,
    port: 5432,
    routes: [[null, true]],
  },
  {
    title: 'tcp routes are not for http ports',
    spec: `tcp: [{${to('v1')}}]`,
    port: 80,
    routes: [[null, true]],
  },
]

for (const {title, spec, port, routes} of cases) {
  test(`TCP: ${title}`, () => {
    const table = routesFor(routed(spec), 'client', port)
    assert.deepEqual(
      table.routes.map(route => [route.destinations[0]?.subset, route.catchAll]),
      routes,
    )
    assert.equal(table.routes[0]?.destinations[0]?.port, port)
    assert.equal(table.routes[0]?.retries === null, port !== 80)
  })
}
