import {readFileSync} from 'node:fs'
import {join} from 'node:path'

export interface Start {
  readonly argv: readonly string[]
  /** The folder of the package: package.json, schemas/ and templates/ are in it. */
  readonly root: string
}

/** The whole program. The exit code is set here and nowhere else. */
export async function main({argv, root}: Start): Promise<void> {
  const version = versionOf(root)
  if (argv[0] === '--version' || argv[0] === '-v') {
    process.stdout.write(`${version}\n`)
    return
  }
  const {ignoreClosedPipes} = await import('./streams.ts')
  const {onSignals} = await import('./signals.ts')
  ignoreClosedPipes()
  onSignals(interrupted => {
    process.stderr.write(`\n${interrupted.message}\n`)
    // eslint-disable-next-line n/no-process-exit -- a signal ends the program wherever it is
    process.exit(interrupted.exitCode)
  })
  const {dispatch} = await import('./dispatch.ts')
  process.exitCode = await dispatch({argv, root, version})
}

function versionOf(root: string): string {
  const {version} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {version: string}
  return version
}
