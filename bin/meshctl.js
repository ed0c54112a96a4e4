#!/usr/bin/env node
// Plain JavaScript in old syntax, so that an old Node gets as far as the sentence that says what is wrong.
import {existsSync} from 'node:fs'
import {fileURLToPath} from 'node:url'

const [major, minor] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `meshctl needs Node.js 22.18 or later, and this is ${process.versions.node}: ` +
      'install a current one (https://nodejs.org), or run it with `npx -p node@24 -p meshctl meshctl`.\n',
  )
  process.exitCode = 3
} else {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const built = new URL('../dist/cli/main.js', import.meta.url)
  // Node strips types of sources, but never under node_modules: so the package holds dist/, a checkout src/.
  const entry = existsSync(built) ? built : new URL('../src/cli/main.ts', import.meta.url)
  import(entry.href).then(({main}) => main({argv: process.argv.slice(2), root}))
}
