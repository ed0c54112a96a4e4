import {fact} from '../../../mesh/fact.ts'
import type {Mesh} from '../../../mesh/mesh.ts'
import {entries, record} from '../../../objects/json.ts'
import {meshValues} from '../../reading/mesh-values.ts'
import {defineRule} from '../../rule.ts'

/** Headers that a provider's proxies write and read (pilot/pkg/networking/core/tracing.go), as OpenTelemetry names them. */
const formats: Readonly<Record<string, readonly string[]>> = {
  opentelemetry: ['tracecontext'],
  zipkin: ['b3', 'b3multi'],
}

export default defineRule({
  id: 'tracing-propagation-mismatch',
  area: 'telemetry',
  severity: 'warning',
  istio: '>=1.11.0',
  inputs: ['Deployment', 'StatefulSet', 'DaemonSet', 'Pod'],
  needs: 'mesh-config',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    mismatch:
      'The application propagates {found}, and its proxy speaks {wanted} (provider {provider}): spans of the two end up in different traces.',
  },
  why: 'A trace is joined by headers. Where the application reads and writes others than its proxy, each starts traces of its own, and the trace breaks at every hop.',
  fix: 'Add the format of the provider to OTEL_PROPAGATORS: tracecontext for opentelemetry, b3multi for zipkin.',
  check(mesh, report) {
    const kinds = new Map(mesh.meshConfig.extensionProviders.map(({name, kind}) => [name, kind]))
    for (const workload of mesh.workloads) {
      const set = workload.containers.flatMap(({env}) => env.filter(({name}) => name === 'OTEL_PROPAGATORS'))
      const [variable] = set
      if (variable === undefined || mesh.injection(workload).inMesh !== true) continue
      const {tracing, facts} = mesh.telemetry(workload)
      const provider = tracing.on === true ? tracing.provider : null
      const wanted = provider === null ? undefined : formatsOf(mesh, provider, kinds.get(provider) ?? '')
      if (provider === null || wanted === undefined) continue
      const spoken = variable.value.split(',').map(one => one.trim().toLowerCase())
      if (spoken.some(one => wanted.includes(one))) continue
      report({
        messageId: 'mismatch',
        data: {found: spoken.join(', '), wanted: wanted.join(' or '), provider},
        object: workload.object,
        path: variable.path,
        evidence: [
          ...facts,
          fact(`provider ${provider} is of kind ${kinds.get(provider) ?? ''}`, mesh.meshConfig.object),
        ],
      })
    }
  },
})

function formatsOf(mesh: Mesh, provider: string, kind: string): readonly string[] | undefined {
  const both = entries(meshValues(mesh)['extensionProviders']).some(
    ([, one]) =>
      one['name'] === provider &&
      record(one['zipkin'])['traceContextOption'] === 'USE_B3_WITH_W3C_PROPAGATION',
  )
  const own = Object.hasOwn(formats, kind) ? formats[kind] : undefined
  return both && own !== undefined ? [...own, 'tracecontext'] : own
}
