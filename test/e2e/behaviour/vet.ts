import {stringify} from 'yaml'
import {buildMesh} from '../../../src/mesh/build.ts'
import {parseText} from '../../../src/objects/parse.ts'
import type {Finding} from '../../../src/vet/finding.ts'
import {vet} from '../../../src/vet/vet.ts'
import type {Behaviour} from './behaviour.ts'
import {cast, meshConfig} from './cast.ts'

/** What vet says by this rule of the text which is applied, beside all else that is there. */
export function findingsOf({rule, with: more = ''}: Behaviour, manifests: string): readonly Finding[] {
  const texts = {
    'cast.yaml': cast,
    'mesh-config.yaml': meshConfigMap,
    'with.yaml': more,
    'case.yaml': manifests,
  }
  const read = Object.entries(texts).map(([file, text]) => parseText(text, file))
  const mesh = buildMesh(
    read.flatMap(({objects}) => objects),
    {complete: ['*']},
  )
  const problems = read.flatMap(one => one.problems)
  return vet(mesh, {config: {}, problems}).findings.filter(finding => finding.rule === rule)
}

/** As the installation writes it. */
const meshConfigMap = stringify({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {name: 'istio', namespace: 'istio-system'},
  data: {mesh: stringify(meshConfig)},
})
