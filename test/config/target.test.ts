import assert from 'node:assert/strict'
import {test} from 'node:test'
import {lastsUntil} from '../../src/config/expiry.ts'
import {readConfigText} from '../../src/config/read.ts'
import {isExcluded, isWanted, wantedStage} from '../../src/config/target.ts'

const config = await readConfigText(
  `target:
  sidecars: run
  mtls: {default: walk, namespaces: {dev-*: none, shop: run}, services: {shop/reviews: jetpack}}
  tracing: {namespaces: {shop: walk}}
exclude: {namespaces: [kube-*, legacy], workloads: [shop/old-*]}
`,
  'meshctl.yaml',
  new Date(),
)

const wanted: [capability: string, namespace: string, name: string, stage: string | null][] = [
  ['sidecars', 'anywhere', 'a', 'run'],
  ['mtls', 'anywhere', 'a', 'walk'],
  ['mtls', 'shop', 'a', 'run'],
  ['mtls', 'shop', 'reviews', 'jetpack'],
  ['mtls', 'dev-1', 'reviews', 'none'],
  ['tracing', 'shop', 'a', 'walk'],
  ['tracing', 'anywhere', 'a', null],
  ['resiliency', 'shop', 'a', null],
  ['constructor', 'shop', 'a', null],
]

for (const [capability, namespace, name, stage] of wanted) {
  test(`${capability} of ${namespace}/${name}: ${String(stage)}`, () =>
    assert.equal(wantedStage(config, capability, {namespace, name}), stage))
}

test('Stages up to the one wanted are wanted; without a word every one is', () => {
  const at = (capability: string, stage: string, namespace = 'shop'): boolean =>
    isWanted(config, capability, stage, {namespace, name: 'a'})
  assert.deepEqual(
    ['walk', 'run', 'jetpack'].map(stage => at('mtls', stage)),
    [true, true, false],
  )
  assert.deepEqual(
    ['walk', 'run', 'jetpack'].map(stage => at('mtls', stage, 'dev-1')),
    [false, false, false],
  )
  assert.deepEqual(
    ['walk', 'run', 'jetpack'].map(stage => at('resiliency', stage)),
    [true, true, true],
  )
})

test('Namespaces and workloads can be left alone', () => {
  const out = (namespace: string, name: string): boolean => isExcluded(config, {namespace, name})
  assert.deepEqual(
    [
      out('kube-system', 'a'),
      out('legacy', 'a'),
      out('shop', 'old-1'),
      out('shop', 'new'),
      out('legacy2', 'a'),
    ],
    [true, true, true, false, false],
  )
})

test('A declaration holds through its last day', () => {
  assert.equal(lastsUntil('2026-11-24', new Date('2026-11-24T23:59:59Z')), true)
  assert.equal(lastsUntil('2026-11-24', new Date('2026-11-25T00:00:00Z')), false)
  assert.equal(lastsUntil(null, new Date('2999-01-01')), true)
})
