import {fact} from '../../../mesh/fact.ts'
import type {Fact} from '../../../mesh/fact.ts'
import type {Edge, Mesh, Workload} from '../../../mesh/mesh.ts'
import {perMesh} from '../../../mesh/per-mesh.ts'
import {at, isRecord} from '../../../objects/json.ts'
import {readYaml} from '../../../objects/yaml.ts'
import {meshValues} from '../../reading/mesh-values.ts'
import {nameOf} from '../../reading/names.ts'
import {nativeSidecars} from '../../reading/native-sidecars.ts'
import {defineRule} from '../../rule.ts'

const hold = 'holdApplicationUntilProxyStarts'

export default defineRule({
  id: 'app-starts-before-proxy',
  area: 'injection',
  severity: 'info',
  istio: '>=1.12.0',
  inputs: ['Namespace', 'Node'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    race: 'The application may start before its sidecar, and {needs}: {why}.',
  },
  why: 'Until the sidecar is ready every connection of the pod is refused. An application that calls out when it starts fails, now and then, and more often on a busy node.',
  fix: 'Ask for a native sidecar by sidecar.istio.io/nativeSidecar: "true", or set holdApplicationUntilProxyStarts in proxy.istio.io/config.',
  check(mesh, report) {
    for (const workload of mesh.workloads) {
      const {native, why} = nativeSidecars(mesh, workload)
      if (native !== false) continue
      const {inMesh, mode} = mesh.injection(workload)
      if (inMesh !== true || mode !== 'sidecar' || holds(mesh, workload)) continue
      const needs = needOfNetwork(mesh, workload)
      if (needs === null) continue
      report({
        messageId: 'race',
        data: {needs: needs.text, why: why.text},
        identity: [],
        object: workload.object,
        path: needs.object === workload.object ? needs.path : workload.templatePath,
        evidence: [needs, why],
      })
    }
  },
})

function holds(mesh: Mesh, workload: Workload): boolean {
  const own = readYaml(workload.annotations['proxy.istio.io/config'] ?? '').value
  if (isRecord(own) && own[hold] !== undefined) return own[hold] === true
  return at(meshValues(mesh), ['defaultConfig', hold]) === true
}

function needOfNetwork(mesh: Mesh, workload: Workload): Fact | null {
  for (const {name, init, path} of workload.containers) {
    const hook = [...path, 'lifecycle', 'postStart']
    if (!init && isRecord(at(workload.object.value, hook)))
      return fact(`container ${name} runs a postStart hook`, workload.object, hook)
  }
  const edge = firstCalls(mesh).get(workload)
  if (edge === undefined) return null
  const known = edge.knownBy[0]
  return fact(`calls ${nameOf(edge.server.service)}`, known?.object ?? workload.object, known?.path ?? [])
}

/** A call of each workload that is known, by what names its host. */
const firstCalls = perMesh((mesh: Mesh): ReadonlyMap<Workload, Edge> => {
  const found = new Map<Workload, Edge>()
  for (const edge of mesh.edges()) {
    const {of} = edge.client
    if (of !== null && !found.has(of)) found.set(of, edge)
  }
  return found
})
