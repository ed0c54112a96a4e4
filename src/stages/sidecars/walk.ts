import {record, textMap} from '../../objects/json.ts'
import type {JsonObject} from '../../objects/object.ts'
import {injectionKeys} from '../../mesh/injection.ts'
import type {Mesh, Workload} from '../../mesh/mesh.ts'
import {nameOf, settle} from '../answers.ts'
import {Draft} from '../draft.ts'
import {without, withValue} from '../edit.ts'
import {controlPlaneAssumption, controlPlaneBlockers, controlPlaneCautions} from '../preconditions.ts'
import {conclude, done, notApplicable, reason} from '../reasons.ts'
import {defineStage} from '../stage.ts'
import type {Assessment, Subject} from '../stage.ts'
import {workloadsIn} from '../subjects.ts'
import {fill} from '../template.ts'
import {injectionObstacles} from './injection-obstacles.ts'
import {nativeSidecarNeed, nativeSidecarKey, podObstacles} from './pod-obstacles.ts'
import {trafficObstacles} from './traffic-obstacles.ts'

const answers = {
  revision: nameOf({
    flag: 'revision',
    ask: 'Control plane revision that injects (empty: the default one):',
    default: '',
  }),
}

/** Some services in the mesh: each chosen workload gets a sidecar by a label of its own pods. */
export default defineStage({
  capability: 'sidecars',
  stage: 'walk',
  title: 'Put chosen workloads into the mesh',
  subject: 'workload',
  answers,
  notPlannable: null,

  assess(mesh, subject, given) {
    return subject.kind === 'workload'
      ? assess(mesh, subject.workload, settle(answers, given).revision)
      : notApplicable()
  },

  plan(mesh, subjects, given) {
    const {revision} = settle(answers, given)
    const draft = new Draft()
    for (const workload of workloadsIn(subjects)) planWorkload(mesh, draft, workload, revision)
    addNotes(mesh, draft, subjects)
    return draft.finish()
  },

  expect(_meshAfter, subjects) {
    return workloadsIn(subjects).map(({namespace, name}) => ({check: 'injected', namespace, workload: name}))
  },
})

function assess(mesh: Mesh, workload: Workload, revision: string): Assessment {
  const injection = mesh.injection(workload)
  if (injection.mode === 'gateway') {
    return notApplicable(
      reason('gateway', 'it is a gateway: its pods are proxies themselves', injection.facts),
    )
  }
  if (injection.mode === 'ambient') {
    const message = 'it is in the mesh without a sidecar: ambient mode covers its namespace or pods'
    return notApplicable(reason('ambient', message, injection.facts))
  }
  if (injection.inMesh === true) return done()
  const found = [
    injectionObstacles(mesh, workload, injection, revision),
    podObstacles(mesh, workload),
    trafficObstacles(mesh, workload),
  ]
  return conclude({
    blockers: [...controlPlaneBlockers(mesh), ...found.flatMap(one => one.blockers)],
    unknowns: found.flatMap(one => one.unknowns),
    cautions: [...controlPlaneCautions(mesh), ...found.flatMap(one => one.cautions)],
  })
}

const phase = 'Inject the sidecars'

function planWorkload(mesh: Mesh, draft: Draft, workload: Workload, revision: string): void {
  const injection = mesh.injection(workload)
  if (injection.inMesh === true) return
  const why = `${workload.namespace}/${workload.name} gets a sidecar`
  draft.update(phase, workload.object, why, value => labelled(mesh, value, workload, revision))
}

/**
 * The pod's own label rather than the namespace's: it concerns this workload and no other. A contrary label is
 * changed; the legacy annotation goes, since the label beats it and two answers confuse (injection table G2, G3).
 */
function labelled(mesh: Mesh, value: JsonObject, workload: Workload, revision: string): JsonObject {
  const metadata = [...workload.templatePath, 'metadata']
  const inject = injectionKeys.inject
  const label = wantedLabel(mesh, workload, revision)
  const bare = without(value, [...metadata, 'annotations', inject])
  const clean =
    label.key === inject || workload.labels[inject] === undefined
      ? bare
      : without(bare, [...metadata, 'labels', inject])
  const next = withValue(clean, [...metadata, 'labels', label.key], label.value)
  return nativeSidecarNeed(mesh, workload) === null
    ? next
    : withValue(next, [...metadata, 'annotations', nativeSidecarKey], 'true')
}

/** In a namespace without a label a revision is named by `istio.io/rev` alone; elsewhere the namespace decides it. */
function wantedLabel(
  mesh: Mesh,
  workload: Workload,
  revision: string,
): {readonly key: string; readonly value: string} {
  const only = mesh.revisions.length === 1 && mesh.revisions[0] !== 'default' ? mesh.revisions[0] : undefined
  const wanted = revision !== '' ? revision : only
  const namespaceDecides =
    namespaceLabels(mesh, workload.namespace)[injectionKeys.namespace] !== undefined ||
    namespaceLabels(mesh, workload.namespace)[injectionKeys.revision] !== undefined
  if (wanted === undefined || wanted === 'default' || namespaceDecides)
    return {key: injectionKeys.inject, value: 'true'}
  return {key: injectionKeys.revision, value: wanted}
}

function namespaceLabels(mesh: Mesh, namespace: string): Readonly<Record<string, string>> {
  return textMap(record(mesh.namespaceObject(namespace)?.value['metadata'])['labels'])
}

function addNotes(mesh: Mesh, draft: Draft, subjects: readonly Subject[]): void {
  const workloads = workloadsIn(subjects).filter(workload => mesh.injection(workload).inMesh !== true)
  if (workloads.length === 0) return
  draft.note({
    title: 'New pods only',
    text: 'Sidecars are injected when a pod is created. The changed pod template rolls Deployments, StatefulSets and DaemonSets by itself; each rollout replaces their pods.',
    content: null,
  })
  const fixed = workloads.filter(({kind}) => kind === 'Pod' || kind === 'Job')
  if (fixed.length > 0) {
    const names = fixed.map(({kind, namespace, name}) => `${kind} ${namespace}/${name}`).join(', ')
    draft.note({
      title: 'Delete and create again',
      text: `Kubernetes does not change the pod template of what runs already: ${names}.`,
      content: null,
    })
  }
  for (const namespace of new Set(workloads.map(one => one.namespace)))
    noteNamespace(mesh, draft, namespace, workloads)
  const assumed = controlPlaneAssumption(mesh)
  if (assumed !== null) draft.note({title: 'Assumption', text: `${assumed}.`, content: null})
}

/** Where all of a namespace is to be in the mesh, one label on it does the same for what comes later too. */
function noteNamespace(mesh: Mesh, draft: Draft, namespace: string, chosen: readonly Workload[]): void {
  const labels = namespaceLabels(mesh, namespace)
  if (labels[injectionKeys.namespace] !== undefined || labels[injectionKeys.revision] !== undefined) return
  const left = mesh
    .selected({}, namespace)
    .filter(workload => mesh.injection(workload).inMesh === false && !chosen.includes(workload))
  if (left.length > 0) return
  const {yaml} = fill('sidecars/walk/namespace.yaml', {namespace})
  draft.note({
    title: `Or label namespace ${namespace}`,
    text: 'With this step all its workloads are in the mesh: one label on the namespace instead of one on each pod template would do the same, for later workloads too.',
    content: yaml,
  })
}
