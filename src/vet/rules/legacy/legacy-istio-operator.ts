import {fact} from '../../../mesh/fact.ts'
import type {Mesh} from '../../../mesh/mesh.ts'
import {nameOf} from '../../reading/names.ts'
import type {KubeObject} from '../../../objects/object.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'legacy-istio-operator',
  area: 'legacy',
  severity: 'warning',
  istio: '>=1.24.0',
  inputs: ['IstioOperator'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    stored:
      'This IstioOperator is for the operator in the cluster ({operator}), which Istio 1.24 removed: nothing acts on it.',
  },
  why: 'Since 1.24 there is no operator that watches IstioOperator objects; one of an older release goes on installing that release. As a file for istioctl install the kind lives on.',
  fix: 'Install with Helm or istioctl install, with the same values, and remove the operator.',
  check(mesh, report) {
    const operator = operatorOf(mesh)
    if (operator === null) return
    for (const object of mesh.objects('IstioOperator')) {
      report({
        messageId: 'stored',
        data: {operator: `Deployment ${nameOf(operator.id)}`},
        identity: [],
        object,
        path: ['kind'],
        evidence: [fact('the operator', operator, ['metadata', 'name'])],
      })
    }
  },
})

/** The operator's own Deployment: without it an IstioOperator in a file is an input of istioctl. */
function operatorOf(mesh: Mesh): KubeObject | null {
  const found = mesh.workloads.find(({containers}) =>
    containers.some(({image}) =>
      /^(.*\/)?(istio\/operator|istio-testing\/operator|istio-release\/operator)[:@]/.test(image),
    ),
  )
  return found?.object ?? null
}
