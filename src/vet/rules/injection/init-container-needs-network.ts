import type {Container, Workload} from '../../../mesh/mesh.ts'
import {at, number} from '../../../objects/json.ts'
import {nativeSidecars} from '../../reading/native-sidecars.ts'
import {defineRule} from '../../rule.ts'

/** Commands that call something over the network. */
const dials =
  /\b(curl|wget|nc|ncat|telnet|wait-for(-it)?(\.sh)?|wait4x|dockerize|pg_isready|mysqladmin|redis-cli|psql|flyway|liquibase|alembic|grpcurl|git clone|aws s3|gsutil|kubectl)\b/

const own = ['istio-init', 'istio-validation', 'istio-proxy', 'istio-iptables']

export default defineRule({
  id: 'init-container-needs-network',
  area: 'injection',
  severity: 'warning',
  istio: '>=1.12.0',
  inputs: ['Namespace', 'Node'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    cut: 'The init container {container} runs {command}, before the sidecar is there to carry it: {why}.',
    unknown:
      'The init container {container} runs {command}; that works only where sidecars are native: {why}.',
  },
  why: 'With the Istio CNI or istio-init the redirection is in place before init containers run, and the sidecar that would carry their traffic starts after them: every connection is refused, and the pod never starts.',
  fix: 'Ask for a native sidecar by sidecar.istio.io/nativeSidecar: "true", exclude the port by traffic.sidecar.istio.io/excludeOutboundPorts, or run the init container as user 1337.',
  check(mesh, report) {
    for (const workload of mesh.workloads) {
      const {inMesh, mode, facts} = mesh.injection(workload)
      if (inMesh !== true || mode !== 'sidecar' || excludesSome(workload)) continue
      for (const container of workload.containers) {
        if (!container.init || own.includes(container.name) || isExempt(workload, container)) continue
        const command = dials.exec([...container.command, ...container.args].join(' '))?.[0]
        if (command === undefined) continue
        const {native, why} = nativeSidecars(mesh, workload)
        if (native === true) continue
        report({
          messageId: native === false ? 'cut' : 'unknown',
          data: {container: container.name, command, why: why.text},
          identity: ['container'],
          object: workload.object,
          path: container.path,
          ...(native === false ? {} : {certainty: 'cannot-verify' as const}),
          evidence: [why, ...facts],
        })
      }
    }
  },
})

/** Somebody has thought of what goes past the sidecar. */
function excludesSome({annotations}: Workload): boolean {
  return Object.keys(annotations).some(key => key.startsWith('traffic.sidecar.istio.io/excludeOutbound'))
}

/** The proxy's user goes past the redirection; a sidecar of the application's own is no step before it. */
function isExempt({object}: Workload, {path}: Container): boolean {
  const user = number(at(object.value, [...path, 'securityContext', 'runAsUser']))
  return user === 1337 || at(object.value, [...path, 'restartPolicy']) === 'Always'
}
