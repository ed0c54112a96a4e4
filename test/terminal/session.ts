import {spawn} from '@lydell/node-pty'

import {entry} from '../cli/run-cli.ts'

/** A real terminal with meshctl in it. */
export interface Session {
  /** Waits until the screen has shown this since the last key. */
  shows(text: string | RegExp): Promise<void>
  type(keys: string): void
  ended(): Promise<number>
  /** All that was ever shown, without colours and cursor movements. */
  text(): string
  close(): void
}

export const keys = {enter: '\r', down: '\u001B[B', ctrlC: '\u0003'} as const

export function openTerminal(args: readonly string[], cwd: string): Session {
  const env = {PATH: '/usr/bin:/bin', HOME: cwd, TERM: 'xterm-256color', LANG: 'C.UTF-8'}
  const child = spawn(process.execPath, [entry, ...args], {cwd, env, cols: 120, rows: 50})
  let shown = ''
  let since = 0
  let exitCode: number | null = null
  child.onData(data => (shown += data))
  child.onExit(event => (exitCode = event.exitCode))
  const recent = (): string => plain(shown.slice(since))
  return {
    shows: async text => {
      await until(
        () => (typeof text === 'string' ? recent().includes(text) : text.test(recent())),
        () => `waiting for ${String(text)}, the screen has:\n${recent()}`,
      )
    },
    type: input => {
      since = shown.length
      child.write(input)
    },
    ended: async () => {
      await until(
        () => exitCode !== null,
        () => `it did not end; the screen has:\n${recent()}`,
      )
      return exitCode ?? -1
    },
    text: () => plain(shown),
    close: () => {
      if (exitCode === null) child.kill('SIGKILL')
    },
  }
}

function plain(text: string): string {
  return text.replace(/\u001B\[[0-9;?]*[A-Za-z]/g, '').replaceAll('\r', '')
}

async function until(holds: () => boolean, why: () => string): Promise<void> {
  const end = Date.now() + 20_000
  while (!holds()) {
    if (Date.now() > end) throw new Error(why())
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
