import assert from 'node:assert/strict'
import test from 'node:test'
import {host, meshConfig, old, policy, recent, rule, server} from '../support/lab.ts'
import type {Pods} from '../support/lab.ts'
import {edgeBetween, meshOf} from '../support/mesh.ts'

interface Case {
  readonly name: string
  readonly pods?: Pods
  readonly objects: string
  /** `result transport share`, of the client in the mesh, on port 80; `outside` of the one that is not. */
  readonly expect: string
  readonly outside?: string
  readonly port?: number
  readonly cause?: string
}

const cases: readonly Case[] = [
  {name: 'no policy: auto mTLS', objects: '', expect: 'ok mtls', outside: 'ok plaintext'},
  {
    name: '1 one pod without sidecar: per endpoint',
    pods: {p2Injected: false},
    objects: '',
    expect: 'ok mixed',
    outside: 'ok plaintext',
  },
  {
    name: 'namespace STRICT',
    objects: policy('a', 'srv', '{mtls: {mode: STRICT}}'),
    expect: 'ok mtls',
    outside: 'fails none connection reset',
  },
  {
    name: 'mesh STRICT',
    objects: policy('a', 'istio-system', '{mtls: {mode: STRICT}}'),
    expect: 'ok mtls',
    outside: 'fails none connection reset',
  },
  {
    name: '1 STRICT with one pod without sidecar',
    pods: {p2Injected: false},
    objects: policy('a', 'srv', '{mtls: {mode: STRICT}}'),
    expect: 'ok mixed',
    outside: 'mixed plaintext connection reset 0.5',
  },
  {
    name: '2 namespace DISABLE and workload STRICT: the hint sends plaintext',
    objects:
      policy('a', 'srv', '{mtls: {mode: DISABLE}}') +
      policy('b', 'srv', '{selector: {matchLabels: {app: server}}, mtls: {mode: STRICT}}'),
    expect: 'fails none 503 UC',
    cause: 'namespace-disable-hint',
  },
  {
    name: '3 namespace STRICT and workload v1 DISABLE',
    objects:
      policy('a', 'srv', '{mtls: {mode: STRICT}}') +
      policy('b', 'srv', '{selector: {matchLabels: {version: v1}}, mtls: {mode: DISABLE}}'),
    expect: 'ok mixed',
    outside: 'mixed plaintext connection reset 0.5',
  },
  {
    name: '4 port-level DISABLE is keyed by the pod port',
    objects: policy(
      'a',
      'srv',
      '{selector: {matchLabels: {app: server}}, mtls: {mode: STRICT}, portLevelMtls: {8080: {mode: DISABLE}}}',
    ),
    expect: 'ok plaintext',
    outside: 'ok plaintext',
  },
  {
    name: '4 other port',
    objects: policy(
      'a',
      'srv',
      '{selector: {matchLabels: {app: server}}, mtls: {mode: STRICT}, portLevelMtls: {8080: {mode: DISABLE}}}',
    ),
    port: 5432,
    expect: 'ok mtls',
    outside: 'fails none connection reset',
  },
  {
    name: '5 port-level by service port has no effect',
    objects: policy(
      'a',
      'srv',
      '{selector: {matchLabels: {app: server}}, mtls: {mode: STRICT}, portLevelMtls: {80: {mode: DISABLE}}}',
    ),
    expect: 'ok mtls',
    outside: 'fails none connection reset',
  },
  {
    name: '6 root-namespace policy with selector is ignored',
    objects: policy('a', 'istio-system', '{selector: {matchLabels: {app: server}}, mtls: {mode: STRICT}}'),
    expect: 'ok mtls',
    outside: 'ok plaintext',
  },
  {
    name: '7 mesh DISABLE, namespace UNSET',
    objects:
      policy('a', 'istio-system', '{mtls: {mode: DISABLE}}') + policy('b', 'srv', '{mtls: {mode: UNSET}}'),
    expect: 'ok plaintext',
  },
  {
    name: '7 mesh DISABLE, namespace PERMISSIVE',
    objects:
      policy('a', 'istio-system', '{mtls: {mode: DISABLE}}') +
      policy('b', 'srv', '{mtls: {mode: PERMISSIVE}}'),
    expect: 'ok mtls',
  },
  {
    name: '8 two namespace policies: the older wins',
    objects:
      policy('z', 'srv', '{mtls: {mode: DISABLE}}', old) +
      policy('a', 'srv', '{mtls: {mode: STRICT}}', recent),
    expect: 'ok plaintext',
    outside: 'ok plaintext',
  },
  {
    name: '8 without ages nobody knows',
    objects: policy('z', 'srv', '{mtls: {mode: DISABLE}}') + policy('a', 'srv', '{mtls: {mode: STRICT}}'),
    expect: 'unknown unknown',
    outside: 'unknown unknown',
    cause: 'rival-policies-without-age',
  },
  {
    name: '8 without ages, but both say the same',
    objects: policy('z', 'srv', '{mtls: {mode: STRICT}}') + policy('a', 'srv', '{mtls: {mode: STRICT}}'),
    expect: 'ok mtls',
    outside: 'fails none connection reset',
  },
  {
    name: '9 two workload policies: the older wins over the more specific',
    objects:
      policy('b', 'srv', '{selector: {matchLabels: {app: server}}, mtls: {mode: DISABLE}}', old) +
      policy(
        'a',
        'srv',
        '{selector: {matchLabels: {app: server, version: v1}}, mtls: {mode: STRICT}}',
        recent,
      ),
    expect: 'ok plaintext',
    outside: 'ok plaintext',
  },
  {
    name: '10 a newer port-only policy is ignored',
    objects:
      policy('b', 'srv', '{selector: {matchLabels: {app: server}}, mtls: {mode: STRICT}}', old) +
      policy(
        'a',
        'srv',
        '{selector: {matchLabels: {app: server}}, portLevelMtls: {8080: {mode: DISABLE}}}',
        recent,
      ),
    expect: 'ok mtls',
    outside: 'fails none connection reset',
  },
  {
    name: '11 an empty selector is namespace-wide',
    objects: policy('a', 'srv', '{selector: {matchLabels: {}}, mtls: {mode: DISABLE}}'),
    expect: 'ok plaintext',
  },
  {
    name: '12 ISTIO_MUTUAL fails closed on a pod without sidecar',
    pods: {p2Injected: false},
    objects: rule('d', 'srv', `{${host}, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}`),
    expect: 'mixed mtls 503 UF 0.5',
    cause: 'destination-rule-mutual-to-server-without-sidecar',
  },
  {
    name: '13 namespace DISABLE and ISTIO_MUTUAL',
    objects:
      policy('a', 'srv', '{mtls: {mode: DISABLE}}') +
      rule('d', 'srv', `{${host}, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}`),
    expect: 'fails none 503 UF',
    cause: 'destination-rule-mutual-to-disabled',
  },
  {
    name: '14 DISABLE',
    objects: rule('d', 'srv', `{${host}, trafficPolicy: {tls: {mode: DISABLE}}}`),
    expect: 'ok plaintext',
  },
  {
    name: '14 DISABLE against STRICT',
    objects:
      policy('a', 'srv', '{mtls: {mode: STRICT}}') +
      rule('d', 'srv', `{${host}, trafficPolicy: {tls: {mode: DISABLE}}}`),
    expect: 'fails none 503 UC',
    cause: 'destination-rule-disables-tls',
  },
  {
    name: '15 SIMPLE with a port-level entry without tls: plaintext',
    objects: rule(
      'd',
      'srv',
      `{${host}, trafficPolicy: {tls: {mode: SIMPLE}, portLevelSettings: [{port: {number: 80}, loadBalancer: {simple: RANDOM}}]}}`,
    ),
    expect: 'ok plaintext',
  },
  {
    name: '15 SIMPLE on the other port',
    objects: rule(
      'd',
      'srv',
      `{${host}, trafficPolicy: {tls: {mode: SIMPLE}, portLevelSettings: [{port: {number: 80}, loadBalancer: {simple: RANDOM}}]}}`,
    ),
    port: 5432,
    expect: 'ok tls',
  },
  {
    name: '16 DISABLE with a port-level entry without tls',
    objects: rule(
      'd',
      'srv',
      `{${host}, trafficPolicy: {tls: {mode: DISABLE}, portLevelSettings: [{port: {number: 80}, loadBalancer: {simple: RANDOM}}]}}`,
    ),
    expect: 'ok plaintext',
  },
  {
    name: '17 ISTIO_MUTUAL with a port-level entry is per endpoint',
    pods: {p2Injected: false},
    objects: rule(
      'd',
      'srv',
      `{${host}, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}, portLevelSettings: [{port: {number: 80}, loadBalancer: {simple: RANDOM}}]}}`,
    ),
    expect: 'ok mixed',
  },
  {
    name: '18 SIMPLE with credentialName is plaintext',
    objects:
      policy('a', 'srv', '{mtls: {mode: STRICT}}') +
      rule('d', 'srv', `{${host}, trafficPolicy: {tls: {mode: SIMPLE, credentialName: c}}}`),
    expect: 'fails none 503 UC',
    cause: 'credential-name-ignored',
  },
  {
    name: 'SIMPLE to an HTTP port',
    objects: rule('d', 'srv', `{${host}, trafficPolicy: {tls: {mode: SIMPLE}}}`),
    expect: 'fails none 503 UF',
    cause: 'destination-rule-plain-tls-to-http-port',
  },
  {
    name: '21 a rule in the client namespace hides that of the service',
    objects:
      rule('d', 'srv', `{${host}, trafficPolicy: {tls: {mode: DISABLE}}}`) +
      rule('e', 'cli', `{host: "*.local", trafficPolicy: {outlierDetection: {}}}`),
    expect: 'ok mtls',
  },
  {
    name: '22 a selector that does not match hides it too',
    objects:
      rule('d', 'srv', `{${host}, trafficPolicy: {tls: {mode: DISABLE}}}`) +
      rule(
        'e',
        'cli',
        `{${host}, workloadSelector: {matchLabels: {app: other}}, trafficPolicy: {outlierDetection: {}}}`,
      ),
    expect: 'ok mtls',
  },
  {
    name: '23 selector that does not match, and a plain one',
    objects:
      rule('d', 'cli', `{${host}, trafficPolicy: {tls: {mode: DISABLE}}}`) +
      rule(
        'e',
        'cli',
        `{${host}, workloadSelector: {matchLabels: {app: other}}, trafficPolicy: {outlierDetection: {}}}`,
      ),
    expect: 'ok plaintext',
  },
  {
    name: '24 … with exportTo "." the plain one is lost',
    objects:
      rule('d', 'cli', `{${host}, exportTo: ["."], trafficPolicy: {tls: {mode: DISABLE}}}`) +
      rule(
        'e',
        'cli',
        `{${host}, workloadSelector: {matchLabels: {app: other}}, trafficPolicy: {outlierDetection: {}}}`,
      ),
    expect: 'ok mtls',
  },
  {
    name: '25 a matching selector replaces the plain one',
    objects:
      rule('d', 'cli', `{${host}, trafficPolicy: {tls: {mode: DISABLE}}}`) +
      rule(
        'e',
        'cli',
        `{${host}, workloadSelector: {matchLabels: {app: client}}, trafficPolicy: {outlierDetection: {}}}`,
      ),
    expect: 'ok mtls',
  },
  {
    name: '26 two rules of one host: the older policy holds whole',
    objects:
      rule('d', 'srv', `{${host}, trafficPolicy: {tls: {mode: DISABLE}}}`, old) +
      rule('e', 'srv', `{${host}, trafficPolicy: {outlierDetection: {}}}`, recent),
    expect: 'ok plaintext',
  },
  {
    name: '26 … without ages nobody knows',
    objects:
      rule('d', 'srv', `{${host}, trafficPolicy: {tls: {mode: DISABLE}}}`) +
      rule('e', 'srv', `{${host}, trafficPolicy: {outlierDetection: {}}}`),
    expect: 'unknown unknown',
    cause: 'rival-policies-without-age',
  },
  {
    name: '27 root-namespace wildcard',
    objects: rule('d', 'istio-system', `{host: "*.local", trafficPolicy: {tls: {mode: DISABLE}}}`),
    expect: 'ok plaintext',
  },
  {
    name: '28 private to the service namespace',
    objects: rule('d', 'srv', `{${host}, exportTo: ["."], trafficPolicy: {tls: {mode: DISABLE}}}`),
    expect: 'ok mtls',
  },
  {
    name: '28 in a third namespace',
    objects: rule('d', 'third', `{${host}, trafficPolicy: {tls: {mode: DISABLE}}}`),
    expect: 'ok mtls',
  },
  {
    name: '28 a host with a dot is taken as qualified',
    objects: rule('d', 'cli', '{host: server.srv, trafficPolicy: {tls: {mode: DISABLE}}}'),
    expect: 'ok mtls',
  },
  {name: '29 headless, all injected', pods: {headless: true}, objects: '', expect: 'ok mtls'},
  {
    name: '29 headless, one not injected',
    pods: {headless: true, p2Injected: false},
    objects: '',
    expect: 'ok plaintext',
  },
  {
    name: '29 … under STRICT',
    pods: {headless: true, p2Injected: false},
    objects: policy('a', 'srv', '{mtls: {mode: STRICT}}'),
    expect: 'mixed plaintext 503 UC 0.5',
    cause: 'headless-mixed-injection',
  },
  {
    name: '29 headless with one workload DISABLE',
    pods: {headless: true},
    objects: policy('b', 'srv', '{selector: {matchLabels: {version: v1}}, mtls: {mode: DISABLE}}'),
    expect: 'mixed mtls 503 UF 0.5',
    cause: 'headless-disabled-workload',
  },
  {
    name: '29 headless mixed with ISTIO_MUTUAL',
    pods: {headless: true, p2Injected: false},
    objects: rule('d', 'srv', `{${host}, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}`),
    expect: 'mixed mtls 503 UF 0.5',
  },
  {name: '30 auto mTLS off', objects: meshConfig('enableAutoMtls: false'), expect: 'ok plaintext'},
  {
    name: '30 auto mTLS off, ISTIO_MUTUAL',
    objects:
      meshConfig('enableAutoMtls: false') +
      rule('d', 'srv', `{${host}, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}`),
    expect: 'ok mtls',
  },
  {
    name: '30 auto mTLS off, STRICT',
    objects: meshConfig('enableAutoMtls: false') + policy('a', 'srv', '{mtls: {mode: STRICT}}'),
    expect: 'fails none 503 UC',
    cause: 'auto-mtls-off',
  },
  {
    name: '31 an excluded port still gets mTLS',
    pods: {p1Annotations: 'traffic.sidecar.istio.io/excludeInboundPorts: "8080"'},
    objects: '',
    expect: 'mixed mtls 503 UF 0.5',
    outside: 'ok plaintext',
    cause: 'excluded-port-gets-mtls',
  },
  {
    name: '40 hidden by a Sidecar, ALLOW_ANY',
    objects:
      'apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: s, namespace: cli}\nspec: {egress: [{hosts: ["./*"]}]}\n---\n',
    expect: 'ok plaintext',
  },
  {
    name: '40 hidden by a Sidecar, STRICT',
    objects:
      policy('a', 'srv', '{mtls: {mode: STRICT}}') +
      'apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: s, namespace: cli}\nspec: {egress: [{hosts: ["./*"]}]}\n---\n',
    expect: 'fails none 503 UC',
    cause: 'service-hidden-by-sidecar',
  },
  {
    name: '40 hidden by a Sidecar, REGISTRY_ONLY',
    objects:
      'apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: s, namespace: cli}\nspec: {outboundTrafficPolicy: {}, egress: [{hosts: ["./*"]}]}\n---\n',
    expect: 'fails none connection reset',
    cause: 'registry-only',
  },
  {
    name: '40 REGISTRY_ONLY where the port is known for HTTP',
    objects:
      'apiVersion: v1\nkind: Service\nmetadata: {name: own, namespace: cli}\nspec: {ports: [{name: http, port: 80}]}\n---\n' +
      'apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: s, namespace: cli}\nspec: {outboundTrafficPolicy: {}, egress: [{hosts: ["./*"]}]}\n---\n',
    expect: 'fails none 502',
    cause: 'registry-only',
  },
  {
    name: '40 REGISTRY_ONLY on TCP',
    port: 5432,
    objects:
      'apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: s, namespace: cli}\nspec: {outboundTrafficPolicy: {mode: REGISTRY_ONLY}, egress: [{hosts: ["./*"]}]}\n---\n',
    expect: 'fails none connection reset',
    cause: 'registry-only',
  },
  {
    name: 'plaintext to DISABLE with the label kept',
    objects: policy('b', 'srv', '{selector: {matchLabels: {app: server}}, mtls: {mode: DISABLE}}'),
    expect: 'ok plaintext',
    outside: 'ok plaintext',
  },
]

for (const {name, pods = {}, objects, expect, outside, port = 80, cause} of cases) {
  test(name, () => {
    const mesh = meshOf(server(pods) + objects)
    assert.equal(told(mesh, 'cli/client', port), expect)
    if (outside !== undefined) assert.equal(told(mesh, 'plain/outside', port), outside)
    if (cause !== undefined)
      assert.equal(edgeBetween(mesh, 'cli/client', `srv/server:${port}`).judge().outcome.cause, cause)
  })
}

function told(mesh: ReturnType<typeof meshOf>, client: string, port: number): string {
  const {result, transport, failure, failingShare} = edgeBetween(mesh, client, `srv/server:${port}`).judge()
    .outcome
  return [
    result,
    transport,
    ...(failure === null ? [] : [failure]),
    ...(result === 'mixed' ? [String(failingShare)] : []),
  ].join(' ')
}

test('every failing edge names facts that can be disputed', () => {
  const mesh = meshOf(
    server({}) +
      policy('a', 'srv', '{mtls: {mode: STRICT}}') +
      rule('d', 'cli', `{${host}, trafficPolicy: {tls: {mode: DISABLE}}}`),
  )
  const {facts} = edgeBetween(mesh, 'cli/client', 'srv/server:80').judge()
  assert.deepEqual(
    facts.flatMap(one => one.object?.id.kind ?? []),
    ['DestinationRule', 'Deployment', 'PeerAuthentication'],
  )
})
