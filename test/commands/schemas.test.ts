import assert from 'node:assert/strict'
import {mkdir, mkdtemp, readFile, readdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {tmpdir} from 'node:os'
import {describe, it} from 'node:test'
import {Ajv} from 'ajv'
import type {ValidateFunction} from 'ajv'

import {copyBookinfo, root, runShell} from '../cli/run-cli.ts'

const folder = join(root, 'schemas')
const names = (await readdir(folder))
  .map(file => file.replace('.schema.json', ''))
  .filter(name => name !== 'config')
  .sort()
const ajv = new Ajv({allErrors: true, strict: true, allowUnionTypes: true})
const schemas = new Map(await Promise.all(names.map(async name => [name, await schemaOf(name)] as const)))
const validators = new Map(
  [...schemas].map(([name, schema]): [string, ValidateFunction] => [name, ajv.compile(schema)]),
)

async function schemaOf(name: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(folder, `${name}.schema.json`), 'utf8')) as Record<string, unknown>
}

const strict = `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: istio-system}
spec: {mtls: {mode: STRICT}}
`

/** Schemas of answers that need a cluster: test/e2e/adopt-live and plaintext-clients.test.ts hold them to it. */
const onlyLive = ['clients-observed', 'verify']

/** Command lines whose JSON is validated; each schema has to be reached by one. `# 5` is the exit code. */
const lines: readonly (readonly [line: string, schema: string, exit: number])[] = [
  ['status --from bookinfo', 'status', 0],
  ['status --from bookinfo -n batch', 'status', 0],
  ['status --from broken', 'status', 0],
  ['--from bookinfo', 'status', 0],
  ['', 'home', 0],
  ['explain --all --from bookinfo', 'explain', 0],
  ['explain --all --knowledge possible --from bookinfo', 'explain', 0],
  ['explain --all --client export-mirror --knowledge observed --from bookinfo', 'explain', 0],
  ['explain productpage reviews --from bookinfo', 'explain', 0],
  ['whatif -f changes/strict.yaml --from bookinfo', 'whatif', 1],
  ['whatif --git HEAD..HEAD --from history', 'whatif', 0],
  ['whatif --delete destinationrule/bookinfo/reviews --from bookinfo', 'whatif', 0],
  ['clients --from bookinfo', 'clients', 0],
  ['clients confirm ratings-export --reason x --dry-run --from bookinfo', 'clients-written', 0],
  ['snapshot --from bookinfo', 'snapshot', 0],
  ['snapshot --from bookinfo --anonymize -o mesh.json', 'snapshot-report', 0],
  ['adopt mtls --from bookinfo', 'adopt', 0],
  ['adopt mtls --from bookinfo --dry-run', 'adopt', 0],
  ['adopt mtls --from bookinfo --write out', 'adopt', 0],
  ['adopt resiliency --from bookinfo --write out2', 'adopt', 0],
  ['adopt sidecars --all-ready --from bookinfo', 'adopt', 0],
  ['adopt sidecars --from bookinfo', 'error', 2],
  ['adopt tracing --from bookinfo', 'error', 5],
  ['adopt mtls --target ratings --from bookinfo', 'error', 5],
  ['adopt mtls --stage jetpack --from bookinfo', 'error', 5],
  ['adopt mtls --from broken', 'error', 2],
  ['vet bookinfo', 'vet', 0],
  ['vet broken', 'vet', 1],
  ['vet old --fix', 'vet', 0],
  ['vet history --changed-since HEAD', 'vet', 0],
  ['vet broken --baseline known.json --write-baseline', 'vet', 0],
  ['vet broken - --fix', 'error', 2],
  ['vet -', 'error', 2],
  ['vet rules', 'rules', 0],
  ['vet explain yaml-invalid', 'rule', 0],
  ['vet explain no-such-rule', 'error', 2],
  ['schema', 'schemas', 0],
  ['completion bash', 'completion', 0],
  ['history --from out', 'history', 0],
  ['history', 'error', 3],
  ['rollback x --from out', 'error', 2],
  ['verify --window soon', 'error', 2],
  ['status', 'error', 3],
  ['status --form x', 'error', 2],
  ['explain a b --from nowhere', 'error', 2],
]

describe('schemas', () => {
  for (const [name, schema] of schemas) {
    it(`${name} has its id, and its definitions are those of the other schemas`, () => {
      assert.equal(schema['$id'], `meshctl/${name}/v1`)
      const definitions = Object.entries((schema['$defs'] ?? {}) as Record<string, unknown>)
      for (const [key, definition] of definitions) {
        for (const other of schemas.values()) {
          const theirs = ((other['$defs'] ?? {}) as Record<string, unknown>)[key]
          if (theirs !== undefined) assert.deepEqual(theirs, definition, `${key} differs`)
        }
      }
    })
  }
  it('are each reached below', () => {
    const reached = [...lines.map(([, schema]) => schema), ...onlyLive, 'rollback'] // below, with an id
    assert.deepEqual([...new Set(reached)].sort(), names)
  })
})

describe('--json', {concurrency: 2}, async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'meshctl-json-'))
  await copyBookinfo(join(cwd, 'bookinfo'))
  await mkdir(join(cwd, 'changes'))
  await writeFile(join(cwd, 'changes', 'strict.yaml'), strict)
  await copyBookinfo(join(cwd, 'broken'))
  await writeFile(join(cwd, 'broken', 'cut.yaml'), 'kind: [')
  await mkdir(join(cwd, 'old'))
  await writeFile(join(cwd, 'old', 'strict.yaml'), strict.replace('/v1', '/v1beta1'))
  await copyBookinfo(join(cwd, 'history'))
  const git = 'git -c user.name=a -c user.email=a@b'
  await runShell(`git init -q && git add history && ${git} commit -q -m one`, {cwd})

  async function answered(line: string, schema: string, exit: number): Promise<Record<string, unknown>> {
    const {stdout, stderr, status} = await runShell(`meshctl ${line} --json`, {cwd})
    assert.equal(status, exit, `${stdout.slice(0, 2000)}${stderr}`)
    const answer = JSON.parse(stdout) as Record<string, unknown>
    assert.equal(answer['schema'], `meshctl/${schema}/v1`)
    const validate = validators.get(schema)
    assert.ok(validate !== undefined)
    assert.ok(validate(answer), JSON.stringify(validate.errors, null, 1))
    assert.equal(stderr, '')
    return answer
  }

  for (const [line, schema, exit] of lines) {
    it(`meshctl ${line} --json`, async () => {
      await answered(line, schema, exit)
    })
  }

  it('meshctl rollback ID --from out3 --json, shown and written', async () => {
    const {ledgerId} = await answered('adopt mtls --from bookinfo --write out3', 'adopt', 0)
    await answered(`rollback ${String(ledgerId)} --from out3`, 'rollback', 0)
    await answered(`rollback ${String(ledgerId)} --from out3 --write out3`, 'rollback', 0)
  })
})
