import {record, records, text} from '../../../src/objects/json.ts'
import type {JsonObject} from '../../../src/objects/object.ts'
import {appImage} from '../../testbed/images/names.ts'
import type {GeneratedMesh} from '../generate/generate.ts'
import type {ServicePlan, Topology} from '../generate/topology.ts'
import {serverProgram} from './programs.ts'

// What of a generated mesh can really run.

/** The objects with an application that runs. One pod of a node at most has the node's own network, for its ports. */
export function runningObjects({objects}: Topology): readonly JsonObject[] {
  let taken = false
  return objects.map(object => {
    if (object['kind'] !== 'Deployment') return object
    const onHost = record(record(record(object['spec'])['template'])['spec'])['hostNetwork'] === true
    const keeps = onHost && !taken
    taken ||= onHost
    return running(object, keeps)
  })
}

function running(object: JsonObject, onHost: boolean): JsonObject {
  const spec = record(object['spec'])
  const template = record(spec['template'])
  const {hostNetwork: _, ...pod} = record(template['spec'])
  const containers = records(pod['containers']).map(container => ({
    ...container,
    image: appImage,
    command: ['node', '-e', serverProgram],
  }))
  const place = onHost ? {hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet'} : {}
  return {
    ...object,
    spec: {
      ...spec,
      template: {...template, spec: {...pod, ...place, containers, terminationGracePeriodSeconds: 1}},
    },
  }
}

/**
 * The policies that have an effect which requests can show: nothing real stands where ServiceEntries lead, no proxy has
 * files of certificates, and a proxy that reads HTTP does not hand on what is none.
 */
export function runnablePolicies({topology, policies}: GeneratedMesh): readonly JsonObject[] {
  return policies.filter(policy => {
    if (policy['kind'] === 'ServiceEntry') return false
    if (JSON.stringify(policy).includes('clientCertificate')) return false
    return policy['kind'] !== 'VirtualService' || !leadsTcpToHttp(policy, topology.services)
  })
}

function leadsTcpToHttp(policy: JsonObject, services: readonly ServicePlan[]): boolean {
  return records(record(policy['spec'])['tcp'])
    .flatMap(route => records(route['route']))
    .map(one => record(one['destination']))
    .some(destination => {
      const service = services.find(one => one.host === text(destination['host']))
      const wanted = record(destination['port'])['number']
      const ports =
        service?.ports.filter(one =>
          wanted === undefined ? service.ports.length === 1 : one.port === wanted,
        ) ?? []
      return ports.some(({targetPort}) => targetPort !== 9000 && targetPort !== 3306)
    })
}
