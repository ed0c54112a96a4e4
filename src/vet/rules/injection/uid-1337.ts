import {at, number} from '../../../objects/json.ts'
import type {Path} from '../../../objects/object.ts'
import type {Workload} from '../../../mesh/mesh.ts'
import {defineRule} from '../../rule.ts'

/** The user of the proxy, whose traffic is not redirected (istio pkg/config/constants). */
const proxyUser = 1337

export default defineRule({
  id: 'uid-1337',
  area: 'injection',
  severity: 'warning',
  istio: '*',
  inputs: ['Namespace'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0144'],
  formerIds: [],
  messages: {
    user: '{container} runs as user 1337, the one of the proxy: what it sends goes past the sidecar.',
  },
  why: 'Traffic of user 1337 is not redirected, since it is the proxy that runs as it. An application with that user has no mTLS, no routes and no policies on what it sends.',
  fix: 'Run the application as another user.',
  check(mesh, report) {
    for (const workload of mesh.workloads) {
      const {inMesh, reason, mode} = mesh.injection(workload)
      const none = inMesh === false && reason !== 'not-labelled' && reason !== 'running-pods'
      if (
        none ||
        mode === 'gateway' ||
        isLabelledOut(mesh.namespaceObject(workload.namespace) !== null, reason)
      )
        continue
      const found = userOf(workload)
      if (found === null) continue
      report({
        messageId: 'user',
        data: {container: found.container},
        identity: [],
        object: workload.object,
        path: found.path,
      })
    }
  },
})

/** The namespace is there and has no label: nobody meant these pods to be in the mesh. */
function isLabelledOut(known: boolean, reason: string): boolean {
  return known && reason === 'not-labelled'
}

/** A container of the application that runs as 1337, by its own setting or that of the pod. */
function userOf(workload: Workload): {readonly container: string; readonly path: Path} | null {
  const {object, templatePath, containers} = workload
  const podPath = [...templatePath, 'spec', 'securityContext', 'runAsUser']
  const ofPod = number(at(object.value, podPath))
  for (const container of containers) {
    if (container.init || container.name === 'istio-proxy') continue
    const path = [...container.path, 'securityContext', 'runAsUser']
    const own = number(at(object.value, path))
    if ((own ?? ofPod) !== proxyUser) continue
    return {container: `Container ${container.name}`, path: own === undefined ? podPath : path}
  }
  return null
}
