import {nothing} from '../../changes/change-set.ts'
import {fact} from '../../mesh/fact.ts'
import type {Fact} from '../../mesh/fact.ts'
import type {Mesh, Service} from '../../mesh/mesh.ts'
import {conclude, notApplicable, reason} from '../reasons.ts'
import {defineStage} from '../stage.ts'
import {waitsForWalk} from './walk-first.ts'

/** The application's own spans, beside those of its proxy. */
export default defineStage({
  capability: 'tracing',
  stage: 'jetpack',
  title: 'Add the spans of the applications themselves',
  subject: 'service',
  answers: {},
  notPlannable:
    'spans of an application come from its own code: this version tells what its manifest shows and has no change to plan',

  assess(mesh, subject, answers) {
    if (subject.kind !== 'service') return notApplicable()
    const first = waitsForWalk(mesh, subject, answers)
    if (first !== null) return first
    const signs = exporterSettings(mesh, subject.service)
    const message =
      signs.length > 0
        ? "its manifest configures an exporter of spans; whether they arrive and join the proxy's can't be told from it"
        : "whether it makes spans of its own can't be told: its manifest configures no exporter, its code may"
    return conclude({
      blockers: [],
      unknowns: [reason('spans-unknown', message, signs, 'traces of the live mesh show it')],
      cautions: [],
    })
  },

  plan: () => nothing,
  expect: () => [],
})

/** Environment variables that OpenTelemetry, Zipkin and Jaeger libraries read. */
const settings = /^(OTEL_(EXPORTER|TRACES|SERVICE_NAME|PROPAGATORS)|JAEGER_|ZIPKIN_|DD_TRACE|DD_AGENT)/

function exporterSettings(mesh: Mesh, service: Service): readonly Fact[] {
  return mesh
    .endpoints(service)
    .flatMap(workload =>
      workload.containers.flatMap(container =>
        container.env
          .filter(({name}) => settings.test(name))
          .map(({name, path}) => fact(`${name} is set`, workload.object, path)),
      ),
    )
}
