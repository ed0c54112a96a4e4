import {spawnSync} from 'node:child_process'

export interface Step {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
}

/** Runs all steps, also after one has failed, and says which failed. Output of a step is shown only where it failed. */
export function runSteps(steps: readonly Step[]): boolean {
  const failed = steps.filter(step => !runStep(step))
  if (failed.length > 0) console.error(`failed: ${failed.map(step => step.name).join(', ')}`)
  return failed.length === 0
}

function runStep({name, command, args}: Step): boolean {
  const start = performance.now()
  const {status, stdout, stderr, error} = spawnSync(command, [...args], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  const ok = status === 0
  console.log(`${ok ? 'ok  ' : 'fail'}  ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`)
  if (!ok) console.log([stdout, stderr, error?.message].filter(Boolean).join('\n').trimEnd())
  return ok
}
