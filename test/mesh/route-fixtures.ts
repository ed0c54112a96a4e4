import {meshOf, serviceOf, workloadOf} from '../support/mesh.ts'
import type {Mesh, MeshOptions, RouteTable, Server} from '../../src/mesh/mesh.ts'

/** Service `server` in `srv` (80 HTTP, 5432 TCP, 443 TLS) and the injected clients `client` and `other` in `cli`. */
const world = `
apiVersion: v1
kind: Namespace
metadata: {name: srv, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Namespace
metadata: {name: cli, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Service
metadata: {name: server, namespace: srv}
spec:
  selector: {app: server}
  ports: [{name: http, port: 80, targetPort: 8080}, {name: tcp-db, port: 5432}, {name: tls, port: 443}, {name: http-admin, port: 9090}]
---
apiVersion: v1
kind: Service
metadata: {name: canary, namespace: srv}
spec:
  selector: {app: canary}
  ports: [{name: http, port: 80}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: client, namespace: cli}
spec:
  template:
    metadata: {labels: {app: client}}
    spec: {containers: [{name: app, image: app}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: other, namespace: cli}
spec:
  template:
    metadata: {labels: {app: other}}
    spec: {containers: [{name: app, image: app}]}
`

export const host = 'server.srv.svc.cluster.local'

export function routedMesh(yaml: string, options: MeshOptions = {}): Mesh {
  return meshOf(`${world}---\n${yaml}`, options)
}

export function serverOf(mesh: Mesh, port = 80): Server {
  const service = serviceOf(mesh, 'srv/server')
  const found = service.ports.find(one => one.port === port)
  if (found === undefined) throw new Error(`no port ${port}`)
  return {service, port: found}
}

export function routesFor(mesh: Mesh, client = 'client', port = 80): RouteTable {
  return mesh.routes(workloadOf(mesh, `cli/${client}`), serverOf(mesh, port))
}

interface Written {
  readonly name: string
  readonly namespace?: string
  /** Seconds after the epoch, null for none. */
  readonly age?: number | null
  readonly hosts?: readonly string[]
  readonly spec?: string
  readonly http?: string
}

/** A VirtualService as one YAML document; by default of the namespace `srv`, and without an age. */
export function virtualService({
  name,
  namespace = 'srv',
  age = null,
  hosts = [host],
  spec = '',
  http,
}: Written): string {
  const stamp = age === null ? '' : `, creationTimestamp: "${new Date(age * 1000).toISOString()}"`
  const routes = http ?? `[{route: [{destination: {host: ${host}}}], timeout: ${name.length}s}]`
  return `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${name}, namespace: ${namespace}${stamp}}
spec: {hosts: [${hosts.map(one => `"${one}"`).join(', ')}]${spec === '' ? '' : `, ${spec}`}, http: ${routes}}
---`
}
