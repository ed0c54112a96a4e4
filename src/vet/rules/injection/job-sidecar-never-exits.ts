import {setting} from '../../edits.ts'
import {nativeSidecars} from '../../reading/native-sidecars.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'job-sidecar-never-exits',
  area: 'injection',
  severity: 'warning',
  istio: '>=1.12.0',
  inputs: ['Namespace', 'Node'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    never:
      'This {kind} gets a sidecar that goes on running when its work is done, so it never completes: {why}.',
    unknown: 'This {kind} gets a sidecar; it completes only where sidecars are native: {why}.',
  },
  why: 'The pod of a Job is done when all its containers are. A sidecar that is no native one never ends by itself, so the Job stays active, and the next run of a CronJob may not start.',
  fix: 'Set the annotation sidecar.istio.io/nativeSidecar: "true" (Kubernetes 1.29 or newer), or let the job call POST localhost:15020/quitquitquit.',
  check(mesh, report) {
    for (const workload of mesh.workloads) {
      if (workload.kind !== 'Job' && workload.kind !== 'CronJob') continue
      const {inMesh, mode, facts} = mesh.injection(workload)
      if (inMesh !== true || mode !== 'sidecar') continue
      const {native, why} = nativeSidecars(mesh, workload)
      const quits = workload.containers.some(({command, args}) =>
        [...command, ...args].some(one => one.includes('quitquitquit')),
      )
      if (native === true || quits) continue
      const path = [...workload.templatePath, 'metadata', 'annotations', 'sidecar.istio.io/nativeSidecar']
      const changes = [setting(workload.object, path, 'true', 'the job is to end')]
      report({
        messageId: native === false ? 'never' : 'unknown',
        data: {kind: workload.kind, why: why.text},
        identity: [],
        object: workload.object,
        path: [...workload.templatePath, 'spec'],
        ...(native === false ? {} : {certainty: 'cannot-verify' as const}),
        evidence: [why, ...facts],
        fix: {kind: 'unsafe', description: 'Ask for a native sidecar.', changes},
      })
    }
  },
})
