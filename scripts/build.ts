import {rmSync} from 'node:fs'
import {join} from 'node:path'
import {build} from 'esbuild'

/**
 * Sources as JavaScript, in dist/ or the folder given: Node strips types, but never of a package under node_modules.
 * What a command needs is in a few files, since opening 300 takes longer than most commands; names are kept, so that a
 * stack trace of a user can be read. Packages stay packages.
 */
const root = join(import.meta.dirname, '..')
const out = process.argv[2] ?? join(root, 'dist')

rmSync(out, {recursive: true, force: true})
await build({
  entryPoints: [join(root, 'src/cli/main.ts')],
  outdir: join(out, 'cli'),
  bundle: true,
  splitting: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node22.18',
  logLevel: 'warning',
})
