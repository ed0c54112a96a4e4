import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'

/**
 * Writes a mesh of so many services, the same each time: 50 services a namespace, each in a file of its own with its
 * Deployment, VirtualService and DestinationRule, each calling the next two; a PeerAuthentication for every tenth.
 */
export async function generateMesh(folder: string, services: number): Promise<{objects: number}> {
  let objects = 0
  for (let first = 0; first < services; first += perNamespace) {
    const namespace = namespaceOf(first)
    await mkdir(join(folder, namespace), {recursive: true})
    await writeFile(join(folder, namespace, 'namespace.yaml'), namespaceYaml(namespace))
    objects += 1
    for (let index = first; index < Math.min(first + perNamespace, services); index += 1) {
      const documents = serviceYaml(index, services)
      await writeFile(join(folder, namespace, `s${index}.yaml`), documents.join('---\n'))
      objects += documents.length
    }
  }
  return {objects}
}

const perNamespace = 50
const namespaceOf = (index: number): string => `ns${Math.floor(index / perNamespace)}`

function namespaceYaml(name: string): string {
  return `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}, labels: {istio-injection: enabled}}\n`
}

function serviceYaml(index: number, services: number): string[] {
  const name = `s${index}`
  const namespace = namespaceOf(index)
  const metadata = `metadata: {name: ${name}, namespace: ${namespace}, labels: {app: ${name}}}`
  const host = `${name}.${namespace}.svc.cluster.local`
  const calls = [1, 2].map(step => (index + step) % services)
  const env = calls.map(
    called => `            - {name: S${called}_URL, value: 'http://s${called}.${namespaceOf(called)}:8080'}`,
  )
  return [
    `apiVersion: v1
kind: Service
${metadata}
spec:
  selector: {app: ${name}}
  ports:
    - {name: http, port: 8080, targetPort: 8080}
`,
    `apiVersion: apps/v1
kind: Deployment
${metadata}
spec:
  replicas: ${1 + (index % 3)}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}, version: v1}}
    spec:
      containers:
        - name: ${name}
          image: example/${name}:1
          env:
${env.join('\n')}
          ports: [{name: http, containerPort: 8080}]
          readinessProbe: {httpGet: {path: /healthz, port: http}}
`,
    `apiVersion: networking.istio.io/v1
kind: VirtualService
${metadata}
spec:
  hosts: [${host}]
  http:
    - match: [{method: {exact: GET}}]
      route: [{destination: {host: ${host}, subset: v1}}]
      retries: {attempts: 2, retryOn: '${index % 7 === 0 ? '5xx' : 'connect-failure,refused-stream'}'}
      timeout: 5s
    - route: [{destination: {host: ${host}${index % 13 === 0 ? ', subset: v2' : ''}}}]
`,
    `apiVersion: networking.istio.io/v1
kind: DestinationRule
${metadata}
spec:
  host: ${host}
  trafficPolicy:
    outlierDetection: {consecutive5xxErrors: 5, maxEjectionPercent: 50}
  subsets:
    - {name: v1, labels: {version: v1}}
`,
    ...(index % 10 === 0 ? [peerAuthentication(name, namespace)] : []),
  ]
}

function peerAuthentication(name: string, namespace: string): string {
  return `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  selector: {matchLabels: {app: ${name}}}
  mtls: {mode: STRICT}
`
}
