import {entries, record, records, text} from '../../objects/json.ts'
import type {KubeObject} from '../../objects/object.ts'
import {nothing} from '../../changes/change-set.ts'
import {fact} from '../../mesh/fact.ts'
import type {Fact} from '../../mesh/fact.ts'
import type {Mesh} from '../../mesh/mesh.ts'
import {controlPlaneBlockers} from '../preconditions.ts'
import {conclude, done, ready, reason} from '../reasons.ts'
import {defineStage} from '../stage.ts'

/** An own CA, and clients and servers outside the mesh in the same trust domain. */
export default defineStage({
  capability: 'mtls',
  stage: 'jetpack',
  title: "Let your own CA sign the mesh's certificates",
  subject: 'mesh',
  answers: {},
  notPlannable:
    'this version does not change the CA of a mesh; it tells whether one of your own is configured',

  assess(mesh) {
    const signs = ownCa(mesh)
    if (signs.length > 0)
      return done(
        reason(
          'own-ca',
          'a CA of your own is configured; whether certificates already come from it shows on the live mesh',
          signs,
        ),
      )
    const blockers = controlPlaneBlockers(mesh)
    if (mesh.complete('Secret') && mesh.complete('Deployment')) {
      const message = 'istiod signs with a root that it made itself: no Secret cacerts is there'
      return blockers.length > 0
        ? conclude({blockers, unknowns: [], cautions: []})
        : ready(
            reason(
              'self-signed',
              message,
              [],
              'create the Secret cacerts (istio.io: Plug in CA Certificates)',
            ),
          )
    }
    const message =
      'who signs the certificates is not in the input: it would show in the Secret cacerts or the settings of istiod'
    return conclude({
      blockers,
      unknowns: [
        reason('ca-unknown', message, [], "read from the cluster, or add istiod's Deployment to the input"),
      ],
      cautions: [],
    })
  },

  plan: () => nothing,
  expect: () => [],
})

/** The Secret cacerts, a CA address that is not istiod's, or a registration authority (istio-semantics I1, I5). */
function ownCa(mesh: Mesh): readonly Fact[] {
  const root = mesh.meshConfig.rootNamespace
  const secrets = mesh.objects('Secret').filter(({id}) => id.namespace === root && id.name === 'cacerts')
  const istiods = mesh
    .objects('Deployment')
    .filter(({id}) => id.namespace === root && id.name.startsWith('istiod'))
  return [...secrets.map(secret => fact('Secret cacerts holds a CA', secret)), ...istiods.flatMap(caSettings)]
}

function caSettings(istiod: KubeObject): readonly Fact[] {
  const spec = record(record(record(istiod.value['spec'])['template'])['spec'])
  return entries(spec['containers']).flatMap(([index, container]) =>
    records(container['env'])
      .filter(
        variable =>
          (text(variable['name']) === 'EXTERNAL_CA' && text(variable['value']) !== '') ||
          (text(variable['name']) === 'ENABLE_CA_SERVER' && text(variable['value']) === 'false'),
      )
      .map(variable =>
        fact(
          `istiod has ${text(variable['name']) ?? ''}=${text(variable['value']) ?? ''}: another CA signs`,
          istiod,
          ['spec', 'template', 'spec', 'containers', index, 'env'],
        ),
      ),
  )
}
