import {appImage} from '../images/names.ts'

export interface EchoAppOptions {
  namespace: string
  name: string
  replicas?: number
  /** The name of the Service's port, by which Istio tells the protocol. */
  portName?: string
  podAnnotations?: Record<string, string>
  podLabels?: Record<string, string>
}

/** The Service port of every echo app; its pods listen on 8080. */
export const echoPort = 80

/** A workload that answers with what it was asked, and that requests can be sent from. */
export function echoApp(options: EchoAppOptions): object[] {
  const {namespace, name, replicas = 1, portName = 'http', podAnnotations = {}, podLabels = {}} = options
  const metadata = {name, namespace}
  const labels = {app: name, ...podLabels}
  const container = {
    name: 'app',
    image: appImage,
    command: ['node', '/testbed/echo.mjs'],
    ports: [{name: 'http', containerPort: 8080}],
    readinessProbe: {httpGet: {path: '/', port: 8080}, periodSeconds: 1},
  }
  const pod = {serviceAccountName: name, terminationGracePeriodSeconds: 2, containers: [container]}
  const template = {metadata: {labels, annotations: podAnnotations}, spec: pod}
  const ports = [{name: portName, port: echoPort, targetPort: 8080}]
  return [
    {apiVersion: 'v1', kind: 'ServiceAccount', metadata},
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {replicas, selector: {matchLabels: {app: name}}, template},
    },
    {apiVersion: 'v1', kind: 'Service', metadata, spec: {selector: {app: name}, ports}},
  ]
}
