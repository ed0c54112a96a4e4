import {spawnSync} from 'node:child_process'
import {rmSync} from 'node:fs'
import {join} from 'node:path'

/**
 * Sources as JavaScript, in dist/ or the folder given: Node strips types, but never of a package under node_modules.
 * A file of src/ is a file of dist/, so that a stack trace of a user can be read.
 */
const out = process.argv[2] ?? join(import.meta.dirname, '../dist')
rmSync(out, {recursive: true, force: true})
const {status} = spawnSync('tsc', ['-p', 'tsconfig.build.json', '--outDir', out], {
  stdio: 'inherit',
  cwd: join(import.meta.dirname, '..'),
})
process.exitCode = status ?? 1
