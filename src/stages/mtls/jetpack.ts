import {entries, record, records, text} from '../../objects/json.ts'
import type {KubeObject} from '../../objects/object.ts'
import {nothing} from '../../changes/change-set.ts'
import {fact} from '../../mesh/fact.ts'
import type {Fact} from '../../mesh/fact.ts'
import type {Mesh} from '../../mesh/mesh.ts'
import {controlPlaneBlockers} from '../preconditions.ts'
import {conclude, done, ready, reason} from '../reasons.ts'
import {defineStage} from '../stage.ts'
import type {Reason} from '../stage.ts'
import {certificatesOfSecret, inWords, isMadeByIstiod, trustedRoots} from './certificates.ts'
import type {CaCertificate} from './certificates.ts'

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
    const own = ownCa(mesh)
    const {certificates, madeByIstiod} = whoSigns(mesh)
    if (own.length > 0 || madeByIstiod === false)
      return done(
        reason(
          'own-ca',
          'a CA of your own is configured; whether certificates already come from it shows on the live mesh',
          own,
          'istioctl proxy-config secret POD',
        ),
        ...certificates,
      )
    const blockers = controlPlaneBlockers(mesh)
    if (madeByIstiod === true || (mesh.complete('Secret') && mesh.complete('Deployment'))) {
      const message =
        madeByIstiod === true
          ? 'istiod signs with a root that it made itself, by the name of the root'
          : 'istiod signs with a root that it made itself: no Secret cacerts is there'
      return blockers.length > 0
        ? conclude({blockers, unknowns: [], cautions: certificates})
        : ready(
            reason(
              'self-signed',
              message,
              [],
              'create the Secret cacerts (istio.io: Plug in CA Certificates)',
            ),
            ...certificates,
          )
    }
    const message =
      'who signs the certificates is not in the input: it would show in the ConfigMap istio-ca-root-cert, the Secret cacerts or the settings of istiod'
    return conclude({
      blockers,
      unknowns: [
        reason(
          'ca-unknown',
          message,
          [],
          'read from the cluster, or add the ConfigMap istio-ca-root-cert to the input',
        ),
      ],
      cautions: certificates,
    })
  },

  plan: () => nothing,
  expect: () => [],
})

/** Which certificates sign and are trusted today and until when, as far as the input shows. */
function whoSigns(mesh: Mesh): {
  readonly certificates: readonly Reason[]
  /** Null where no root is in the input. */
  readonly madeByIstiod: boolean | null
} {
  const root = mesh.meshConfig.rootNamespace
  const signing = mesh
    .objects('Secret')
    .filter(({id}) => id.namespace === root && ['cacerts', 'istio-ca-secret'].includes(id.name))
    .sort((a, b) => (a.id.name < b.id.name ? -1 : 1))
    .slice(0, 1)
    .map(certificatesOfSecret)
  const signers = signing.flatMap(one => one.signers)
  const trusted = trustedRoots(mesh)
  const roots = trusted.length > 0 ? trusted : signing.flatMap(one => one.roots)
  const certificates = [
    ...signers.map(one =>
      said(one, 'signing-certificate', one.selfSigned ? 'the root signs itself' : 'an intermediate signs'),
    ),
    ...roots.map(one => said(one, 'root-certificate', 'proxies trust the root')),
    ...(roots.length > 0 && signers.length === 0 ? [signerUnseen] : []),
  ]
  const {trustDomain} = mesh.meshConfig
  const madeByIstiod = roots.length === 0 ? null : roots.every(one => isMadeByIstiod(one, trustDomain))
  return {certificates, madeByIstiod}
}

/** Secrets are not read from a cluster, since keys lie in them. */
const signerUnseen = reason(
  'signing-certificate-unseen',
  'whether the root or an intermediate signs is not in the input: Secrets are not read from a cluster',
  [],
  'istioctl proxy-config secret POD -o json shows the chain of a proxy',
)

function said(certificate: CaCertificate, code: string, words: string): Reason {
  return reason(code, `${words}: ${inWords(certificate)}`, [certificate.fact])
}

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
