import {entries, record, text} from '../../../objects/json.ts'
import type {KubeObject, Path} from '../../../objects/object.ts'
import {listed} from '../../reading/names.ts'
import {closest} from '../../reading/references.ts'
import {defineRule} from '../../rule.ts'

/** Providers that every mesh has (istio pkg/config/mesh/mesh.go DefaultMeshConfig). */
const builtIn: readonly string[] = ['prometheus', 'stackdriver', 'envoy']

export default defineRule({
  id: 'telemetry-unknown-provider',
  area: 'telemetry',
  severity: 'error',
  istio: '>=1.11.0',
  inputs: ['Telemetry', 'ConfigMap', 'IstioOperator'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    unknown:
      'The mesh config declares no provider {provider}, so this has no effect; declared are {declared}.',
    tracing:
      'The mesh config declares no provider {provider}, which turns tracing off here; declared are {declared}.',
    misspelt: 'The mesh config declares no provider {provider}; {suggestion} is probably meant.',
  },
  why: 'A Telemetry that names a provider which extensionProviders does not have is accepted and ignored: no spans, no metrics, no logs, and no error. For tracing it even switches off what worked before.',
  fix: 'Declare the provider under meshConfig.extensionProviders, or name one that is declared.',
  check(mesh, report) {
    const {known, extensionProviders} = mesh.meshConfig
    const declared = [...extensionProviders.map(({name}) => name), ...builtIn]
    for (const telemetry of mesh.objects('Telemetry')) {
      for (const {provider, path, signal} of providersOf(telemetry)) {
        if (declared.includes(provider)) continue
        const suggestion = closest(provider, declared)
        const messageId = suggestion !== null ? 'misspelt' : signal === 'tracing' ? 'tracing' : 'unknown'
        report({
          messageId,
          data: {provider, declared: listed(declared, 6), suggestion: suggestion ?? ''},
          identity: ['provider'],
          object: telemetry,
          path,
          certainty: known ? 'certain' : 'cannot-verify',
          // An IstioOperator is laid over other values; the ConfigMap is what istiod reads.
          ...(mesh.meshConfig.object?.id.kind === 'IstioOperator' ? {severity: 'warning' as const} : {}),
        })
      }
    }
  },
})

interface NamedProvider {
  readonly provider: string
  readonly path: Path
  readonly signal: string
}

function providersOf(telemetry: KubeObject): readonly NamedProvider[] {
  const spec = record(telemetry.value['spec'])
  return ['tracing', 'metrics', 'accessLogging'].flatMap(signal =>
    entries(spec[signal]).flatMap(([index, item]) =>
      entries(item['providers']).flatMap(([position, one]) => {
        const provider = text(one['name'])
        return provider === undefined
          ? []
          : [{provider, path: ['spec', signal, index, 'providers', position, 'name'], signal}]
      }),
    ),
  )
}
