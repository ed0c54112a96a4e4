import {spawnSync} from 'node:child_process'
import {join} from 'node:path'

/** The main job on the example: opt in to mTLS where no client is cut off, and write the change as files. */
const root = join(import.meta.dirname, '..')
const out = process.argv[2] ?? 'meshctl-out'
const args = ['adopt', 'mtls', '--from', 'examples/bookinfo', '--write', out]

console.log(`$ meshctl ${args.join(' ')}\n`)
const {status} = spawnSync(process.execPath, [join(root, 'bin/meshctl.js'), ...args], {
  cwd: root,
  stdio: 'inherit',
})
process.exitCode = status ?? 1
