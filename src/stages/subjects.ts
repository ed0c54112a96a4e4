import {ignoredNamespaces} from '../mesh/injection.ts'
import type {Mesh, Service, Workload} from '../mesh/mesh.ts'
import type {Stage, Subject} from './stage.ts'

/** Namespaces of the platform, the mesh and meshctl itself are no application's. */
export function isApplicationNamespace(mesh: Mesh, namespace: string): boolean {
  return (
    !ignoredNamespaces.includes(namespace) &&
    namespace !== mesh.meshConfig.rootNamespace &&
    namespace !== 'meshctl-system'
  )
}

/** A Service of an application, which selects its own pods: neither a ServiceEntry nor a mere name. */
export function isApplicationService(mesh: Mesh, service: Service): boolean {
  return (
    service.kind === 'Service' &&
    service.selector !== null &&
    service.type !== 'ExternalName' &&
    isApplicationNamespace(mesh, service.namespace)
  )
}

/** What a cell is assessed for: workloads, Services, or the mesh as a whole. */
export function subjectsOf(mesh: Mesh, stage: Pick<Stage, 'subject'>): readonly Subject[] {
  switch (stage.subject) {
    case 'workload':
      return mesh.workloads
        .filter(({namespace}) => isApplicationNamespace(mesh, namespace))
        .map(workloadSubject)
    case 'service':
      return mesh.services.filter(service => isApplicationService(mesh, service)).map(serviceSubject)
    case 'mesh':
      return [meshSubject]
  }
}

export const meshSubject: Subject = {kind: 'mesh', namespace: '', name: 'mesh'}

export function workloadSubject(workload: Workload): Subject {
  return {kind: 'workload', namespace: workload.namespace, name: workload.name, workload}
}

export function serviceSubject(service: Service): Subject {
  return {kind: 'service', namespace: service.namespace, name: service.name, service}
}

export function workloadsIn(subjects: readonly Subject[]): readonly Workload[] {
  return subjects.flatMap(subject => (subject.kind === 'workload' ? [subject.workload] : []))
}

export function servicesIn(subjects: readonly Subject[]): readonly Service[] {
  return subjects.flatMap(subject => (subject.kind === 'service' ? [subject.service] : []))
}
