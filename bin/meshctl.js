#!/usr/bin/env node
// Plain JavaScript in old syntax, so that an old Node gets as far as the sentence that says what is wrong.
import {existsSync, readFileSync} from 'node:fs'
import * as nodeModule from 'node:module'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'

const [major, minor] = process.versions.node.split('.').map(Number)
const argv = process.argv.slice(2)
const root = fileURLToPath(new URL('..', import.meta.url))
const {version} = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `meshctl needs Node.js 22.18 or later, and this is ${process.versions.node}: ` +
      'install a current one (https://nodejs.org), or run it with `npx -p node@24 -p meshctl meshctl`.\n',
  )
  process.exitCode = 3
} else if (argv[0] === '--version' || argv[0] === '-v') {
  process.stdout.write(`${version}\n`)
} else {
  nodeModule.enableCompileCache?.()
  // Node strips types of sources, but never under node_modules: so the package holds dist/, a checkout src/ (and
  // perhaps a dist/ of some time ago).
  const source = new URL('../src/cli/main.ts', import.meta.url)
  const call = {argv, root, version}
  if (existsSync(source)) import(source.href).then(({main}) => main(call))
  else import('./built.js').then(({runBuilt}) => runBuilt(join(root, 'dist/cli/main.cjs'), call))
}
