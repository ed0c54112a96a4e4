import {withoutSidecar} from '../../reading/injection-doubt.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'image-auto-not-injected',
  area: 'injection',
  severity: 'error',
  istio: '>=1.10.0',
  inputs: ['Namespace'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0146', 'IST0147'],
  formerIds: [],
  messages: {
    auto: 'image: auto is a placeholder that the injector replaces, and no injector is called for these pods: {why}.',
  },
  why: 'With image: auto the injector fills in the container of a gateway or a proxy. Without it there is no image of that name, and the pods stay in ImagePullBackOff.',
  fix: 'Label the pod template sidecar.istio.io/inject: "true" (or istio.io/rev), or its namespace.',
  check(mesh, report) {
    for (const workload of mesh.workloads) {
      const container = workload.containers.find(
        ({name, image}) => name === 'istio-proxy' && image === 'auto',
      )
      if (container === undefined) continue
      const {inMesh, reason, facts} = mesh.injection(workload)
      // A pod that holds the placeholder has not been injected, whatever it is running.
      const stillThere = workload.kind === 'Pod' && reason === 'running-pods'
      if (inMesh === true && !stillThere) continue
      report({
        messageId: 'auto',
        data: {why: stillThere ? 'the pod runs as it is' : (facts[0]?.text ?? 'nothing asks for it')},
        identity: [],
        object: workload.object,
        path: [...container.path, 'image'],
        ...(inMesh === 'unknown' ? {certainty: 'cannot-verify' as const} : withoutSidecar(mesh, [workload])),
        evidence: facts,
      })
    }
  },
})
