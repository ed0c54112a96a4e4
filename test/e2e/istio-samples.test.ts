import assert from 'node:assert/strict'
import {execFileSync} from 'node:child_process'
import {join, resolve} from 'node:path'
import test from 'node:test'
import {emptyConfig} from '../../src/config/config.ts'
import {buildMesh} from '../../src/mesh/build.ts'
import {loadPaths} from '../../src/objects/load.ts'
import {vet} from '../../src/vet/vet.ts'

/** Istio's own samples come with the pinned Go module that the testbed is built from. */
function samplesFolder(): string {
  const go = (...args: string[]): string =>
    execFileSync('go', args, {
      cwd: resolve('test/testbed/go'),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  go('mod', 'download', 'istio.io/istio')
  return join(go('list', '-m', '-f', '{{.Dir}}', 'istio.io/istio').trim(), 'samples')
}

/** Templates that a script fills in, and values of other tools: they are meant, and no manifests. */
const notManifests = /unrendered-template|not-kubernetes/

test(
  "Istio's own samples are read, and none of them that is meant to be right is called an error",
  {timeout: 300_000},
  async () => {
    const folder = samplesFolder()
    const {objects, problems} = await loadPaths([folder])
    assert.ok(objects.length > 300, `only ${objects.length} objects`)
    const unread = problems.filter(
      problem =>
        problem.severity !== 'warning' &&
        problem.code !== 'unrendered-template' &&
        problem.code !== 'not-an-object',
    )
    assert.deepEqual(unread, [])
    const {findings} = vet(buildMesh(objects, {problems}), {config: emptyConfig.vet, problems})
    const errors = findings.filter(
      finding => finding.severity === 'error' && !notManifests.test(finding.rule),
    )
    assert.deepEqual(
      errors.map(
        ({rule, file, line, message}) =>
          `${file?.slice(folder.length) ?? ''}:${line ?? 0} ${rule}: ${message}`,
      ),
      [],
    )
  },
)

test('each sample folder by itself has no error either', {timeout: 300_000}, async () => {
  const folder = samplesFolder()
  for (const name of [
    'bookinfo/networking',
    'bookinfo/platform/kube',
    'httpbin',
    'helloworld',
    'multicluster',
    'health-check',
    'sleep',
    'curl',
    'tcp-echo',
    'websockets',
    'open-telemetry',
  ]) {
    const {objects, problems} = await loadPaths([join(folder, name)])
    assert.ok(objects.length > 0, `nothing was read of ${name}`)
    const {findings} = vet(buildMesh(objects, {problems}), {config: emptyConfig.vet, problems})
    const errors = findings.filter(finding => finding.severity === 'error')
    assert.deepEqual(
      errors.map(({rule, file, message}) => `${file?.slice(folder.length) ?? ''} ${rule}: ${message}`),
      [],
      name,
    )
  }
})
