import assert from 'node:assert/strict'
import {cp, mkdtemp, readFile, readdir, rm, stat, truncate, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, describe, test} from 'node:test'
import {execa} from 'execa'

const root = join(import.meta.dirname, '../..')

/** What a user gets: packed, installed elsewhere, and run from there. The checkout itself is left as it is. */
describe('the package', () => {
  let folder = ''
  let installed = ''
  const run = (...args: string[]) =>
    execa(process.execPath, [join(installed, 'bin/meshctl.js'), ...args], {cwd: folder, reject: false})

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'package-'))
    const staging = join(folder, 'staging')
    const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
    for (const file of ['bin', 'schemas', 'templates', 'examples', 'README.md', 'LICENSE']) {
      await cp(join(root, file), join(staging, file), {recursive: true})
    }
    await writeFile(join(staging, 'package.json'), JSON.stringify({...manifest, scripts: {}}))
    await execa('node', ['scripts/build.ts', join(staging, 'dist')], {cwd: root, preferLocal: true})
    const {stdout} = await execa('npm', ['pack', '--json', '--pack-destination', folder], {cwd: staging})
    const packed = JSON.parse(stdout)
    const [{filename}] = Array.isArray(packed) ? packed : Object.values<any>(packed)
    const user = join(folder, 'user')
    await cp(join(root, '.npmrc'), join(user, '.npmrc'))
    await writeFile(join(user, 'package.json'), '{"private": true}')
    await execa('npm', ['install', '--prefer-offline', '--ignore-scripts', join(folder, filename)], {
      cwd: user,
    })
    installed = join(user, 'node_modules/meshctl')
  })
  after(() => rm(folder, {recursive: true, force: true}))

  test('tells its version', async () => {
    const {exitCode, stdout} = await run('--version')
    assert.equal(exitCode, 0)
    assert.match(stdout, /^\d+\.\d+\.\d+$/)
  })

  test('does its main job from dist/, with templates and schemas', async () => {
    const {exitCode, stderr} = await run(
      'adopt',
      'mtls',
      '--from',
      join(installed, 'examples/bookinfo'),
      '--write',
      join(folder, 'out'),
    )
    assert.equal(exitCode, 0, stderr)
    const written = await readdir(join(folder, 'out/bookinfo'))
    assert.ok(
      written.some(file => file.startsWith('peerauthentication-')),
      written.join(', '),
    )
    assert.match((await run('schema', 'status')).stdout, /"\$schema"/)
  })

  test('says the same with what V8 compiled before, and where that is torn', async () => {
    const kept = join(folder, 'kept')
    const vet = () =>
      execa(
        process.execPath,
        [join(installed, 'bin/meshctl.js'), 'vet', join(installed, 'examples/bookinfo'), '--json'],
        {env: {NODE_COMPILE_CACHE: kept}, reject: false},
      )
    const {stdout: cold} = await vet()
    const [file = 'none'] = (await readdir(kept, {recursive: true})).filter(name => name.endsWith('-vet'))
    assert.equal((await vet()).stdout, cold)
    await truncate(join(kept, file), 1000)
    assert.equal((await vet()).stdout, cold)
    assert.ok((await stat(join(kept, file))).size > 1000, 'made anew')
  })

  test('holds no sources and no tests', async () => {
    const files = await readdir(installed, {recursive: true})
    assert.deepEqual(
      files.filter(file => /\.(test\.)?ts$/.test(file) && !file.startsWith('node_modules')),
      [],
    )
    for (const wanted of ['LICENSE', 'README.md', 'dist/cli/main.cjs', 'bin/meshctl.js'])
      assert.ok(files.includes(wanted), wanted)
  })
})
