import {fact} from '../../../mesh/fact.ts'
import {at, entries, record, text} from '../../../objects/json.ts'
import {meshPath, meshValues} from '../../reading/mesh-values.ts'
import {defineRule} from '../../rule.ts'

/** Tracers that Envoy, or Istio, no longer has (pilot/pkg/networking/core/tracing.go). */
const goneKinds: readonly string[] = ['lightstep', 'opencensus']

export default defineRule({
  id: 'tracing-legacy-config',
  area: 'telemetry',
  severity: 'warning',
  istio: '>=1.22.0',
  inputs: ['Telemetry'],
  needs: 'mesh-config',
  params: {},
  equivalents: ['IST0002', 'IST0169'],
  formerIds: [],
  messages: {
    proxyConfig: '{field} configures tracing when a proxy starts; use an extension provider and a Telemetry.',
    gone: 'The provider {provider} is of kind {kind}, which is deprecated: use opentelemetry.',
  },
  why: 'Tracing by defaultConfig is read at the start of a proxy, so that a change needs a restart of every workload, and a Telemetry that names no provider switches it off. Lightstep and OpenCensus tracers are gone.',
  fix: 'Declare an opentelemetry or zipkin provider under extensionProviders, and name it in a Telemetry.',
  check(mesh, report) {
    const {object, extensionProviders} = mesh.meshConfig
    if (object === null) return
    const tracing = record(at(meshValues(mesh), ['defaultConfig', 'tracing']))
    const tracers = ['zipkin', 'lightstep', 'datadog', 'stackdriver', 'openCensusAgent']
    const fields = [
      ...tracers.filter(name => tracing[name] !== undefined).map(name => ['defaultConfig', 'tracing', name]),
      ...(at(meshValues(mesh), ['defaultConfig', 'zipkinAddress']) === undefined
        ? []
        : [['defaultConfig', 'zipkinAddress']]),
    ]
    for (const path of fields) {
      report({messageId: 'proxyConfig', data: {field: path.join('.')}, object, path: meshPath(mesh, path)})
    }
    const gone = new Map(
      extensionProviders.filter(({kind}) => goneKinds.includes(kind)).map(one => [one.name, one]),
    )
    if (gone.size === 0) return
    for (const telemetry of mesh.objects('Telemetry')) {
      for (const [index, entry] of entries(record(telemetry.value['spec'])['tracing'])) {
        for (const [position, one] of entries(entry['providers'])) {
          const provider = gone.get(text(one['name']) ?? '')
          if (provider === undefined) continue
          report({
            messageId: 'gone',
            data: {provider: provider.name, kind: provider.kind},
            object: telemetry,
            path: ['spec', 'tracing', index, 'providers', position, 'name'],
            evidence: [
              fact(`the mesh config declares ${provider.name} as ${provider.kind}`, object, provider.path),
            ],
          })
        }
      }
    }
  },
})
