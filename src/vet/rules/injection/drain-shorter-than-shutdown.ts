import {parseDuration} from '../../../mesh/durations.ts'
import type {Workload} from '../../../mesh/mesh.ts'
import {at, number, record, text, texts} from '../../../objects/json.ts'
import type {JsonObject, Path} from '../../../objects/object.ts'
import {nativeSidecars} from '../../reading/native-sidecars.ts'
import {proxySetting, proxyVariable} from '../../reading/proxy-config.ts'
import {defineRule} from '../../rule.ts'

/** istio pkg/config/mesh/mesh.go: terminationDrainDuration. */
const defaultDrain = '5s'

export default defineRule({
  id: 'drain-shorter-than-shutdown',
  area: 'injection',
  severity: 'warning',
  istio: '>=1.6.0',
  inputs: ['Namespace', 'Node'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    drain:
      'The application goes on for {sleep} s after its pod is told to end, and its sidecar for {drain} only: what it still answers and calls in between fails ({why}).',
  },
  why: 'Both containers are told to end at once. The sidecar waits for terminationDrainDuration and is gone; an application that sleeps before it stops, so that callers can forget it, has no network any more: 503 at every rollout.',
  fix: 'Set terminationDrainDuration in proxy.istio.io/config to more than the sleep, or EXIT_ON_ZERO_ACTIVE_CONNECTIONS, or use native sidecars.',
  check(mesh, report) {
    for (const workload of mesh.workloads) {
      const sleep = longestSleep(workload)
      if (sleep === null) continue
      const {inMesh, mode, facts} = mesh.injection(workload)
      const {native, why} = nativeSidecars(mesh, workload)
      if (inMesh !== true || mode !== 'sidecar' || native === true) continue
      const patient = proxyVariable(mesh, workload, 'EXIT_ON_ZERO_ACTIVE_CONNECTIONS')
      const drain = text(proxySetting(mesh, workload, 'terminationDrainDuration')) ?? defaultDrain
      const milliseconds = parseDuration(drain)
      if (patient === true || patient === 'true' || milliseconds === null) continue
      if (sleep.seconds * 1000 <= milliseconds) continue
      report({
        messageId: 'drain',
        data: {sleep: sleep.seconds, drain, why: why.text},
        identity: ['sleep', 'drain'],
        object: workload.object,
        path: sleep.path,
        ...(native === false ? {} : {certainty: 'cannot-verify' as const}),
        evidence: [why, ...facts],
      })
    }
  },
})

interface Sleep {
  readonly seconds: number
  readonly path: Path
}

/** The longest sleep before a container of the application stops. */
function longestSleep({object, containers}: Workload): Sleep | null {
  const sleeps = containers.flatMap(({path, init, name}): readonly Sleep[] => {
    const place = [...path, 'lifecycle', 'preStop']
    const seconds = sleepIn(record(at(object.value, place)))
    return init || name === 'istio-proxy' || seconds === null ? [] : [{seconds, path: place}]
  })
  return sleeps.reduce<Sleep | null>(
    (most, one) => (most === null || one.seconds > most.seconds ? one : most),
    null,
  )
}

function sleepIn(hook: JsonObject): number | null {
  const own = number(record(hook['sleep'])['seconds'])
  if (own !== undefined) return own
  const written = /\bsleep\s+(\d+(?:\.\d+)?)\b/.exec(texts(record(hook['exec'])['command']).join(' '))?.[1]
  return written === undefined ? null : Number(written)
}
