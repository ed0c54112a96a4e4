/**
 * The lab fixtures of the semantics notes (section N): each was run on Istio's own code, and says which socket the
 * client's cluster got; here what follows for the call. Server: Service `server` in `srv`, 80 to 8080 (HTTP) and 5432
 * (TCP), pods p1 (v1) and p2 (v2); client `client` in `cli`, and one outside of the mesh.
 */
export interface Pods {
  readonly p2Injected?: boolean
  readonly headless?: boolean
  readonly p1Annotations?: string
}

export function server({p2Injected = true, headless = false, p1Annotations = ''}: Pods): string {
  const pod = (name: string, version: string, injected: boolean, annotations: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: srv}
spec:
  selector: {matchLabels: {app: server, version: ${version}}}
  template:
    metadata:
      labels: {app: server, version: ${version}${injected ? '' : ', sidecar.istio.io/inject: "false"'}}
      annotations: {${annotations}}
    spec: {containers: [{name: app, image: app}]}
---`
  return `
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
  ${headless ? 'clusterIP: None' : ''}
  ports: [{name: http, port: 80, targetPort: ${headless ? 80 : 8080}}, {name: tcp-db, port: 5432}]
---
${pod('p1', 'v1', true, p1Annotations)}
${pod('p2', 'v2', p2Injected, '')}
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
metadata: {name: outside, namespace: plain}
spec:
  template:
    metadata: {labels: {app: outside}}
    spec: {containers: [{name: app, image: app}]}
---
`
}

export const policy = (name: string, namespace: string, spec: string, created = ''): string =>
  `apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: ${name}, namespace: ${namespace}${created === '' ? '' : `, creationTimestamp: "${created}"`}}\nspec: ${spec}\n---\n`
export const rule = (name: string, namespace: string, spec: string, created = ''): string =>
  `apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: ${name}, namespace: ${namespace}${created === '' ? '' : `, creationTimestamp: "${created}"`}}\nspec: ${spec}\n---\n`
export const host = 'host: server.srv.svc.cluster.local'
export const old = '2020-01-01T00:00:00Z'
export const recent = '2024-01-01T00:00:00Z'
export const meshConfig = (text: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: ${JSON.stringify(text)}}\n---\n`
