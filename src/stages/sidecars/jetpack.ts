import {record, textMap} from '../../objects/json.ts'
import type {KubeObject} from '../../objects/object.ts'
import {nothing} from '../../changes/change-set.ts'
import {fact} from '../../mesh/fact.ts'
import type {Fact} from '../../mesh/fact.ts'
import type {Mesh} from '../../mesh/mesh.ts'
import {controlPlaneBlockers} from '../preconditions.ts'
import {conclude, done, reason} from '../reasons.ts'
import {defineStage} from '../stage.ts'
import type {Reason} from '../stage.ts'

/** Several clusters, one mesh. */
export default defineStage({
  capability: 'sidecars',
  stage: 'jetpack',
  title: 'Join several clusters into one mesh',
  subject: 'mesh',
  answers: {},
  notPlannable:
    'this version sees one cluster at a time and cannot join several; it tells which parts of a multi-cluster mesh are there',

  assess(mesh) {
    const parts = partsOf(mesh)
    const missing = parts.filter(({found}) => found.length === 0)
    if (missing.length === 0) return done()
    const facts = parts.flatMap(({found}) => found)
    // A cluster that was read whole and shows none of the parts is alone; a directory may just not hold them.
    const known = missing.every(({kind}) => mesh.complete(kind))
    const reasons =
      facts.length === 0
        ? [
            reason(
              known ? 'single-cluster' : 'clusters-unknown',
              known
                ? 'nothing here joins it with another cluster'
                : 'nothing in the input tells of other clusters',
              [],
              hint,
            ),
          ]
        : missing.map(partMissing)
    return conclude({
      blockers: [...controlPlaneBlockers(mesh), ...(known ? reasons : [])],
      unknowns: known ? [] : reasons,
      cautions: [],
    })
  },

  plan: () => nothing,
  expect: () => [],
})

const hint =
  'istioctl create-remote-secret, and the label topology.istio.io/network on the root namespace (istio.io: Install Multicluster)'

interface Part {
  readonly code: string
  readonly what: string
  readonly kind: string
  readonly found: readonly Fact[]
}

/** What a multi-cluster mesh consists of in each cluster (istio-semantics H1). */
function partsOf(mesh: Mesh): readonly Part[] {
  const root = mesh.meshConfig.rootNamespace
  const network = 'topology.istio.io/network'
  const namespace = mesh.namespaceObject(root)
  const secrets = mesh
    .objects('Secret')
    .filter(secret => secret.id.namespace === root && labelsOf(secret)['istio/multiCluster'] === 'true')
  const gateways = mesh.objects('Service').filter(service => labelsOf(service)[network] !== undefined)
  return [
    {
      code: 'no-remote-secret',
      what: `a Secret in ${root} with which istiod reads the other cluster`,
      kind: 'Secret',
      found: secrets.map(secret =>
        fact(`Secret ${secret.id.name} opens another cluster`, secret, ['metadata', 'labels']),
      ),
    },
    {
      code: 'no-network',
      what: `the label ${network} on namespace ${root}`,
      kind: 'Namespace',
      found:
        namespace !== null && labelsOf(namespace)[network] !== undefined
          ? [
              fact(`the network is ${labelsOf(namespace)[network] ?? ''}`, namespace, [
                'metadata',
                'labels',
                network,
              ]),
            ]
          : [],
    },
    {
      code: 'no-east-west-gateway',
      what: `an east-west gateway (a Service labelled ${network})`,
      kind: 'Service',
      found: gateways.map(service =>
        fact(`Service ${service.id.namespace}/${service.id.name} is an east-west gateway`, service, [
          'metadata',
          'labels',
          network,
        ]),
      ),
    },
  ]
}

function partMissing({code, what}: Part): Reason {
  return reason(code, `a part is missing, or not in the input: ${what}`, [], hint)
}

function labelsOf(object: KubeObject): Readonly<Record<string, string>> {
  return textMap(record(object.value['metadata'])['labels'])
}
