import {fact} from '../../mesh/fact.ts'
import type {ExtensionProvider, Mesh, Workload} from '../../mesh/mesh.ts'
import {listed, reason} from '../reasons.ts'
import type {Reason} from '../stage.ts'

/** Kinds of extension providers that take spans (istio API mesh/v1alpha1 config.proto). */
const tracingKinds: readonly string[] = ['zipkin', 'opentelemetry', 'datadog', 'skywalking', 'stackdriver']

export interface ProviderChoice {
  /** Null where none can be named. */
  readonly name: string | null
  readonly declared: ExtensionProvider | null
  readonly obstacle: Reason | null
}

/**
 * The provider that spans go to. A Telemetry which names one that the mesh config does not declare turns tracing off
 * (istio-semantics F2), so it has to be declared, or be said to be where the mesh config is not in the input.
 */
export function chooseProvider(mesh: Mesh, wanted: string, saidToBeDeclared: boolean): ProviderChoice {
  const {meshConfig} = mesh
  if (!meshConfig.known) return withoutConfig(wanted, saidToBeDeclared)
  const able = meshConfig.extensionProviders.filter(({kind}) => tracingKinds.includes(kind))
  const names = able.map(({name}) => name)
  const preferred =
    wanted !== ''
      ? wanted
      : (meshConfig.defaultTracingProviders[0] ?? (able.length === 1 ? names[0] : undefined))
  const declared = able.find(({name}) => name.toLowerCase() === preferred?.toLowerCase()) ?? null
  if (declared !== null) return {name: declared.name, declared, obstacle: null}
  if (preferred !== undefined && saidToBeDeclared) return {name: preferred, declared: null, obstacle: null}
  if (preferred === undefined && able.length > 1) {
    return {
      name: null,
      declared,
      obstacle: reason(
        'provider-ambiguous',
        `the mesh config declares several tracing providers: ${listed(names)}`,
        able.map(({path}) => fact('a provider', meshConfig.object, path)),
        `--provider ${names[0] ?? 'NAME'}`,
      ),
    }
  }
  const missing =
    preferred === undefined
      ? 'the mesh config declares no tracing provider'
      : `the mesh config declares no tracing provider ${preferred} (there is: ${listed(names)})`
  const fragment = providerFragment(mesh, preferred ?? '')
  const facts = [fact('the mesh config, as the input has it', meshConfig.object)]
  return {
    name: null,
    declared,
    obstacle: reason(
      'provider-unknown',
      missing,
      facts,
      `add to the mesh config (Helm: meshConfig of the istiod chart): extensionProviders: [${oneLine(fragment)}]`,
    ),
  }
}

function withoutConfig(wanted: string, saidToBeDeclared: boolean): ProviderChoice {
  if (wanted !== '' && saidToBeDeclared) return {name: wanted, declared: null, obstacle: null}
  const message =
    'which tracing providers there are stands in the mesh config, which is not in the input; one that is not declared would turn tracing off'
  const name = wanted === '' ? 'NAME' : wanted
  return {
    name: null,
    declared: null,
    obstacle: reason(
      'mesh-config-unknown',
      message,
      [],
      `add the ConfigMap istio of istio-system to the input, or say --provider ${name} --provider-declared`,
    ),
  }
}

export interface ProviderFragment {
  readonly name: string
  readonly kind: 'zipkin' | 'opentelemetry'
  readonly service: string
  readonly port: number
}

/** What a mesh config would have to declare, for the collector that the input seems to hold. */
export function providerFragment(mesh: Mesh, name: string): ProviderFragment {
  const kinds = [
    ['zipkin', 9411],
    ['opentelemetry', 4317],
  ] as const
  for (const [kind, port] of kinds) {
    const collector = mesh.services.find(
      service => service.kind === 'Service' && service.ports.some(one => one.port === port),
    )
    if (collector !== undefined) return {name: name || kind, kind, service: collector.host, port}
  }
  return {
    name: name || 'zipkin',
    kind: 'zipkin',
    service: `zipkin.${mesh.meshConfig.rootNamespace}.svc.cluster.local`,
    port: 9411,
  }
}

function oneLine({name, kind, service, port}: ProviderFragment): string {
  return `{name: ${name}, ${kind}: {service: ${service}, port: ${port}}}`
}

/** Whether the proxies find the collector: without a cluster for it there are no spans. */
export function collectorObstacles(
  mesh: Mesh,
  declared: ExtensionProvider | null,
  workloads: readonly Workload[],
): {readonly blockers: readonly Reason[]; readonly cautions: readonly Reason[]} {
  if (declared?.service == null) return {blockers: [], cautions: []}
  const host = declared.service.slice(declared.service.indexOf('/') + 1)
  const collector = mesh.host(host, mesh.meshConfig.rootNamespace)
  const named = fact(
    `provider ${declared.name} sends to ${declared.service}`,
    mesh.meshConfig.object,
    declared.path,
  )
  if (collector === null) {
    const known = mesh.complete('Service') && mesh.complete('ServiceEntry')
    const missing = `provider ${declared.name} sends to ${declared.service}, which ${known ? 'does not exist' : 'is not in the input'}`
    return known
      ? {
          blockers: [
            reason(
              'provider-service-missing',
              missing,
              [named],
              `deploy the collector, or correct the provider's service`,
            ),
          ],
          cautions: [],
        }
      : {
          blockers: [],
          cautions: [reason('provider-service-unverified', missing, [named], 'see that the collector runs')],
        }
  }
  const blind = workloads.filter(
    workload => !mesh.visible(workload, collector, declared.port ?? undefined).visible,
  )
  if (blind.length === 0) return {blockers: [], cautions: []}
  const facts = blind.flatMap(workload => mesh.visible(workload, collector, declared.port ?? undefined).facts)
  return {
    blockers: [
      reason(
        'provider-hidden',
        `the proxies of ${listed(blind.map(({namespace, name}) => `${namespace}/${name}`))} do not see ${collector.host}, so they cannot send spans there`,
        [named, ...facts],
        `import ${collector.namespace}/${collector.host} in their Sidecar`,
      ),
    ],
    cautions: [],
  }
}
