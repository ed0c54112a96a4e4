import type {Mesh} from '../../../mesh/mesh.ts'
import {entries, record, text, textMap} from '../../../objects/json.ts'
import type {JsonObject, KubeObject, Path} from '../../../objects/object.ts'
import {readYaml} from '../../../objects/yaml.ts'
import {absence} from '../../reading/references.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'mc-unknown-registry',
  area: 'multicluster',
  severity: 'error',
  istio: '*',
  inputs: ['ConfigMap', 'MeshNetworks', 'Secret'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0126'],
  formerIds: [],
  messages: {
    unknown: 'Network {network} is said to be of the cluster {registry}, and no remote secret has that name.',
  },
  why: 'The name after fromRegistry is that under which istiod reads a cluster. Under a wrong one its endpoints are in no network, and calls go straight to addresses that are not reachable.',
  fix: 'Write the cluster name of the remote secret (istioctl create-remote-secret --name).',
  check(mesh, report) {
    const known = new Set(['Kubernetes', 'Mock', 'External', ...remoteClusters(mesh)])
    for (const {object, networks, pathOf} of meshNetworks(mesh)) {
      for (const [network, value] of Object.entries(networks)) {
        for (const [index, endpoint] of entries(record(value)['endpoints'])) {
          const registry = text(endpoint['fromRegistry'])
          if (registry === undefined || known.has(registry)) continue
          report({
            messageId: 'unknown',
            data: {network, registry},
            object,
            path: pathOf([network, 'endpoints', index, 'fromRegistry']),
            certainty: absence(mesh, ['Secret']),
          })
        }
      }
    }
  },
})

/** Clusters of remote secrets: their keys (istio pkg/kube/multicluster). */
function remoteClusters(mesh: Mesh): readonly string[] {
  return mesh
    .objects('Secret')
    .filter(({value}) => textMap(record(value['metadata'])['labels'])['istio/multiCluster'] === 'true')
    .flatMap(({value}) => [
      ...Object.keys(record(value['data'])),
      ...Object.keys(record(value['stringData'])),
    ])
}

interface Networks {
  readonly object: KubeObject
  readonly networks: JsonObject
  readonly pathOf: (path: Path) => Path
}

/** Networks in the ConfigMap of the mesh, or in the object as which istioctl reads them. */
function meshNetworks(mesh: Mesh): readonly Networks[] {
  const maps = mesh
    .objects('ConfigMap')
    .filter(({id}) => id.namespace === mesh.meshConfig.rootNamespace && /^istio(-|$)/.test(id.name))
    .flatMap((object): readonly Networks[] => {
      const written = text(record(object.value['data'])['meshNetworks'])
      if (written === undefined) return []
      const networks = record(record(readYaml(written).value)['networks'])
      return [{object, networks, pathOf: () => ['data', 'meshNetworks']}]
    })
  const objects = mesh.objects('MeshNetworks').map(object => ({
    object,
    networks: record(object.value['networks'] ?? record(object.value['spec'])['networks']),
    pathOf: (path: Path): Path =>
      object.value['networks'] === undefined ? ['spec', 'networks', ...path] : ['networks', ...path],
  }))
  return [...maps, ...objects]
}
