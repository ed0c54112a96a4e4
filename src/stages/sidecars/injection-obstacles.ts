import {record, textMap} from '../../objects/json.ts'
import {injectionKeys} from '../../mesh/injection.ts'
import {fact} from '../../mesh/fact.ts'
import type {Injection, Mesh, Workload} from '../../mesh/mesh.ts'
import {listed, reason} from '../reasons.ts'
import type {Findings} from '../reasons.ts'

const none: Findings = {blockers: [], unknowns: [], cautions: []}

/**
 * What keeps the injector from this workload whatever its pods say, by the table of labels (istio-semantics G2, G3).
 * A contrary label or annotation of the pod itself is no obstacle but someone's decision, which is said.
 */
export function injectionObstacles(
  mesh: Mesh,
  workload: Workload,
  injection: Injection,
  revision: string,
): Findings {
  const {facts} = injection
  // Of running pods it is only seen that they have no proxy: why not stands in their template.
  if (workload.hostNetwork) return hostNetwork(workload)
  switch (injection.reason) {
    case 'ignored-namespace':
      return blocked(
        'ignored-namespace',
        `the injector ignores namespace ${workload.namespace}`,
        facts,
        'move the workload to a namespace of its own',
      )
    case 'namespace-disabled':
      return blocked(
        'namespace-disabled',
        `namespace ${workload.namespace} turns injection off, and no pod label overrides that`,
        facts,
        `kubectl label namespace ${workload.namespace} ${injectionKeys.namespace}-`,
      )
    case 'revision-unknown':
      return revisionUnknown(mesh, workload, injection)
    case 'running-pods':
      return runningPods(workload, injection)
    case 'pod-disabled':
    case 'annotation-disabled':
      return optedOut(mesh, workload, injection, revision)
    default:
      return whichRevision(mesh, workload, revision)
  }
}

function hostNetwork(workload: Workload): Findings {
  return blocked(
    'host-network',
    'its pods use the host network; the injector leaves those alone',
    [
      fact('pods on the host network are never injected', workload.object, [
        ...workload.templatePath,
        'spec',
        'hostNetwork',
      ]),
    ],
    'set hostNetwork to false if the workload can do without',
  )
}

function blocked(code: string, message: string, facts: Injection['facts'], unblock: string): Findings {
  return {...none, blockers: [reason(code, message, facts, unblock)]}
}

function revisionUnknown(mesh: Mesh, workload: Workload, {facts, revision, inMesh}: Injection): Findings {
  const known = listed(mesh.revisions)
  const why = reason(
    'revision-unknown',
    `its label names revision ${revision ?? 'default'}, which no injection webhook of the input serves (there are: ${known})`,
    facts,
    `name one of the revisions that exist: kubectl label namespace ${workload.namespace} ${injectionKeys.revision}=${mesh.revisions[0] ?? 'default'} --overwrite`,
  )
  return inMesh === 'unknown' ? {...none, unknowns: [why]} : {...none, blockers: [why]}
}

/** Live pods without a proxy although the labels ask for one: they were created before. */
function runningPods(workload: Workload, {facts, inMesh}: Injection): Findings {
  const restart = `kubectl rollout restart ${workload.kind.toLowerCase()}/${workload.name} -n ${workload.namespace}`
  if (inMesh === 'unknown')
    return {
      ...none,
      unknowns: [
        reason('rollout-under-way', 'some of its pods have a sidecar and some have none', facts, restart),
      ],
    }
  const asked =
    workload.labels[injectionKeys.inject] === 'true' || workload.labels[injectionKeys.revision] !== undefined
  return asked
    ? blocked(
        'restart-needed',
        'its pod template asks for a sidecar, and its pods were created before',
        facts,
        restart,
      )
    : none
}

function optedOut(mesh: Mesh, workload: Workload, injection: Injection, revision: string): Findings {
  const message =
    injection.reason === 'pod-disabled'
      ? 'its pod label turns injection off; this step turns it on'
      : 'a legacy annotation turns injection off; this step replaces it by the label'
  const rest = whichRevision(mesh, workload, revision)
  return {
    ...rest,
    cautions: [
      ...rest.cautions,
      reason('opted-out', message, injection.facts, 'make sure that whoever opted out agrees'),
    ],
  }
}

/** Without a default revision a bare `inject: "true"` calls no webhook at all; with several, someone has to choose. */
function whichRevision(mesh: Mesh, workload: Workload, revision: string): Findings {
  const labels = textMap(record(mesh.namespaceObject(workload.namespace)?.value['metadata'])['labels'])
  const namespaceDecides =
    labels[injectionKeys.revision] !== undefined || labels[injectionKeys.namespace] === 'enabled'
  const {revisions} = mesh
  if (revisions.length === 0 || namespaceDecides) return none
  if (revision !== '') {
    return revisions.includes(revision)
      ? none
      : blocked(
          'revision-unknown',
          `no injection webhook serves revision ${revision} (there are: ${listed(revisions)})`,
          [],
          `--revision ${revisions[0] ?? 'default'}`,
        )
  }
  if (revisions.includes('default') || revisions.length === 1) return none
  return blocked(
    'revision-ambiguous',
    `several revisions could inject it, none of them the default: ${listed(revisions)}`,
    [],
    `--revision ${revisions[0] ?? 'default'}`,
  )
}
