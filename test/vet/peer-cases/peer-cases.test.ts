import assert from 'node:assert/strict'
import {after, test} from 'node:test'
import {rules} from '../../../src/vet/rules/registry.ts'
import {vet} from '../../../src/vet/vet.ts'
import {meshOf, peerCases, refOf} from './cases.ts'
import type {PeerCase} from './cases.ts'
import {notReported, reportedBeyond} from './deviations.ts'

/** The codes that an analyzer can report, as far as any case shows. */
const codesOf = new Map<string, Set<string>>()
for (const {analyzer, expected} of peerCases) {
  const codes = codesOf.get(analyzer) ?? new Set<string>()
  codesOf.set(analyzer, codes)
  for (const {code} of expected) codes.add(code)
}

let wanted = 0
let met = 0

for (const one of peerCases) {
  test(`${one.source} ${one.name}`, () => {
    const found = findingsOf(one)
    const missing = without(
      one.expected.map(({code, ref}) => `${code} ${ref}`),
      found.flat(),
    )
    wanted += one.expected.length
    met += one.expected.length - missing.length
    const excused = notReported
      .filter(({source}) => source === one.source)
      .map(({code, ref}) => `${code} ${ref}`)
    assert.deepEqual([...missing].sort(), excused.sort(), 'expected and not reported')
    const names = new Set(one.expected.map(({code, ref}) => `${code} ${ref}`))
    // A rule may stand for several codes, of which the peer reports one.
    const beyond = found
      .filter(codes => !codes.some(name => names.has(name)))
      .flatMap(codes => codes.slice(0, 1))
    const meant = reportedBeyond
      .filter(({source}) => source === one.source)
      .map(({code, ref}) => `${code} ${ref}`)
    assert.deepEqual([...new Set(beyond)].sort(), meant.sort(), 'reported and not expected')
  })
}

test('deviations name cases and give reasons', () => {
  const sources = new Set(peerCases.map(({source}) => source))
  for (const {source} of [...notReported, ...reportedBeyond]) assert.ok(sources.has(source), source)
  for (const {reason} of [...notReported, ...reportedBeyond]) assert.match(reason, /\w{3,}.*\.$/)
})

after(() =>
  console.log(`${met} of ${wanted} codes that istioctl's own cases expect are reported on the right object`),
)

/** For each finding, at any severity, the codes of the case's analyzer for which it stands: `IST0103 Pod default/a`. */
function findingsOf(one: PeerCase): readonly (readonly string[])[] {
  const mesh = meshOf(one)
  const codes = codesOf.get(one.analyzer) ?? new Set()
  const relevant = rules.filter(({equivalents}) => equivalents.some(code => codes.has(code)))
  const refs = new Map(mesh.objects().map(object => [JSON.stringify(object.id), refOf(object)]))
  const {findings} = vet(mesh, {config: {}, problems: [], rules: relevant})
  return findings.map(({equivalents, object}) =>
    equivalents
      .filter(code => codes.has(code))
      .map(code => `${code} ${refs.get(JSON.stringify(object)) ?? ''}`),
  )
}

/** What is left of a list when each item of another is taken away once. */
function without(list: readonly string[], taken: readonly string[]): readonly string[] {
  const left = [...taken]
  return list.filter(item => {
    const index = left.indexOf(item)
    if (index === -1) return true
    left.splice(index, 1)
    return false
  })
}
