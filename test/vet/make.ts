import {buildMesh} from '../../src/mesh/build.ts'
import type {Mesh, MeshOptions} from '../../src/mesh/mesh.ts'
import {parseText} from '../../src/objects/parse.ts'
import type {ReadProblem} from '../../src/objects/object.ts'
import type {Report, Rule} from '../../src/vet/rule.ts'
import {defineRule} from '../../src/vet/rule.ts'
import {vet} from '../../src/vet/vet.ts'
import type {VetOptions} from '../../src/vet/vet.ts'
import type {VetResult} from '../../src/vet/finding.ts'

/** A mesh of one text, read as the file `k8s/app.yaml`. */
export function meshOf(text: string, options: MeshOptions = {}): Mesh {
  return buildMesh(parseText(text, 'k8s/app.yaml').objects, options)
}

/** A rule that says something of every Service. */
export function serviceRule(settings: Partial<Rule> = {}, report: Partial<Report> = {}): Rule {
  return defineRule({
    id: 'test-rule',
    area: 'routing',
    severity: 'error',
    istio: '*',
    inputs: ['Service'],
    needs: 'offline',
    params: {},
    equivalents: ['IST0101', 'KIA0202'],
    formerIds: ['old-rule'],
    messages: {said: 'Service {name} is there.'},
    why: 'For the test.',
    fix: 'Nothing to do.',
    check(mesh, say) {
      for (const object of mesh.objects('Service')) {
        say({
          messageId: 'said',
          data: {name: object.id.name},
          object,
          path: ['spec', 'ports', 0, 'port'],
          ...report,
        })
      }
    },
    ...settings,
  })
}

export function service(name: string, metadata = ''): string {
  return `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\n  namespace: shop\n${metadata}spec:\n  ports:\n    - name: http\n      port: 80\n---\n`
}

export function run(
  text: string,
  options: Partial<VetOptions> & {readonly mesh?: MeshOptions} = {},
): VetResult {
  return vet(meshOf(text, options.mesh), {config: {}, problems: [], rules: [serviceRule()], ...options})
}

export function problem(code: ReadProblem['code'], line = 3): ReadProblem {
  return {code, message: `a problem: ${code}`, file: 'k8s/bad.yaml', line, column: 2, try: 'Correct it.'}
}
