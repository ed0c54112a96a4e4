import {mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {build} from 'esbuild'
import type {Metafile} from 'esbuild'

/**
 * Sources as JavaScript, in dist/ or the folder given: Node strips types, but never of a package under node_modules.
 * All is in one file, packages too, since finding and opening some hundred takes longer than most commands do; a command
 * evaluates what it imports. It is CommonJS because V8's code of such a file can be kept (bin/built.js). Names are kept,
 * so that a stack trace of a user can be read.
 */
const root = join(import.meta.dirname, '..')
const out = process.argv[2] ?? join(root, 'dist')

/** Large, and needed by a cluster or a terminal only. */
const external = ['@kubernetes/client-node', '@inquirer/prompts', 'listr2']

/** The whole is a function as Node makes one of a CommonJS module, so that no text has to be put around it at each start. */
const prelude = `(function (exports, require, module, __filename) {
'use strict'
const importMetaUrl = require('node:url').pathToFileURL(__filename).href
function lazily(load) {
  let loaded
  return new Proxy({}, {get: (_, name) => (loaded ??= load())[name]})
}`

rmSync(out, {recursive: true, force: true})
const {metafile, outputFiles} = await build({
  absWorkingDir: root,
  entryPoints: {'cli/main': 'src/cli/main.ts'},
  outdir: out,
  outExtension: {'.js': '.cjs'},
  bundle: true,
  external,
  platform: 'node',
  format: 'cjs',
  target: 'node22.18',
  banner: {js: prelude},
  footer: {js: '})'},
  define: {'import.meta.url': 'importMetaUrl'},
  metafile: true,
  write: false,
  logLevel: 'warning',
})
for (const {path, text} of outputFiles) {
  mkdirSync(dirname(path), {recursive: true})
  writeFileSync(path, ascii(withLateImports(text)))
}
writeFileSync(join(out, 'licences.txt'), licencesOf(metafile))

/** Node's own modules and CommonJS packages, loaded when something of them is first used: a command needs few of those. */
function withLateImports(text: string): string {
  return text.replace(
    /(\bimport_\w+ = )((?:__toESM\()?(?:require\("node:[\w/]+"\)|require_\w+\(\))(?:, 1\))?);/g,
    (_, start: string, load: string) => `${start}lazily(() => ${load});`,
  )
}

/** esbuild escapes what is not ASCII but in regular expressions; without it the file is read at a byte a character. */
function ascii(text: string): string {
  return text.replace(/[^\0-\x7f]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The licences of the packages within ask to go where their code goes. */
function licencesOf({inputs}: Metafile): string {
  const folders = Object.keys(inputs).flatMap(
    file => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? [],
  )
  return [...new Set(folders)].sort().map(licenceIn).join('\n')
}

function licenceIn(folder: string): string {
  const path = join(root, folder)
  const {name, version, license} = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Readonly<
    Record<string, string>
  >
  const texts = readdirSync(path)
    .filter(file => /^licen[cs]e/i.test(file))
    .map(file => readFileSync(join(path, file), 'utf8'))
  return [`${name} ${version} (${license})`, ...texts].join('\n\n') + '\n'
}
