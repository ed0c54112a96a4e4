import {dispatch} from './dispatch.ts'
import type {Call} from './dispatch.ts'
import {onSignals} from './signals.ts'
import {writeSoon} from './streams.ts'

/** The whole program. The exit code is set here and nowhere else. */
export async function main(call: Call): Promise<void> {
  onSignals(interrupted => {
    writeSoon('stderr', `\n${interrupted.message}\n`)
    process.exit(interrupted.exitCode)
  })
  process.exitCode = await dispatch(call)
}
