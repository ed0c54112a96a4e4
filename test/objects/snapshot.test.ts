import assert from 'node:assert/strict'
import {test} from 'node:test'
import {MeshctlError} from '../../src/cli/error.ts'
import {buildMesh} from '../../src/mesh/build.ts'
import {loadPaths} from '../../src/objects/load.ts'
import {locate} from '../../src/objects/locate.ts'
import type {KubeObject} from '../../src/objects/object.ts'
import {parseText} from '../../src/objects/parse.ts'
import {readSnapshot, snapshotOf} from '../../src/objects/snapshot.ts'

const bookinfo = new URL('../../examples/bookinfo', import.meta.url).pathname

/** What the model predicts: every edge with its outcome. */
function edges(objects: readonly KubeObject[]): string[] {
  return [...buildMesh(objects, {}).possibleEdges()].map(({client, server, knowledge, judge}) =>
    JSON.stringify([
      client.kind,
      client.namespace,
      client.workload,
      client.inMesh,
      server.service.host,
      server.port.port,
      knowledge,
      judge().outcome,
    ]),
  )
}

/** The same without names. */
function nameless(objects: readonly KubeObject[]): string[] {
  return edges(objects)
    .map(edge => JSON.parse(edge) as unknown[])
    .map(([kind, , , inMesh, , port, knowledge, outcome]) =>
      JSON.stringify([kind, inMesh, port, knowledge, (outcome as {result: string}).result]),
    )
    .sort()
}

test('The model predicts from a snapshot what it predicts from the objects', async () => {
  const {objects} = await loadPaths([bookinfo])
  const snapshot = snapshotOf(objects, {anonymize: false})
  const read = readSnapshot(snapshot.text, 'mesh.json').objects
  assert.equal(read.length, snapshot.objects)
  assert.ok(edges(objects).length > 0)
  assert.deepEqual(edges(read), edges(objects))
})

test('The model predicts the same for stand-ins', async () => {
  const {objects} = await loadPaths([bookinfo])
  const {text} = snapshotOf(objects, {anonymize: true})
  assert.deepEqual(nameless(readSnapshot(text, 'mesh.json').objects), nameless(objects))
  for (const name of ['bookinfo', 'reviews', 'productpage', 'ratings']) assert.ok(!text.includes(name), name)
})

test('The same objects give the same text, and a snapshot of a snapshot is itself', async () => {
  const {objects} = await loadPaths([bookinfo])
  for (const anonymize of [false, true])
    assert.equal(snapshotOf(objects, {anonymize}).text, snapshotOf(objects, {anonymize}).text)
  const {text} = snapshotOf(objects, {anonymize: false})
  assert.equal(snapshotOf(readSnapshot(text, 'x').objects, {anonymize: false}).text, text)
})

const secrets = `
apiVersion: v1
kind: Secret
metadata: {name: hidden-secret}
stringData: {password: LEAK}
---
apiVersion: v1
kind: Service
metadata: {name: reviews, annotations: {kubectl.kubernetes.io/last-applied-configuration: LEAK}, managedFields: [{manager: LEAK}]}
spec: {ports: [{port: 80}]}
status: {loadBalancer: {ingress: [{hostname: LEAK}]}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {url: "https://user:LEAK@reviews/LEAK?x=LEAK", key: LEAK, file: "password: LEAK\\nhost: http://reviews/\\n"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: nothing}
data: {key: LEAK}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |
    enableAutoMtls: true
    extensionProviders:
    - {name: otel, opentelemetry: {service: otel.obs.svc.cluster.local, port: 4317, grpc: {initialMetadata: [{name: x-token, value: LEAK}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  template:
    metadata: {labels: {app: a}, annotations: {vault.example.com/token: LEAK}}
    spec:
      imagePullSecrets: [{name: LEAK}]
      volumes: [{name: s, secret: {secretName: LEAK}}, {name: c, configMap: {name: settings}}]
      containers:
      - name: a
        image: LEAK.example.com/team/a:1@sha256:LEAK
        command: [/bin/a, --token=LEAK, -pLEAK, LEAK, "--reviews=http://reviews:80/LEAK"]
        env:
        - {name: TOKEN, value: LEAK}
        - {name: API_KEY, value: LEAK}
        - {name: DB, value: "postgres://u:LEAK@db.example.com/LEAK"}
        - {name: REVIEWS_HOST, value: reviews}
        - {name: FROM_SECRET, valueFrom: {secretKeyRef: {name: LEAK, key: LEAK}}}
        - {name: FROM_MAP, valueFrom: {configMapKeyRef: {name: settings, key: url}}}
        readinessProbe: {httpGet: {path: "/ready?key=LEAK", port: 80, httpHeaders: [{name: Authorization, value: LEAK}]}}
        livenessProbe: {exec: {command: [LEAK]}}
        lifecycle: {preStop: {exec: {command: [LEAK]}}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: v}
spec:
  hosts: [reviews]
  http:
  - headers: {request: {set: {authorization: LEAK}}}
    directResponse: {status: 200, body: {string: LEAK}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: w}
webhooks: [{name: w, clientConfig: {caBundle: LEAK, service: {name: reviews, namespace: default}}}]
---
apiVersion: example.com/v1
kind: Vault
metadata: {name: v, namespace: default}
spec: {password: LEAK}
`

test('No secret, no credential and nothing of a controller gets into a snapshot', () => {
  const {objects, problems} = parseText(secrets, 'x.yaml')
  assert.deepEqual(problems, [])
  const {text} = snapshotOf(objects, {anonymize: false})
  assert.equal(text.match(/.{0,80}LEAK.{0,20}/)?.[0], undefined)
  assert.ok(!text.includes('hidden-secret'))
  const kept = readSnapshot(text, 'x').objects
  assert.deepEqual(
    kept.map(({id}) => `${id.kind} ${id.name}`),
    [
      'Service reviews',
      'ConfigMap settings',
      'ConfigMap istio',
      'Deployment a',
      'VirtualService v',
      'MutatingWebhookConfiguration w',
    ],
  )
  const [container] = (kept[3]?.value as {spec: {template: {spec: {containers: unknown[]}}}}).spec.template
    .spec.containers
  assert.deepEqual(container, {
    name: 'a',
    image: 'a:1',
    env: [
      {name: 'DB', value: 'postgres://db.example.com'},
      {name: 'REVIEWS_HOST', value: 'reviews'},
      {name: 'FROM_MAP', valueFrom: {configMapKeyRef: {name: 'settings', key: 'url'}}},
    ],
    command: ['/bin/a', '--token', '-p', '', '--reviews=http://reviews:80'],
    readinessProbe: {httpGet: {port: 80, path: '/ready'}},
    livenessProbe: {exec: {}},
    lifecycle: {preStop: {}},
  })
})

test('A name has the same stand-in wherever it stands', () => {
  const text = `
apiVersion: v1
kind: Namespace
metadata: {name: payments, labels: {istio-injection: enabled, acme.com/team: money}}
---
apiVersion: v1
kind: Service
metadata: {name: ledger, namespace: payments}
spec: {selector: {app: ledger, acme.com/team: money}, ports: [{name: http-ledger, port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: checkout, namespace: payments}
spec: {template: {metadata: {labels: {app: checkout}}, spec: {serviceAccountName: clerk, containers: [{name: c, env: [{name: LEDGER_URL, value: "http://ledger.payments.svc.cluster.local:80/x"}, {name: BANK, value: "https://api.bank.com"}]}]}}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: only-clerk, namespace: payments}
spec: {selector: {matchLabels: {acme.com/team: money}}, action: ALLOW, rules: [{from: [{source: {principals: [cluster.local/ns/payments/sa/clerk], namespaces: [payments]}}]}]}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: bank, namespace: payments}
spec: {hosts: [api.bank.com], ports: [{number: 443, name: tls, protocol: TLS}], resolution: DNS}
`
  const anonymous = snapshotOf(parseText(text, 'x').objects, {anonymize: true}).text
  for (const word of ['payments', 'ledger', 'checkout', 'clerk', 'money', 'acme', 'bank'])
    assert.ok(!anonymous.toLowerCase().includes(word), word)
  const [namespace, service, deployment, policy, entry] = readSnapshot(anonymous, 'x').objects
  assert.ok(namespace && service && deployment && policy && entry)
  assert.equal(service.id.namespace, namespace.id.name)
  const {name, namespace: home} = service.id
  const written = JSON.stringify(deployment.value)
  assert.ok(written.includes(`http://${name}.${home}.svc.cluster.local:80`), written)
  assert.deepEqual(
    (namespace.value['metadata'] as {labels: Record<string, string>}).labels['istio-injection'],
    'enabled',
  )
  const account = /"serviceAccountName":"(\w+)"/.exec(written)?.[1] ?? ''
  assert.ok(JSON.stringify(policy.value).includes(`cluster.local/ns/${home}/sa/${account}`))
  const label =
    Object.entries((service.value['spec'] as {selector: Record<string, string>}).selector)[1] ?? []
  assert.deepEqual((policy.value['spec'] as {selector: unknown}).selector, {
    matchLabels: {[label[0] ?? '']: label[1]},
  })
  const [host] = (entry.value['spec'] as {hosts: string[]}).hosts
  assert.ok(host?.endsWith('.com') && written.includes(`https://${host}`), host)
})

test('Stand-ins sort as the names did, since Istio settles ties by name', () => {
  const text = ['zeta', 'alpha', 'midway']
    .map(
      name =>
        `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: ${name}, namespace: shop}\n`,
    )
    .join('---\n')
  const names = readSnapshot(
    snapshotOf(parseText(text, 'x').objects, {anonymize: true}).text,
    'x',
  ).objects.map(({id}) => id.name)
  assert.deepEqual(names, ['name3', 'name1', 'name2'])
})

test('Objects of a snapshot have places in it', () => {
  const {text} = snapshotOf(
    parseText('apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n', 'x').objects,
    {anonymize: false},
  )
  const [object] = readSnapshot(text, 'mesh.json').objects
  assert.ok(object)
  assert.deepEqual(locate(object, ['metadata', 'name']), {
    file: 'mesh.json',
    line: 2,
    column: 58,
    endLine: 2,
    endColumn: 61,
  })
})

for (const [what, text] of Object.entries({
  'broken JSON': '{"schema": "meshctl/snapshot/v1", "objects": [',
  'a manifest': 'apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n',
  nothing: '',
})) {
  test(`A snapshot that is ${what} is an error with a next step`, () => {
    assert.throws(
      () => readSnapshot(text, 'mesh.json'),
      error => {
        assert.ok(error instanceof MeshctlError)
        assert.equal(error.code, 'invalid-input')
        assert.equal(error.details.file, 'mesh.json')
        assert.match(error.details.try.join(), /meshctl snapshot/)
        return true
      },
    )
  })
}
