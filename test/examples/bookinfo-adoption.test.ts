import assert from 'node:assert/strict'
import {cp, mkdtemp, readFile, readdir, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, describe, test} from 'node:test'
import {execa} from 'execa'

// What the example is made for: each capability has something to do on it, and something of its own in the way.

const root = join(import.meta.dirname, '../..')
const bookinfo = 'examples/bookinfo'

describe('on Bookinfo', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bookinfo-'))
  })
  after(() => rm(folder, {recursive: true}))

  async function adopt(capability: string, ...args: string[]) {
    const command = [
      join(root, 'bin/meshctl.js'),
      'adopt',
      capability,
      '--stage',
      'walk',
      '--from',
      bookinfo,
      '--json',
      ...args,
    ]
    const {exitCode, stdout, stderr} = await execa(process.execPath, command, {cwd: root, reject: false})
    assert.ok(stdout.startsWith('{'), stderr)
    return {exit: exitCode, ...JSON.parse(stdout)}
  }
  const planned = (answer: any): string[] =>
    answer.planned.map(({namespace, name}: any) => `${namespace}/${name}`).sort()
  /** Subject to the codes of what is in its way. */
  const blocked = (answer: any): Record<string, string[]> =>
    Object.fromEntries(
      (answer.blocked ?? answer.error.data.blocked).map(({subject, reasons}: any) => [
        `${subject.namespace}/${subject.name}`,
        reasons.map(({code}: any) => code),
      ]),
    )

  test('mtls opts in where every client is in the mesh, and names the client of ratings which is not', async () => {
    const answer = await adopt('mtls', '--write', join(folder, 'mtls'))
    assert.equal(answer.exit, 0)
    assert.deepEqual(planned(answer), ['bookinfo/details', 'bookinfo/productpage', 'bookinfo/reviews'])
    assert.deepEqual(blocked(answer)['bookinfo/ratings'], ['client-not-in-mesh'])
    const ratings = answer.blocked.find(({subject}: any) => subject.name === 'ratings')
    assert.match(ratings.reasons[0].message, /batch\/ratings-export/)
    assert.deepEqual(answer.blastRadius.broken, [])
    assert.deepEqual(
      answer.contrast.broken.map(
        ({client, server}: any) => `${client.namespace}/${client.workload} -> ${server.service}`,
      ),
      ['batch/ratings-export -> ratings'],
    )
  })

  test('mtls opts in ratings too once its client is declared gone', async () => {
    const config = join(folder, 'meshctl.yaml')
    await writeFile(
      config,
      'clients:\n  - {client: batch/ratings-export, calls: [], reason: replaced by the nightly dump}\n',
    )
    const answer = await adopt('mtls', '--config', config, '--dry-run')
    assert.deepEqual(planned(answer), [
      'bookinfo/details',
      'bookinfo/productpage',
      'bookinfo/ratings',
      'bookinfo/reviews',
    ])
  })

  test('mtls ends with 5 where ratings is named', async () => {
    const answer = await adopt('mtls', '--target', 'bookinfo/ratings', '--write', join(folder, 'named'))
    assert.equal(answer.exit, 5)
    assert.match(JSON.stringify(answer), /batch\/ratings-export/)
  })

  test('sidecars can take in ratings-export, and not what is on the host network', async () => {
    const answer = await adopt('sidecars', '--all-ready', '--dry-run')
    assert.deepEqual(planned(answer), ['batch/ratings-export'])
    assert.deepEqual(blocked(answer), {'batch/export-mirror': ['host-network']})
  })

  test('mtls opts in ratings once its client has a sidecar', async () => {
    const copy = join(folder, 'step-by-step')
    await cp(join(root, bookinfo), copy, {recursive: true})
    const steps = ['sidecars', 'mtls'].map(capability => [
      'adopt',
      capability,
      '--from',
      copy,
      '--all-ready',
      '--json',
      '--write',
      copy,
    ])
    for (const step of steps) {
      const {exitCode, stdout} = await execa(process.execPath, [join(root, 'bin/meshctl.js'), ...step], {
        reject: false,
      })
      assert.equal(exitCode, 0, stdout)
      if (step[1] === 'mtls') assert.ok(planned(JSON.parse(stdout)).includes('bookinfo/ratings'), stdout)
    }
  })

  test('tracing waits for a provider, and starts in the mesh once one is declared', async () => {
    const without = await adopt('tracing', '--dry-run')
    assert.equal(without.exit, 5)
    for (const [service, codes] of Object.entries(blocked(without))) assert.ok(codes.length > 0, service)
    const answer = await adopt('tracing', '--provider', 'zipkin', '--provider-declared', '--dry-run')
    assert.deepEqual(planned(answer), [
      'bookinfo/details',
      'bookinfo/productpage',
      'bookinfo/ratings',
      'bookinfo/reviews',
    ])
    assert.deepEqual(Object.keys(blocked(answer)), ['batch/ratings-export'])
    assert.ok(blocked(answer)['batch/ratings-export']!.includes('server-not-in-mesh'))
  })

  test('resiliency fits reviews and ratings; details has too few endpoints, productpage a web socket', async () => {
    const answer = await adopt('resiliency', '--write', join(folder, 'resiliency'))
    assert.deepEqual(planned(answer), ['bookinfo/ratings', 'bookinfo/reviews'])
    const codes = blocked(answer)
    assert.ok(codes['bookinfo/details']!.length > 0 && codes['bookinfo/productpage']!.length > 0)
    assert.notDeepEqual(codes['bookinfo/details'], codes['bookinfo/productpage'])
  })

  test('the demo says what README shows, and a second run changes nothing', async () => {
    const demo = () =>
      execa(process.execPath, ['scripts/demo.ts', join(folder, 'demo')], {
        cwd: root,
        env: {NO_COLOR: '1', COLUMNS: '80', LC_ALL: 'C.UTF-8'},
      })
    const said = (await demo()).stdout
    const sample = /The first one ends like this:\n\n```\n([\s\S]*?)```/.exec(
      await readFile(join(root, 'README.md'), 'utf8'),
    )?.[1]
    const lines = sample!
      .split('\n')
      .map(line => line.trim())
      .filter(Boolean)
    assert.ok(lines.length > 5)
    for (const line of lines) assert.ok(said.includes(line), `${line}\n\nis not in\n\n${said}`)
    const before = await contents(join(folder, 'demo'))
    await demo()
    assert.deepEqual(await contents(join(folder, 'demo')), before)
  })

  test('vet finds no error', async () => {
    const {exitCode, stdout} = await execa(
      process.execPath,
      [join(root, 'bin/meshctl.js'), 'vet', bookinfo],
      {cwd: root, reject: false},
    )
    assert.equal(exitCode, 0, stdout)
  })
})

async function contents(folder: string): Promise<Record<string, string>> {
  const files = (await readdir(folder, {recursive: true, withFileTypes: true})).filter(entry =>
    entry.isFile(),
  )
  const paths = files.map(({parentPath, name}) => join(parentPath, name)).sort()
  return Object.fromEntries(
    await Promise.all(paths.map(async path => [path, await readFile(path, 'utf8')] as const)),
  )
}
