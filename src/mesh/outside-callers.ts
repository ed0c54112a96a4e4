import {entries, isRecord, number, record, text, textMap, texts} from '../objects/json.ts'
import type {Json, KubeObject, Path} from '../objects/object.ts'
import {fact} from './fact.ts'
import type {Fact} from './fact.ts'
import type {Client, ClientKind, Mesh, Server, Service, ServicePort, Workload} from './mesh.ts'
import {labelSelectorMatches} from './selectors.ts'

/** A call by something that is no workload, shown by an object that exists for it: an Ingress, a webhook, a monitor. */
export interface OutsideCall {
  readonly client: Client
  readonly server: Server
  readonly fact: Fact
}

/** Callers that are no workload count too: found by joining the objects that bring them about. */
export function outsideCalls(mesh: Mesh): readonly OutsideCall[] {
  return [...exposed(mesh), ...ingresses(mesh), ...webhooks(mesh), ...monitors(mesh), ...probes(mesh)]
}

function outsider(kind: ClientKind, namespace: string, name: string, object: KubeObject): Client {
  return {kind, namespace, workload: name, inMesh: false, of: null, object}
}

function call(
  client: Client,
  service: Service,
  port: ServicePort,
  words: string,
  object: KubeObject,
  path: Path,
): OutsideCall {
  return {client, server: {service, port}, fact: fact(words, object, path)}
}

/** Load balancers and node ports bring clients from outside straight to the pods; a gateway's own are no concern. */
function exposed(mesh: Mesh): readonly OutsideCall[] {
  return mesh.services
    .filter(({type}) => type === 'LoadBalancer' || type === 'NodePort')
    .filter(service => service.selector !== null && !isGatewayService(mesh, service))
    .flatMap(service =>
      service.ports.map(port => {
        const client = outsider(
          'external',
          service.namespace,
          `${service.type} ${service.name}`,
          service.object,
        )
        return call(
          client,
          service,
          port,
          `Service ${service.namespace}/${service.name} is of type ${service.type}: clients outside the cluster reach it`,
          service.object,
          ['spec', 'type'],
        )
      }),
    )
}

/** Its pods are a gateway's; a selector on `istio: …gateway` without pods in the input is taken for one. */
function isGatewayService(mesh: Mesh, service: Service): boolean {
  const endpoints = mesh.endpoints(service)
  if (endpoints.length > 0) return endpoints.every(endpoint => mesh.injection(endpoint).mode === 'gateway')
  return /gateway/.test(service.selector?.['istio'] ?? service.selector?.['app'] ?? '')
}

function ingresses(mesh: Mesh): readonly OutsideCall[] {
  return mesh.objects('Ingress').flatMap(ingress => {
    const spec = record(ingress.value['spec'])
    const annotations = textMap(record(ingress.value['metadata'])['annotations'])
    const className =
      text(spec['ingressClassName']) ?? annotations['kubernetes.io/ingress.class'] ?? 'default'
    if (className === 'istio') return []
    const client = outsider(
      'external',
      ingress.id.namespace,
      `Ingress ${ingress.id.name} (class ${className})`,
      ingress,
    )
    return [...backendsOf(spec)].flatMap(([backend, path]) =>
      backendServers(mesh, ingress.id.namespace, backend).map(({service, port}) =>
        call(
          client,
          service,
          port,
          `Ingress ${ingress.id.namespace}/${ingress.id.name} of class ${className} sends to it from outside the mesh`,
          ingress,
          path,
        ),
      ),
    )
  })
}

function* backendsOf(
  spec: Readonly<Record<string, Json | undefined>>,
): Iterable<readonly [Json | undefined, Path]> {
  if (isRecord(spec['defaultBackend'])) yield [spec['defaultBackend'], ['spec', 'defaultBackend']]
  for (const [rule, value] of entries(spec['rules'])) {
    for (const [index, path] of entries(record(value['http'])['paths'])) {
      yield [path['backend'], ['spec', 'rules', rule, 'http', 'paths', index, 'backend']]
    }
  }
}

function backendServers(mesh: Mesh, namespace: string, backend: Json | undefined): readonly Server[] {
  const reference = record(record(backend)['service'])
  const name = text(reference['name'])
  const service = name === undefined ? null : mesh.host(name, namespace)
  if (service === null) return []
  const wanted = record(reference['port'])
  return service.ports
    .filter(
      port =>
        port.port === number(wanted['number']) || (port.name !== null && port.name === text(wanted['name'])),
    )
    .map(port => ({service, port}))
}

/** The API server speaks plain TLS to admission webhooks and knows nothing of the mesh. */
function webhooks(mesh: Mesh): readonly OutsideCall[] {
  return ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'].flatMap(kind =>
    mesh.objects(kind).flatMap(configuration =>
      entries(configuration.value['webhooks']).flatMap(([index, hook]) => {
        const reference = record(record(hook['clientConfig'])['service'])
        const service = mesh.host(text(reference['name']) ?? '', text(reference['namespace']) ?? '')
        const port = service?.ports.find(one => one.port === (number(reference['port']) ?? 443))
        if (service === null || port === undefined) return []
        const client = outsider('apiserver', 'kube-system', 'kube-apiserver', configuration)
        return [
          call(
            client,
            service,
            port,
            `${kind} ${configuration.id.name} has the API server call it`,
            configuration,
            ['webhooks', index, 'clientConfig', 'service'],
          ),
        ]
      }),
    ),
  )
}

/** A monitor's scrape of an application's port; Prometheus is taken to be outside the mesh unless it is in the input. */
function monitors(mesh: Mesh): readonly OutsideCall[] {
  return [
    ...mesh
      .objects('ServiceMonitor')
      .flatMap(monitor => scrapes(mesh, monitor, 'endpoints', service => serviceSelected(monitor, service))),
    ...mesh
      .objects('PodMonitor')
      .flatMap(monitor =>
        scrapes(mesh, monitor, 'podMetricsEndpoints', service => podsSelected(mesh, monitor, service)),
      ),
  ]
}

function scrapes(
  mesh: Mesh,
  monitor: KubeObject,
  field: string,
  selects: (service: Service) => boolean,
): readonly OutsideCall[] {
  const spec = record(monitor.value['spec'])
  const client = prometheusOf(mesh, monitor)
  return mesh.services
    .filter(service => service.kind === 'Service' && selects(service))
    .flatMap(service =>
      entries(spec[field]).flatMap(([index, endpoint]) => {
        const ports = service.ports.filter(
          port =>
            (port.name !== null && port.name === text(endpoint['port'])) ||
            port.targetPort === endpoint['targetPort'],
        )
        return ports.map(port =>
          call(
            client,
            service,
            port,
            `${monitor.id.kind} ${monitor.id.namespace}/${monitor.id.name} has Prometheus scrape it`,
            monitor,
            ['spec', field, index],
          ),
        )
      }),
    )
}

function prometheusOf(mesh: Mesh, monitor: KubeObject): Client {
  const running = mesh.workloads.find(isPrometheus)
  if (running === undefined) return outsider('prometheus', monitor.id.namespace, 'prometheus', monitor)
  return {
    kind: 'prometheus',
    namespace: running.namespace,
    workload: running.name,
    inMesh: mesh.injection(running).inMesh,
    of: running,
    object: running.object,
  }
}

/** By its image; a mirrored one has another name, and then the label tells that its operator and its chart set. */
function isPrometheus({containers, labels}: Workload): boolean {
  return (
    labels['app.kubernetes.io/name'] === 'prometheus' ||
    containers.some(container => /(^|\/)prometheus(:|@|$)/.test(container.image))
  )
}

function namespaceSelected(monitor: KubeObject, namespace: string): boolean {
  const selector = record(record(monitor.value['spec'])['namespaceSelector'])
  if (selector['any'] === true) return true
  const names = texts(selector['matchNames'])
  return names.length === 0 ? namespace === monitor.id.namespace : names.includes(namespace)
}

function serviceSelected(monitor: KubeObject, service: Service): boolean {
  const labels = textMap(record(service.object.value['metadata'])['labels'])
  return (
    namespaceSelected(monitor, service.namespace) &&
    labelSelectorMatches(record(monitor.value['spec'])['selector'], labels)
  )
}

function podsSelected(mesh: Mesh, monitor: KubeObject, service: Service): boolean {
  const selector = record(monitor.value['spec'])['selector']
  return (
    namespaceSelected(monitor, service.namespace) &&
    mesh.endpoints(service).some(endpoint => labelSelectorMatches(selector, endpoint.labels))
  )
}

const rewriteKey = 'sidecar.istio.io/rewriteAppHTTPProbers'

/** The kubelet's own probes, where the injector was told not to redirect them to the agent (A13). */
function probes(mesh: Mesh): readonly OutsideCall[] {
  return mesh.workloads
    .filter(workload => probesNotRewritten(mesh, workload))
    .flatMap(workload => {
      const client = outsider(
        'kubelet',
        workload.namespace,
        `kubelet probing ${workload.name}`,
        workload.object,
      )
      return mesh.servicesOf(workload).flatMap(service =>
        service.ports.flatMap(port => {
          const probe = httpProbes(workload).find(
            one => probePort(workload, one.port) === mesh.targetPort(port, workload),
          )
          return probe === undefined
            ? []
            : [
                call(
                  client,
                  service,
                  port,
                  `the ${probe.kind} probe reaches the application past the agent`,
                  workload.object,
                  probe.path,
                ),
              ]
        }),
      )
    })
}

/** Whether the kubelet's probes of a workload reach the application's own port, in plaintext. */
export function probesNotRewritten(mesh: Mesh, workload: Workload): boolean {
  if (mesh.injection(workload).mode !== 'sidecar' || httpProbes(workload).length === 0) return false
  const annotation = workload.annotations[rewriteKey]
  return annotation === undefined ? !mesh.meshConfig.rewriteAppHTTPProbe : annotation === 'false'
}

/** Probes over HTTP or gRPC; one by TCP succeeds against any open port, mTLS or not. */
function httpProbes(workload: Workload): readonly Workload['containers'][number]['probes'][number][] {
  return workload.containers.flatMap(container =>
    container.probes.filter(({handler}) => handler === 'http' || handler === 'grpc'),
  )
}

function probePort(workload: Workload, port: number | string | null): number | null {
  if (typeof port === 'number' || port === null) return port
  return (
    workload.containers.flatMap(container => container.ports).find(one => one.name === port)?.port ?? null
  )
}
