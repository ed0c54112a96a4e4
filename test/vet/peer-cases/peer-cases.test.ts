import assert from 'node:assert/strict'
import {after, test} from 'node:test'
import type {Finding} from '../../../src/vet/finding.ts'
import {rules} from '../../../src/vet/rules/registry.ts'
import {vet} from '../../../src/vet/vet.ts'
import {meshOf, peerCases, refOf} from './cases.ts'
import type {PeerCase} from './cases.ts'
import {notYet, notReported, reportedBeyond} from './deviations.ts'

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
    const found = codesFound(one)
    const missing = without(
      one.expected.map(({code, ref}) => `${code} ${ref}`),
      found,
    )
    wanted += one.expected.length
    met += one.expected.length - missing.length
    const excused = [...notReported, ...notYet]
      .filter(({source}) => source === one.source)
      .map(({code, ref}) => `${code} ${ref}`)
    assert.deepEqual([...missing].sort(), excused.sort(), 'expected and not reported')
    const names = new Set(one.expected.map(({code, ref}) => `${code} ${ref}`))
    const beyond = [...new Set(found)].filter(name => !names.has(name))
    const meant = reportedBeyond
      .filter(({source}) => source === one.source)
      .map(({code, ref}) => `${code} ${ref}`)
    assert.deepEqual(beyond.sort(), meant.sort(), 'reported and not expected')
  })
}

test('deviations name cases and give reasons', () => {
  const sources = new Set(peerCases.map(({source}) => source))
  for (const {source} of [...notReported, ...reportedBeyond, ...notYet])
    assert.ok(sources.has(source), source)
  for (const {reason} of [...notReported, ...reportedBeyond]) assert.match(reason, /\w{3,}.*\.$/)
})

after(() =>
  console.log(`${met} of ${wanted} codes that istioctl's own cases expect are reported on the right object`),
)

/** `IST0103 Pod default/a` for each finding that stands for a code of the case's analyzer, at any severity. */
function codesFound(one: PeerCase): readonly string[] {
  const mesh = meshOf(one)
  const codes = codesOf.get(one.analyzer) ?? new Set()
  const relevant = rules.filter(({equivalents}) => equivalents.some(code => codes.has(code)))
  const refs = new Map(mesh.objects().map(object => [JSON.stringify(object.id), refOf(object)]))
  const {findings} = vet(mesh, {config: {}, problems: [], rules: relevant})
  return findings.flatMap((finding: Finding) =>
    finding.equivalents
      .filter(code => codes.has(code))
      .map(code => `${code} ${refs.get(JSON.stringify(finding.object)) ?? ''}`),
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
