import {stringify} from 'yaml'
import {groupOf, knownKinds} from '../../src/objects/kinds.ts'

/** An input that is wrong in some way: what must never happen on it is a crash. */
export interface BrokenInput {
  readonly name: string
  readonly content: string | Uint8Array
}

type Value = null | boolean | number | string | Value[] | {[key: string]: Value}

const versions: Readonly<Record<string, string>> = {
  '': 'v1',
  'networking.istio.io': 'networking.istio.io/v1',
  'security.istio.io': 'security.istio.io/v1',
  'telemetry.istio.io': 'telemetry.istio.io/v1',
}

const versionOf = (group: string): string => versions[group] ?? `${group}/v1`

const pod: Value = {
  metadata: {labels: {app: 'a', version: 'v1'}, annotations: {'sidecar.istio.io/inject': 'true'}},
  spec: {
    serviceAccountName: 'a',
    initContainers: [{name: 'i', image: 'i'}],
    containers: [
      {
        name: 'a',
        image: 'a:1',
        ports: [{name: 'http', containerPort: 8080, protocol: 'TCP'}],
        env: [{name: 'B_HOST', value: 'http://b:80'}],
        args: ['--x'],
        readinessProbe: {httpGet: {path: '/', port: 8080}},
      },
    ],
  },
}
const workload: Value = {replicas: 1, selector: {matchLabels: {app: 'a'}}, template: pod}

const specs: Readonly<Record<string, Value>> = {
  Deployment: workload,
  StatefulSet: workload,
  DaemonSet: workload,
  ReplicaSet: workload,
  Rollout: workload,
  Job: workload,
  CronJob: {schedule: '* * * * *', jobTemplate: {spec: workload}},
  Pod: (pod as {spec: Value}).spec,
  Service: {
    selector: {app: 'a'},
    type: 'ClusterIP',
    ports: [{name: 'http', port: 80, targetPort: 8080, appProtocol: 'http'}],
  },
  Ingress: {
    ingressClassName: 'x',
    rules: [
      {
        host: 'a.example',
        http: {paths: [{path: '/', pathType: 'Prefix', backend: {service: {name: 'a', port: {number: 80}}}}]},
      },
    ],
  },
  NetworkPolicy: {
    podSelector: {matchLabels: {app: 'a'}},
    policyTypes: ['Ingress'],
    ingress: [{from: [{podSelector: {}, namespaceSelector: {}}], ports: [{port: 80}]}],
  },
  DestinationRule: {
    host: 'a',
    exportTo: ['.'],
    trafficPolicy: {
      tls: {mode: 'ISTIO_MUTUAL'},
      outlierDetection: {consecutive5xxErrors: 5},
      portLevelSettings: [{port: {number: 80}, tls: {mode: 'DISABLE'}}],
    },
    subsets: [{name: 'v1', labels: {version: 'v1'}}],
  },
  VirtualService: {
    hosts: ['a'],
    gateways: ['mesh'],
    exportTo: ['*'],
    http: [
      {
        match: [{uri: {prefix: '/'}, method: {exact: 'GET'}, sourceLabels: {app: 'b'}}],
        route: [{destination: {host: 'a', subset: 'v1', port: {number: 80}}, weight: 100}],
        timeout: '1s',
        retries: {attempts: 2, perTryTimeout: '1s', retryOn: '5xx'},
        fault: {delay: {percentage: {value: 1}, fixedDelay: '1s'}},
      },
    ],
  },
  Gateway: {
    selector: {istio: 'ingressgateway'},
    servers: [{port: {number: 80, name: 'http', protocol: 'HTTP'}, hosts: ['*'], tls: {mode: 'SIMPLE'}}],
  },
  ServiceEntry: {
    hosts: ['x.example'],
    ports: [{number: 443, name: 'tls', protocol: 'TLS'}],
    location: 'MESH_EXTERNAL',
    resolution: 'DNS',
    endpoints: [{address: '1.2.3.4'}],
  },
  Sidecar: {
    workloadSelector: {labels: {app: 'a'}},
    egress: [{hosts: ['./*', 'istio-system/*']}],
    outboundTrafficPolicy: {mode: 'REGISTRY_ONLY'},
  },
  EnvoyFilter: {
    workloadSelector: {labels: {app: 'a'}},
    configPatches: [{applyTo: 'CLUSTER', match: {}, patch: {operation: 'MERGE', value: {}}}],
  },
  PeerAuthentication: {
    selector: {matchLabels: {app: 'a'}},
    mtls: {mode: 'STRICT'},
    portLevelMtls: {'8080': {mode: 'DISABLE'}},
  },
  RequestAuthentication: {
    selector: {matchLabels: {app: 'a'}},
    jwtRules: [{issuer: 'x', jwksUri: 'https://x.example'}],
  },
  AuthorizationPolicy: {
    selector: {matchLabels: {app: 'a'}},
    action: 'ALLOW',
    rules: [
      {
        from: [{source: {principals: ['cluster.local/ns/a/sa/a'], namespaces: ['a']}}],
        to: [{operation: {ports: ['80'], methods: ['GET']}}],
        when: [{key: 'source.ip', values: ['1.2.3.4']}],
      },
    ],
  },
  Telemetry: {
    selector: {matchLabels: {app: 'a'}},
    tracing: [{providers: [{name: 'zipkin'}], randomSamplingPercentage: 10, customTags: {}}],
  },
  HTTPRoute: {
    parentRefs: [{name: 'a', kind: 'Service', group: ''}],
    hostnames: ['a.example'],
    rules: [
      {
        matches: [{path: {type: 'PathPrefix', value: '/'}}],
        backendRefs: [{name: 'a', port: 80, weight: 1}],
        timeouts: {request: '1s'},
      },
    ],
  },
  ServiceMonitor: {
    selector: {matchLabels: {app: 'a'}},
    namespaceSelector: {any: true},
    endpoints: [{port: 'http', path: '/metrics'}],
  },
  HorizontalPodAutoscaler: {scaleTargetRef: {kind: 'Deployment', name: 'a'}, minReplicas: 1, maxReplicas: 2},
  IstioOperator: {
    meshConfig: {
      enableAutoMtls: true,
      defaultConfig: {},
      extensionProviders: [{name: 'z', zipkin: {service: 'z', port: 9411}}],
    },
  },
}

function sample(group: string, kind: string): {[key: string]: Value} {
  const base = {
    apiVersion: versionOf(group),
    kind,
    metadata: {
      name: 'a',
      namespace: 'shop',
      labels: {app: 'a', 'istio.io/rev': 'x'},
      annotations: {'networking.istio.io/exportTo': '.'},
    },
  }
  if (kind === 'ConfigMap')
    return {
      ...base,
      metadata: {name: 'istio', namespace: 'istio-system'},
      data: {mesh: 'rootNamespace: istio-system\nextensionProviders: []\n'},
    }
  if (kind.endsWith('WebhookConfiguration'))
    return {
      ...base,
      webhooks: [
        {
          name: 'a',
          clientConfig: {service: {name: 'a', namespace: 'shop', port: 443}},
          namespaceSelector: {matchLabels: {a: 'b'}},
        },
      ],
    }
  return {...base, spec: specs[kind] ?? {selector: {app: 'a'}}}
}

const wrong: readonly Value[] = [
  null,
  true,
  -1,
  1e300,
  'x',
  '',
  [],
  {},
  [[]],
  [null],
  {a: null},
  {constructor: 1},
]

/** Every field of an object once with a value of a wrong type, which differs from field to field. */
function* wrongTypes(group: string, kind: string): Iterable<BrokenInput> {
  let count = kind.length
  for (const path of pathsOf(sample(group, kind))) {
    const value = wrong[count++ % wrong.length] ?? null
    const changed = structuredClone(sample(group, kind))
    replace(changed, path, value)
    yield {
      name: `${group || 'core'}/${kind} with ${path.join('.')} ${JSON.stringify(value)}`,
      content: stringify(changed),
    }
  }
}

function* pathsOf(value: Value, path: (string | number)[] = []): Iterable<(string | number)[]> {
  if (typeof value !== 'object' || value === null) return
  for (const [key, item] of Object.entries(value)) {
    const own = [...path, Array.isArray(value) ? Number(key) : key]
    yield own
    yield* pathsOf(item, own)
  }
}

function replace(root: Value, path: readonly (string | number)[], value: Value): void {
  let holder: Value = root
  for (const step of path.slice(0, -1)) holder = (holder as Record<string | number, Value>)[step] ?? null
  ;(holder as Record<string | number, Value>)[path.at(-1) ?? ''] = value
}

function* cut(): Iterable<BrokenInput> {
  const all = ['Deployment', 'Service', 'VirtualService', 'DestinationRule', 'AuthorizationPolicy']
    .map(kind => stringify(sample(groupFor(kind), kind)))
    .join('---\n')
  for (let offset = 1; offset < all.length; offset += 37)
    yield {name: `cut at ${offset}`, content: all.slice(0, offset)}
  const json = JSON.stringify(sample('apps', 'Deployment'), null, 1)
  for (let offset = 1; offset < json.length; offset += 53)
    yield {name: `JSON cut at ${offset}`, content: json.slice(0, offset)}
}

function groupFor(kind: string): string {
  return knownKinds().find(([, one]) => one === kind)?.[0] ?? ''
}

const head = 'apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n'

const oddities: Readonly<Record<string, string | Uint8Array>> = {
  'a huge string': `${head}spec: ${'x'.repeat(2_000_000)}\n`,
  'a huge key': `${head}${'k'.repeat(100_000)}: 1\n`,
  'a huge number': `${head}spec: {ports: [{port: ${'9'.repeat(5000)}}]}\n`,
  'many documents of nothing': '---\n'.repeat(20_000),
  'many broken documents': '---\na: [\n'.repeat(500),
  'deep lists': `${head}spec: ${'['.repeat(20_000)}`,
  'deep mappings': `${head}spec: ${'{a: '.repeat(3000)}`,
  'deep but closed': `${head}spec: ${'['.repeat(300)}${']'.repeat(300)}\n`,
  'deep blocks': `${head}spec:\n${Array.from({length: 600}, (_, level) => `${' '.repeat(level + 1)}a:\n`).join('')}`,
  binary: Uint8Array.from({length: 4096}, (_, index) => (index * 7919) % 256),
  'a null byte': `${head}spec: "\u0000"\n`,
  'invalid UTF-8': Buffer.from([...Buffer.from(head), 0xff, 0xfe, 0xfd]),
  'half a character': Buffer.from('name: ä').subarray(0, -1),
  'UTF-16': Buffer.from(`\uFEFF${head}`, 'utf16le'),
  'a lone surrogate': `${head}spec: "\\uD800"\n`,
  'control characters': `${head}spec: "\u0007\u001b"\n`,
  '__proto__ as a key': `${head}__proto__: {polluted: true}\nspec: {__proto__: {selector: 1}, ports: [{__proto__: null}]}\n`,
  'constructor as a key': `${head}constructor: {prototype: {polluted: true}}\nspec: {selector: {constructor: x, toString: y, hasOwnProperty: z}}\n`,
  '__proto__ as a name':
    'apiVersion: v1\nkind: Service\nmetadata: {name: __proto__, namespace: constructor}\nspec: {selector: {__proto__: __proto__}}\n',
  'toString as a kind': 'apiVersion: constructor/v1\nkind: toString\nmetadata: {name: hasOwnProperty}\n',
  'a cycle of anchors': 'a: &a {b: &b {c: *a, d: *b}}\n',
  'a merge of itself': 'a: &a {<<: *a}\n',
  'aliases of aliases': `a0: &a0 [${'x,'.repeat(50)}]\n${Array.from({length: 60}, (_, level) => `a${level + 1}: &a${level + 1} [*a${level}, *a${level}]\n`).join('')}`,
  'merges of merges': `m0: &m0 {k0: 1}\n${Array.from({length: 60}, (_, level) => `m${level + 1}: &m${level + 1} {<<: [*m${level}, *m${level}], k${level + 1}: 1}\n`).join('')}`,
  'an alias of nothing': `${head}spec: *nothing\n`,
  'unknown tags': `${head}spec: !!python/object:os.system {x: !y z}\n`,
  'a bad tag': `${head}spec: !<\n`,
  'duplicate keys': `${head}spec: {a: 1, a: 2}\nspec: 3\n`,
  'a key that is a mapping': `${head}? {a: b}\n: c\n`,
  tabs: head.replaceAll('  ', '\t'),
  'a Helm template':
    'apiVersion: v1\nkind: {{ .Values.kind }}\nmetadata:\n  {{- toYaml .Values.m | nindent 2 }}\n',
  'a template that parses': 'apiVersion: v1\nkind: Service\nmetadata: {name: "{{ .x }}"}\n',
  'conflict marks': `${head}<<<<<<< HEAD\nspec: 1\n=======\nspec: 2\n>>>>>>> theirs\n`,
  XML: '<?xml version="1.0"?>\n<a>b</a>\n',
  'a shell script': '#!/bin/sh\necho "$1" | sed s/a/b/ && exit 1\n',
  'only a byte order mark': '\uFEFF',
  'only a separator': '---',
  'an end mark first': '...\n---\n...\n',
  'a directive without a document': '%YAML 1.1\n',
  'a List of everything wrong': JSON.stringify({
    apiVersion: 'v1',
    kind: 'List',
    items: [
      ...wrong,
      {kind: 'List'},
      {apiVersion: 'v1', kind: 'List', items: 'x'},
      {apiVersion: 'v1', kind: 'Service', metadata: []},
    ],
  }),
  'Lists in Lists': `${'{"apiVersion": "v1", "kind": "List", "items": ['.repeat(20)}${']}'.repeat(20)}`,
  'a snapshot of everything wrong': JSON.stringify({schema: 'meshctl/snapshot/v1', objects: wrong}),
  'a snapshot without objects': '{"schema": "meshctl/snapshot/v1", "objects": {"a": 1}}',
  'carriage returns only': head.replaceAll('\n', '\r'),
  'many brackets below their keys': `${head}spec:\n  a: [\n${'  1,\n'.repeat(300)}  ]\n`,
  'a mesh config that is not YAML':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: "a: ["}\n',
  'a mesh config of the wrong type':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: "- 1\\n- 2"}\n',
}

/** All of them, always the same: the caller writes each to a file, or pipes it. */
export function* brokenInputs(): Iterable<BrokenInput> {
  for (const [name, content] of Object.entries(oddities)) yield {name, content}
  yield* cut()
  for (const [group, kind] of knownKinds())
    if (groupOf(versionOf(group)) === group) yield* wrongTypes(group, kind)
}
