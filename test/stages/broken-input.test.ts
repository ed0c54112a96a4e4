import assert from 'node:assert/strict'
import {join} from 'node:path'
import test from 'node:test'
import {emptyConfig} from '../../src/config/settings.ts'
import {buildMesh} from '../../src/mesh/build.ts'
import {isRecord} from '../../src/objects/json.ts'
import {loadPaths} from '../../src/objects/load.ts'
import type {Json, KubeObject, Path} from '../../src/objects/object.ts'
import {withValue} from '../../src/stages/edit.ts'
import {assessGrid} from '../../src/stages/grid.ts'
import {nextSteps} from '../../src/stages/next.ts'
import {stages} from '../../src/stages/registry.ts'
import {subjectsOf} from '../../src/stages/subjects.ts'
import {istio, meshConfig, objectsOf} from './manifests.ts'

const host = 'reviews.bookinfo.svc.cluster.local'
const more = objectsOf(
  istio(
    'PeerAuthentication',
    'reviews',
    'selector: {matchLabels: {app: reviews}}\nmtls: {mode: PERMISSIVE}\nportLevelMtls: {9080: {mode: PERMISSIVE}}',
    'bookinfo',
  ),
  istio(
    'DestinationRule',
    'ratings',
    'host: ratings\ntrafficPolicy: {tls: {mode: DISABLE}, outlierDetection: {maxEjectionPercent: 5}, portLevelSettings: [{port: {number: 9080}, tls: {mode: SIMPLE}}]}\nsubsets: [{name: v1, labels: {a: b}, trafficPolicy: {tls: {mode: DISABLE}}}]',
    'bookinfo',
  ),
  istio(
    'VirtualService',
    'reviews',
    `hosts: [${host}]\nhttp: [{match: [{headers: {a: {exact: b}}}], route: [{destination: {host: ${host}}}], retries: {attempts: 2, perTryTimeout: 1s}}, {route: [{destination: {host: ${host}}}], fault: {abort: {httpStatus: 500}}}]`,
    'bookinfo',
  ),
  istio(
    'Telemetry',
    'reviews',
    'selector: {matchLabels: {app: reviews}}\ntracing: [{providers: [{name: zipkin}], disableSpanReporting: true}]',
    'bookinfo',
  ),
  'apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: ratings, namespace: bookinfo}\nspec: {minReplicas: 2, scaleTargetRef: {kind: Deployment, name: ratings}}',
  meshConfig('extensionProviders: [{name: zipkin, zipkin: {service: z, port: 9411}}]'),
)
const {objects: bookinfo} = await loadPaths([join(import.meta.dirname, '../../examples/bookinfo')])
const objects = [...bookinfo.filter(({id}) => id.name !== 'istio'), ...more]

const odd: readonly Json[] = [
  null,
  7,
  'text',
  '',
  true,
  [],
  [null, 3, {}],
  {},
  {__proto__: null, constructor: 'x'},
  ['a', ['b']],
]

function* pathsOf(value: Json | undefined, path: Path = []): Iterable<Path> {
  if (path.length > 0) yield path
  if (Array.isArray(value))
    for (const [index, item] of (value as readonly Json[]).entries()) yield* pathsOf(item, [...path, index])
  else if (isRecord(value))
    for (const [key, item] of Object.entries(value)) yield* pathsOf(item, [...path, key])
}

function everything(changed: readonly KubeObject[]): void {
  const mesh = buildMesh(changed)
  const cells = assessGrid(mesh, emptyConfig)
  nextSteps(mesh, cells)
  const answers = {provider: 'zipkin', 'provider-declared': true, 'pin-clients': true, 'cut-streams': true}
  for (const capability of ['sidecars', 'tracing', 'mtls', 'resiliency'] as const) {
    const stage = stages[capability].walk
    const subjects = subjectsOf(mesh, stage)
    stage.plan(mesh, subjects, answers)
    stage.expect(mesh, subjects, answers)
  }
}

test('a value of any type anywhere in any object never crashes a stage', () => {
  // Each object has a turn; which paths and values it is depends on a count, so that the runs differ and repeat.
  let turn = 0
  for (const [index, object] of objects.entries()) {
    if (index % 2 === 1 && index < bookinfo.length - 2) continue
    for (const path of pathsOf(object.value)) {
      turn++
      const deep = path[0] === 'spec' || path[0] === 'data'
      if (!deep && turn % 5 !== 0) continue
      if (index < bookinfo.length - 2 && turn % 4 !== 0) continue
      const value = odd[turn % odd.length] ?? null
      const broken = objects.map(one =>
        one === object ? {...one, value: withValue(one.value, path, value)} : one,
      )
      assert.doesNotThrow(
        () => everything(broken),
        `${object.id.kind} ${object.id.name} ${path.join('.')} = ${JSON.stringify(value)}`,
      )
    }
  }
  assert.ok(turn > 300)
})
