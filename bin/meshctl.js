#!/usr/bin/env node
// Plain JavaScript in old syntax, so that an old Node gets as far as the sentence that says what is wrong. CommonJS,
// since Node's loader of ES modules takes longer to start than a short command to run.
'use strict'
const {existsSync} = require('node:fs')
const nodeModule = require('node:module')
const {join} = require('node:path')
const {pathToFileURL} = require('node:url')

const [major, minor] = process.versions.node.split('.').map(Number)
const argv = process.argv.slice(2)
const root = join(__dirname, '..')
const {version} = require('../package.json')

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
  const source = join(root, 'src/cli/main.ts')
  const call = {argv, root, version}
  if (existsSync(source)) import(pathToFileURL(source).href).then(({main}) => main(call))
  else require('./built.js').runBuilt(join(root, 'dist/cli/main.cjs'), call)
}
