import assert from 'node:assert/strict'
import test from 'node:test'
import {edgeBetween, meshOf} from '../support/mesh.ts'

/**
 * What the differential test found (docs/simulator-proof.md): each was seen in what a real istiod gives, with an edge
 * between the meshed `cli/client` and the Service `srv/server`, of the pods v1 and v2.
 */
const base = `
apiVersion: v1
kind: Namespace
metadata: {name: srv, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Namespace
metadata: {name: cli, labels: {istio-injection: enabled}}
---
${pod('srv', 'v1', 'server')}
${pod('srv', 'v2', 'server')}
${pod('srv', 'other', 'other')}
${pod('cli', 'client', 'client')}
`
const ports =
  'ports: [{name: http, port: 80, targetPort: 8080}, {name: tcp-data, port: 9000}, {name: data, port: 9100}]'

function pod(namespace: string, name: string, app: string): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  template:
    metadata: {labels: {app: ${app}, version: ${name}}}
    spec: {containers: [{name: app, image: app, ports: [{containerPort: 8080}, {containerPort: 9000}, {containerPort: 9100}]}]}
---`
}

function service(name: string, {annotations = '', spec = ports, namespace = 'srv'} = {}): string {
  return `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: ${namespace}, annotations: {${annotations}}}\nspec: {selector: {app: ${name}}, ${spec}}\n---\n`
}

function istio(kind: string, namespace: string, name: string, spec: string): string {
  const group = ['PeerAuthentication', 'AuthorizationPolicy'].includes(kind) ? 'security' : 'networking'
  return `apiVersion: ${group}.istio.io/v1\nkind: ${kind}\nmetadata: {name: ${name}, namespace: ${namespace}, creationTimestamp: "2026-01-01T00:00:00Z"}\nspec: ${spec}\n---\n`
}

const host = (name: string): string => `${name}.srv.svc.cluster.local`
const routeTo = (from: string, to: string): string =>
  `{hosts: ["${from}"], http: [{route: [{destination: {host: ${to}}}]}]}`
const tlsRouteTo = (place: string, name: string, sni: string, to: string, more = ''): string =>
  istio(
    'VirtualService',
    place,
    name,
    `{hosts: ["${sni}"], tls: [{match: [{sniHosts: ["${sni}"]}], route: [{destination: {host: ${host(to)}${more}}}]}]}`,
  )
const privately = {annotations: 'networking.istio.io/exportTo: "."'}
const strict = istio('PeerAuthentication', 'srv', 'strict', '{mtls: {mode: STRICT}}')

const deny = istio('AuthorizationPolicy', 'srv', 'deny', '{action: DENY, rules: [{}]}')
const shadow = (namespace: string): string =>
  istio(
    'ServiceEntry',
    namespace,
    'e',
    `{hosts: [${host('server')}], location: MESH_EXTERNAL, resolution: STATIC, endpoints: [{address: 203.0.113.7}], ports: [{number: 80, name: http, protocol: HTTP}]}`,
  )

interface Case {
  readonly name: string
  readonly objects: string
  /** What is different about the pods. */
  readonly pods?: (text: string) => string
  readonly port?: number
  readonly expect: string
}

const cases: readonly Case[] = [
  {
    name: 'a headless Service maps no port, so nobody listens',
    objects: service('server', {spec: 'clusterIP: None, ports: [{name: http, port: 81, targetPort: 8080}]'}),
    port: 81,
    expect: 'fails none 503 UF headless-port-not-mapped',
  },
  {
    name: '… and none by a name either',
    pods: (text: string) => text.replaceAll('{containerPort: 8080}', '{containerPort: 8080, name: web}'),
    objects: service('server', {spec: 'clusterIP: None, ports: [{name: http, port: 81, targetPort: web}]'}),
    port: 81,
    expect: 'fails none 503 UF headless-port-not-mapped',
  },
  {
    name: 'a headless port that the containers have too is called, whatever targetPort says',
    objects: service('server', {
      spec: 'clusterIP: None, ports: [{name: http, port: 9000, targetPort: 8080}]',
    }),
    port: 9000,
    expect: 'ok mtls',
  },
  {
    name: 'policies by port see the port of a headless Service itself',
    objects:
      service('server', {spec: 'clusterIP: None, ports: [{name: http, port: 9000, targetPort: 8080}]'}) +
      istio(
        'PeerAuthentication',
        'srv',
        'ports',
        '{selector: {matchLabels: {app: server}}, portLevelMtls: {9000: {mode: DISABLE}}}',
      ),
    port: 9000,
    expect: 'fails none 503 UF headless-disabled-workload',
  },
  {
    name: 'a destination that is only pulled in by a route is not known by its own name',
    objects:
      service('server') +
      service('other') +
      strict +
      istio('Sidecar', 'cli', 's', `{egress: [{hosts: ["srv/${host('other')}"]}]}`) +
      istio('VirtualService', 'srv', 'v', routeTo(host('other'), host('server'))),
    expect: 'fails none 503 UC service-hidden-by-sidecar',
  },
  {
    name: 'a route to a destination that is pulled in works',
    objects:
      service('server') +
      service('other') +
      strict +
      istio('Sidecar', 'cli', 's', `{egress: [{hosts: ["srv/${host('server')}"]}]}`) +
      istio('VirtualService', 'srv', 'v', routeTo(host('server'), host('other'))),
    expect: 'ok mtls',
  },
  {
    name: 'a VirtualService routes its host on port 80 though the service is not exported',
    objects:
      service('server', privately) +
      service('other') +
      istio('VirtualService', 'cli', 'v', routeTo(host('server'), host('server'))),
    expect: 'fails none 503 NC service-hidden-by-sidecar',
  },
  {
    name: '… and to another service it works',
    objects:
      service('server', privately) +
      service('other') +
      istio('VirtualService', 'cli', 'v', routeTo(host('server'), host('other'))),
    expect: 'ok mtls',
  },
  {
    name: '… but not where no service that is known has the port for HTTP',
    objects:
      service('server', privately) +
      istio('VirtualService', 'cli', 'v', routeTo(host('server'), host('server'))),
    expect: 'ok plaintext',
  },
  {
    name: '… nor by a wildcard that stands for services that are known',
    objects:
      service('server', privately) +
      service('other') +
      istio('VirtualService', 'cli', 'v', routeTo('*.srv.svc.cluster.local', host('server'))),
    expect: 'ok plaintext',
  },
  {
    name: 'a route within a namespace leads to its services, whatever they are exported to',
    objects:
      service('server') +
      service('own', {annotations: 'networking.istio.io/exportTo: elsewhere', namespace: 'cli'}) +
      istio('VirtualService', 'cli', 'v', routeTo(host('server'), 'own.cli.svc.cluster.local')),
    expect: 'fails none 503 UH no-endpoints',
  },
  {
    name: 'a missing subset resets TCP',
    objects:
      service('server') +
      istio(
        'VirtualService',
        'cli',
        'v',
        `{hosts: [${host('server')}], tcp: [{route: [{destination: {host: ${host('server')}, subset: none}}]}]}`,
      ),
    port: 9000,
    expect: 'fails none connection reset subset-unknown',
  },
  {
    name: 'TCP asks wildcards after an exact host without tcp routes',
    objects:
      service('server') +
      istio('VirtualService', 'cli', 'a', routeTo(host('server'), host('server'))) +
      istio(
        'VirtualService',
        'cli',
        'b',
        `{hosts: ["*.srv.svc.cluster.local"], tcp: [{route: [{destination: {host: ${host('server')}, subset: none}}]}]}`,
      ),
    port: 9000,
    expect: 'fails none connection reset subset-unknown',
  },
  {
    name: 'a TCP route to a headless Service goes on to the pods that were called',
    objects:
      service('server') +
      service('other', {spec: 'clusterIP: None, ports: [{name: tcp-data, port: 9000}]'}) +
      istio(
        'PeerAuthentication',
        'srv',
        'p',
        '{selector: {matchLabels: {app: server}}, mtls: {mode: DISABLE}}',
      ) +
      istio(
        'VirtualService',
        'cli',
        'v',
        `{hosts: [${host('server')}], tcp: [{route: [{destination: {host: ${host('other')}}}]}]}`,
      ),
    port: 9000,
    expect: 'fails none connection reset headless-disabled-workload',
  },
  {
    name: 'a sniffed port that another egress listener claims has no route',
    objects:
      service('server') +
      istio(
        'Sidecar',
        'cli',
        's',
        '{egress: [{port: {number: 9100, protocol: TCP, name: tcp}, hosts: ["istio-system/*"]}, {hosts: ["*/*"]}]}',
      ),
    port: 9100,
    expect: 'fails none 404 NR service-hidden-by-sidecar',
  },
  {
    name: 'what a headless Service in an egress listener for one port takes is not told',
    objects:
      service('server', privately) +
      service('other', {spec: 'clusterIP: None, ports: [{name: tcp-data, port: 9000}]'}) +
      istio(
        'Sidecar',
        'cli',
        's',
        '{egress: [{port: {number: 9000, protocol: TCP, name: tcp}, hosts: ["srv/*"]}, {hosts: ["*/*"]}]}',
      ),
    port: 9000,
    expect: 'unknown unknown service-not-exported',
  },
  {
    name: 'REGISTRY_ONLY answers with 502 where any egress listener knows the port for HTTP',
    objects:
      service('server') +
      istio(
        'Sidecar',
        'cli',
        's',
        '{outboundTrafficPolicy: {mode: REGISTRY_ONLY}, egress: [{port: {number: 80, protocol: HTTP, name: http}, hosts: ["./*"]}, {hosts: ["*/*"]}]}',
      ),
    expect: 'fails none 502 registry-only',
  },
  {
    name: 'what a ServiceEntry without addresses takes is not told',
    objects:
      service('server', privately) +
      istio(
        'ServiceEntry',
        'cli',
        'e',
        '{hosts: [elsewhere.example.com], location: MESH_EXTERNAL, resolution: DNS, ports: [{number: 9000, name: tcp, protocol: TCP}]}',
      ),
    port: 9000,
    expect: 'unknown unknown service-not-exported',
  },
  {
    name: 'a port named TCP over a container port that another port names HTTP is HTTP to the server',
    objects:
      service('server', {
        spec: 'ports: [{name: http, port: 80, targetPort: 8080}, {name: tcp-raw, port: 9300, targetPort: 8080}]',
      }) +
      istio('DestinationRule', 'srv', 'd', `{host: ${host('server')}, trafficPolicy: {tls: {mode: SIMPLE}}}`),
    port: 9300,
    expect: 'fails none 503 UF destination-rule-plain-tls-to-http-port',
  },
  {
    name: '… where that other one comes first, for of two the first counts',
    objects:
      service('server', {
        spec: 'ports: [{name: tcp-raw, port: 9300, targetPort: 8080}, {name: http, port: 80, targetPort: 8080}]',
      }) +
      istio('DestinationRule', 'srv', 'd', `{host: ${host('server')}, trafficPolicy: {tls: {mode: SIMPLE}}}`),
    expect: 'ok tls',
  },
  {
    name: '… or a Sidecar of the server says where it listens, and not there',
    objects:
      service('server') +
      istio(
        'Sidecar',
        'srv',
        's',
        '{workloadSelector: {labels: {app: server}}, ingress: [{port: {number: 9000, protocol: TCP, name: in}, defaultEndpoint: "127.0.0.1:9000"}]}',
      ) +
      istio('DestinationRule', 'srv', 'd', `{host: ${host('server')}, trafficPolicy: {tls: {mode: SIMPLE}}}`),
    expect: 'ok tls',
  },
  {
    name: 'who may not call is told so where the server reads HTTP, whatever the port is named',
    objects:
      service('server', {
        spec: 'ports: [{name: http, port: 80, targetPort: 8080}, {name: tcp-raw, port: 9300, targetPort: 8080}]',
      }) + deny,
    port: 9300,
    expect: 'fails none 403 authorization-denies',
  },
  {
    name: '… and on a sniffed port where the client sends HTTP',
    objects: service('server') + deny,
    port: 9100,
    expect: 'fails none 403 authorization-denies',
  },
  {
    name: '… and is cut off where it is TCP',
    objects: service('server') + deny,
    port: 9000,
    expect: 'fails none connection reset authorization-denies',
  },
  {
    name: 'a port that the proxy does not take over is not guarded by its policies',
    pods: (text: string) =>
      text.replaceAll(
        'metadata: {labels: {app: server',
        'metadata: {annotations: {traffic.sidecar.istio.io/excludeInboundPorts: "8080"}, labels: {app: server',
      ),
    objects:
      service('server') +
      deny +
      istio(
        'DestinationRule',
        'srv',
        'd',
        `{host: ${host('server')}, trafficPolicy: {tls: {mode: DISABLE}}}`,
      ),
    expect: 'ok plaintext',
  },
  {
    name: 'a TCP route to a service without pods closes the connection, though its port is HTTP',
    objects:
      service('server') +
      service('nobody') +
      istio(
        'VirtualService',
        'cli',
        'v',
        `{hosts: [${host('server')}], tcp: [{route: [{destination: {host: ${host('nobody')}, port: {number: 80}}}]}]}`,
      ),
    port: 9000,
    expect: 'fails none connection reset no-endpoints',
  },
  {
    name: 'past its balancer nobody is behind the address of a service without pods',
    objects:
      service('nobody').replaceAll('name: nobody', 'name: server') +
      istio(
        'DestinationRule',
        'srv',
        'd',
        `{host: ${host('server')}, trafficPolicy: {loadBalancer: {simple: PASSTHROUGH}}}`,
      ),
    expect: 'fails none 503 UF no-endpoints',
  },
  {
    name: 'the pods that were dialled have to have an identity of the service that a route leads to',
    pods: (text: string) =>
      text.replace(/(labels: {app: other, version: other}}\n    spec: {)/, '$1serviceAccountName: own, '),
    objects:
      service('server') +
      service('other', {spec: `clusterIP: None, ${ports}`}) +
      istio('VirtualService', 'cli', 'v', routeTo(host('server'), host('other'))),
    expect: 'fails none 503 UF identity-mismatch',
  },
  {
    name: 'a DestinationRule that asks for another identity is not served',
    objects:
      service('server') +
      istio(
        'DestinationRule',
        'srv',
        'd',
        `{host: ${host('server')}, trafficPolicy: {tls: {mode: ISTIO_MUTUAL, subjectAltNames: ["spiffe://cluster.local/ns/srv/sa/other"]}}}`,
      ),
    expect: 'fails none 503 UF identity-mismatch',
  },
  {
    name: '… and one that asks for the right one is',
    objects:
      service('server') +
      istio(
        'DestinationRule',
        'srv',
        'd',
        `{host: ${host('server')}, trafficPolicy: {tls: {mode: ISTIO_MUTUAL, subjectAltNames: ["spiffe://cluster.local/ns/srv/sa/default"]}}}`,
      ),
    expect: 'ok mtls',
  },
  {
    name: 'endpoints that a ServiceEntry adds to the host of a Service are not known',
    objects: service('server') + shadow('srv'),
    expect: 'unknown unknown host-declared-twice',
  },
  {
    name: 'a ServiceEntry of the client hides the Service of the same host',
    objects: service('server') + shadow('cli'),
    expect: 'unknown unknown host-declared-twice',
  },
  {
    name: '… and one of anybody else does not',
    objects: service('server') + shadow('elsewhere'),
    expect: 'ok mtls',
  },
  {
    name: 'a VirtualService routes a hidden host on the ports of its other hosts too',
    objects:
      service('server', privately) +
      service('other') +
      istio(
        'VirtualService',
        'cli',
        'v',
        `{hosts: [${host('server')}, ${host('other')}], http: [{route: [{destination: {host: ${host('other')}}}]}]}`,
      ),
    port: 9100,
    expect: 'ok plaintext',
  },
  {
    name: 'another name for a service is called as that service',
    objects:
      service('other') +
      strict +
      service('server', {spec: `type: ExternalName, externalName: ${host('other')}, ${ports}`}),
    expect: 'ok mtls',
  },
  {
    name: '… by routes that are written for the other name',
    objects:
      service('other') +
      service('third') +
      service('server', {spec: `type: ExternalName, externalName: ${host('other')}, ${ports}`}) +
      istio('VirtualService', 'cli', 'v', routeTo(host('server'), host('third'))),
    expect: 'fails none 503 UH no-endpoints',
  },
  {
    name: '… and past its proxy where a Sidecar imports the service, not the name',
    objects:
      service('other') +
      strict +
      service('server', {spec: `type: ExternalName, externalName: ${host('other')}, ${ports}`}) +
      istio('Sidecar', 'cli', 's', `{egress: [{hosts: ["srv/${host('other')}"]}]}`),
    expect: 'fails none 503 UC service-hidden-by-sidecar',
  },
  {
    name: 'a destination that a delegate leads to is pulled in',
    objects:
      service('server') +
      service('other') +
      strict +
      istio('Sidecar', 'cli', 's', `{egress: [{hosts: ["srv/${host('server')}"]}]}`) +
      istio('VirtualService', 'srv', 'v', `{hosts: ["${host('server')}"], http: [{delegate: {name: d}}]}`) +
      istio('VirtualService', 'srv', 'd', `{http: [{route: [{destination: {host: ${host('other')}}}]}]}`),
    expect: 'ok mtls',
  },
  {
    name: 'of routes by SNI the closest name is taken, not the first',
    objects:
      service('server', {spec: 'ports: [{name: tls, port: 443, targetPort: 8443}]'}) +
      service('other', {spec: 'ports: [{name: tls, port: 443, targetPort: 8443}]'}) +
      tlsRouteTo('cli', 'a', '*.srv.svc.cluster.local', 'server') +
      tlsRouteTo('srv', 'b', host('server'), 'server', ', subset: none'),
    port: 443,
    expect: 'fails none connection reset subset-unknown',
  },
  {
    name: 'what speaks TLS does so wherever a route leads it',
    objects:
      service('server', {spec: 'ports: [{name: tls, port: 443, targetPort: 8443}]'}) +
      service('other') +
      istio('PeerAuthentication', 'srv', 'plaintext', '{mtls: {mode: DISABLE}}') +
      tlsRouteTo('cli', 'a', host('server'), 'other', ', port: {number: 9000}'),
    port: 443,
    expect: 'ok tls',
  },
  {
    name: 'the balancer of a port makes no hint for the client',
    objects:
      service('server') +
      istio(
        'DestinationRule',
        'srv',
        'd',
        `{host: ${host('server')}, trafficPolicy: {loadBalancer: {simple: PASSTHROUGH}, portLevelSettings: [{port: {number: 80}, loadBalancer: {simple: RANDOM}}]}}`,
      ),
    pods: (text: string) =>
      text.replaceAll(
        'app: server, version: v2}',
        'app: server, version: v2, sidecar.istio.io/inject: "false"}',
      ),
    expect: 'ok plaintext',
  },
  {
    name: "a subset's own PASSTHROUGH sends one TLS to all, whatever balancer its port has",
    objects:
      service('server') +
      istio(
        'DestinationRule',
        'srv',
        'd',
        `{host: ${host('server')}, trafficPolicy: {tls: {}}, subsets: [{name: v1, labels: {version: v1}, trafficPolicy: {loadBalancer: {simple: PASSTHROUGH}, portLevelSettings: [{port: {number: 80}, loadBalancer: {simple: RANDOM}}]}}]}`,
      ) +
      strict +
      istio('VirtualService', 'srv', 'v', routeTo(host('server'), `${host('server')}, subset: v1`)),
    expect: 'ok mtls',
  },
  {
    name: 'a server that speaks first is waited for on a sniffed port even where nothing is encrypted',
    objects:
      service('server', {spec: 'ports: [{name: mysql, port: 3306}]'}) +
      istio('PeerAuthentication', 'srv', 'plaintext', '{mtls: {mode: DISABLE}}') +
      istio(
        'Sidecar',
        'srv',
        's',
        '{workloadSelector: {labels: {app: server}}, ingress: [{port: {number: 8080, protocol: HTTP, name: in}, defaultEndpoint: "127.0.0.1:8080"}]}',
      ),
    port: 3306,
    expect: 'unknown unknown server-first-protocol',
  },
]

for (const {name, objects, pods = (text: string) => text, port = 80, expect} of cases) {
  test(name, () => {
    const {outcome} = edgeBetween(
      meshOf(pods(base) + objects, {complete: ['*']}),
      'cli/client',
      `srv/server:${port}`,
    ).judge()
    assert.equal(
      [outcome.result, outcome.transport, outcome.failure, outcome.cause].filter(Boolean).join(' '),
      expect,
    )
  })
}

test('a Sidecar that takes a port for HTTP says so of what is TCP there, and says each thing once', () => {
  const egress = `egress: [{hosts: ["./*"]}, {port: {number: 9000, protocol: HTTP, name: in}, hosts: ["srv/*"]}]`
  const sidecar = istio('Sidecar', 'cli', 's', `{outboundTrafficPolicy: {mode: REGISTRY_ONLY}, ${egress}}`)
  const mesh = meshOf(base + service('server') + sidecar, {complete: ['*']})
  const {facts, outcome} = edgeBetween(mesh, 'cli/client', 'srv/server:9000').judge()
  assert.equal(outcome.cause, 'registry-only')
  assert.deepEqual(
    facts.filter(({object}) => object?.id.kind === 'Sidecar').map(({text, path}) => [text, path]),
    [
      ['Sidecar cli/s limits what the client sees', ['spec', 'egress']],
      [
        'its egress listener takes port 9000 for HTTP, and srv/server is TCP there: it has no route to it',
        ['spec', 'egress', 1, 'port'],
      ],
    ],
  )
})
