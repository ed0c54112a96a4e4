import {Interrupted} from './interrupted.ts'

const codes = {SIGINT: 130, SIGTERM: 143} as const

/** What has to happen whole: while it runs, a first signal waits; a second one leaves at once. */
const state: {busy: number; waiting: 130 | 143 | null} = {busy: 0, waiting: null}

/** Ends with 130 or 143 on a signal, with `leave` to say so; at once, or after what must not be cut. */
export function onSignals(leave: (interrupted: Interrupted) => void): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (state.busy > 0 && state.waiting === null) state.waiting = codes[signal]
      else leave(new Interrupted('Interrupted. Nothing was changed.', codes[signal]))
    })
  }
}

/** Runs work that a signal must not cut in two, such as writing the files of one step. */
export async function uninterrupted<Value>(work: () => Promise<Value>): Promise<Value> {
  state.busy += 1
  try {
    return await work()
  } finally {
    state.busy -= 1
  }
}

/** The signal that came while `uninterrupted` ran. */
export function signalWaiting(): 130 | 143 | null {
  return state.waiting
}
