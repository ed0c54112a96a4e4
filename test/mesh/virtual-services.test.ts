import assert from 'node:assert/strict'
import test from 'node:test'
import type {KubeObject} from '../../src/objects/object.ts'
import {workloadOf, serviceOf} from '../support/mesh.ts'
import {host, routedMesh, virtualService} from './route-fixtures.ts'

function names(objects: readonly KubeObject[] | undefined): readonly string[] {
  return (objects ?? []).map(object => object.id.name)
}

const httpRoute = (name: string, namespace: string, seconds: number): string => `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: ${name}, namespace: ${namespace}, creationTimestamp: "${new Date(seconds * 1000).toISOString()}"}
spec:
  parentRefs: [{group: "", kind: Service, name: server, namespace: srv, port: 80}]
  rules: [{backendRefs: [{name: server, namespace: srv, port: 80}]}]
---`

const sidecar = (hosts: string): string => `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default, namespace: cli}
spec: {egress: [{hosts: [${hosts}]}]}
---`

interface Choice {
  readonly title: string
  readonly yaml: string
  readonly chosen: string | null
  readonly losers?: readonly string[]
  readonly rivals?: readonly string[]
}

const choices: readonly Choice[] = [
  {title: 'without any there is none', yaml: '', chosen: null},
  {title: 'the only one', yaml: virtualService({name: 'a'}), chosen: 'a'},
  {
    title: 'the older of two (lab 36)',
    yaml: virtualService({name: 'a', age: 200}) + virtualService({name: 'b', age: 100}),
    chosen: 'b',
    losers: ['a'],
  },
  {
    title: 'of one age the first by name',
    yaml: virtualService({name: 'b', age: 100}) + virtualService({name: 'a', age: 100}),
    chosen: 'a',
    losers: ['b'],
  },
  {
    title: 'private to the client beats older and public (lab 36)',
    yaml:
      virtualService({name: 'public', age: 100}) +
      virtualService({name: 'mine', namespace: 'cli', age: 200, spec: 'exportTo: ["."]'}),
    chosen: 'mine',
    losers: ['public'],
  },
  {
    title: 'exported by name beats older and public',
    yaml:
      virtualService({name: 'public', age: 100}) +
      virtualService({name: 'named', age: 200, spec: 'exportTo: [cli]'}),
    chosen: 'named',
    losers: ['public'],
  },
  {
    title: 'private beats exported by name',
    yaml:
      virtualService({name: 'named', age: 100, spec: 'exportTo: [cli]'}) +
      virtualService({name: 'mine', namespace: 'cli', age: 200, spec: 'exportTo: [cli]'}),
    chosen: 'mine',
    losers: ['named'],
  },
  {
    title: 'private to another namespace does not count',
    yaml: virtualService({name: 'a', spec: 'exportTo: ["."]'}),
    chosen: null,
  },
  {
    title: 'exported to nobody does not count',
    yaml: virtualService({name: 'a', spec: 'exportTo: ["~"]'}),
    chosen: null,
  },
  {
    title: '* beside other entries is public',
    yaml: virtualService({name: 'a', spec: 'exportTo: [".", "*"]'}),
    chosen: 'a',
  },
  {
    title: 'the mesh default for exportTo',
    yaml: `${virtualService({name: 'a'})}
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: 'defaultVirtualServiceExportTo: ["."]'}
---`,
    chosen: null,
  },
  {title: 'bound to a gateway only', yaml: virtualService({name: 'a', spec: 'gateways: [gw]'}), chosen: null},
  {
    title: 'bound to a gateway and the mesh',
    yaml: virtualService({name: 'a', spec: 'gateways: [gw, mesh]'}),
    chosen: 'a',
  },
  {
    title: 'a short host takes the namespace of the object',
    yaml: virtualService({name: 'a', hosts: ['server']}),
    chosen: 'a',
  },
  {
    title: 'a short host of another namespace is another service',
    yaml: virtualService({name: 'a', namespace: 'cli', hosts: ['server']}),
    chosen: null,
  },
  {
    title: 'a host with a dot is fully qualified',
    yaml: virtualService({name: 'a', hosts: ['server.srv']}),
    chosen: null,
  },
  {
    title: 'hosts are compared without case',
    yaml: virtualService({name: 'a', hosts: ['Server.srv.svc.cluster.local']}),
    chosen: 'a',
  },
  {
    title: 'an exact host beats an older wildcard',
    yaml:
      virtualService({name: 'wild', age: 100, hosts: ['*.srv.svc.cluster.local']}) +
      virtualService({name: 'exact', age: 200}),
    chosen: 'exact',
    losers: ['wild'],
  },
  {
    title: 'the longer wildcard beats an older one',
    yaml:
      virtualService({name: 'short', age: 100, hosts: ['*.cluster.local']}) +
      virtualService({name: 'long', age: 200, hosts: ['*.srv.svc.cluster.local']}),
    chosen: 'long',
  },
  {
    title: 'an exact host that does not reach the client leaves the wildcard',
    yaml:
      virtualService({name: 'wild', hosts: ['*.cluster.local']}) +
      virtualService({name: 'exact', spec: 'exportTo: ["."]'}),
    chosen: 'wild',
    losers: ['exact'],
  },
  {
    title: 'a VirtualService of App Mesh is another kind',
    yaml: virtualService({name: 'a'}).replace('networking.istio.io/v1', 'appmesh.k8s.aws/v1beta2'),
    chosen: null,
  },
  {
    title: 'an older HTTPRoute beats a VirtualService (lab 37)',
    yaml: virtualService({name: 'a', age: 200}) + httpRoute('r', 'srv', 100),
    chosen: 'r',
    losers: ['a'],
  },
  {
    title: 'an older VirtualService beats an HTTPRoute (lab 37)',
    yaml: virtualService({name: 'a', age: 100}) + httpRoute('r', 'srv', 200),
    chosen: 'a',
    losers: ['r'],
  },
  {
    title: "an HTTPRoute of the client's namespace goes first",
    yaml: virtualService({name: 'a', age: 100}) + httpRoute('r', 'cli', 200),
    chosen: 'r',
    losers: ['a'],
  },
  {
    title: 'an HTTPRoute of a third namespace does not count',
    yaml: httpRoute('r', 'third', 100),
    chosen: null,
  },
  {
    title: "a Sidecar without the VirtualService's host hides it",
    yaml: virtualService({name: 'a'}) + sidecar('"srv/other.srv.svc.cluster.local"'),
    chosen: null,
    losers: ['a'],
  },
  {
    title: "a Sidecar looks for the VirtualService's own namespace",
    yaml: virtualService({name: 'a'}) + virtualService({name: 'mine', namespace: 'cli'}) + sidecar('"./*"'),
    chosen: 'mine',
    losers: ['a'],
  },
  {
    title: 'a Sidecar with the wildcard namespace',
    yaml: virtualService({name: 'a'}) + sidecar('"*/*"'),
    chosen: 'a',
  },
  {
    title: 'an excluded host',
    yaml: virtualService({name: 'a'}) + sidecar(`"*/*", "~srv/${host}"`),
    chosen: null,
    losers: ['a'],
  },
  {
    title: 'rivals without an age',
    yaml: virtualService({name: 'b'}) + virtualService({name: 'a'}),
    chosen: 'a',
    losers: ['b'],
    rivals: ['a', 'b'],
  },
  {
    title: 'what has no age is younger than what has one',
    yaml: virtualService({name: 'a'}) + virtualService({name: 'b'}) + virtualService({name: 'c', age: 100}),
    chosen: 'c',
    losers: ['a', 'b'],
  },
  {
    title: 'no rivals in different places',
    yaml:
      virtualService({name: 'public'}) +
      virtualService({name: 'mine', namespace: 'cli', spec: 'exportTo: ["."]'}),
    chosen: 'mine',
    losers: ['public'],
  },
]

for (const {title, yaml, chosen, losers = [], rivals = []} of choices) {
  test(`VirtualService: ${title}`, () => {
    const mesh = routedMesh(yaml)
    const choice = mesh.virtualService(workloadOf(mesh, 'cli/client'), serviceOf(mesh, 'srv/server'))
    assert.equal(choice?.virtualService.id.name ?? null, chosen)
    if (choice === null) return
    assert.deepEqual(names(choice.losers), losers)
    assert.deepEqual(names(choice.rivals), rivals)
    for (const loser of choice.losers)
      assert.ok(
        choice.facts.some(fact => fact.object === loser),
        `no fact names ${loser.id.name}`,
      )
    assert.equal(
      choice.facts.some(fact => fact.text.includes('age is not known')),
      rivals.length > 0,
    )
  })
}

test('each listener of a Sidecar imports for its own port', () => {
  const mesh =
    routedMesh(`${virtualService({name: 'a', http: '[{route: [{destination: {host: server}}], timeout: 3s}]'})}
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default, namespace: cli}
spec: {egress: [{port: {number: 9090, protocol: HTTP}, hosts: ["srv/canary.srv.svc.cluster.local"]}, {hosts: ["*/*"]}]}
`)
  const client = workloadOf(mesh, 'cli/client')
  const service = serviceOf(mesh, 'srv/server')
  const timeout = (port: number): string | null | undefined => {
    const found = service.ports.find(one => one.port === port)
    return found && mesh.routes(client, {service, port: found}).routes[0]?.timeout
  }
  assert.equal(timeout(80), '3s')
  assert.equal(timeout(9090), null)
})

test('thousands of VirtualServices and wildcards are chosen from without looking at each', () => {
  const many = Array.from({length: 3000}, (_, index) =>
    virtualService({name: `v${index}`, hosts: [`s${index}.srv.svc.cluster.local`, `*.w${index}.example`]}),
  )
  const mesh = routedMesh(many.join(''))
  const client = workloadOf(mesh, 'cli/client')
  const service = serviceOf(mesh, 'srv/server')
  mesh.virtualService(client, service)
  const start = performance.now()
  for (let round = 0; round < 3000; round++) mesh.virtualService(client, service)
  assert.ok(performance.now() - start < 1500, `${performance.now() - start}ms`)
})
