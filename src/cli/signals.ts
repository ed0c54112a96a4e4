import {Interrupted} from './interrupted.ts'
import {writeSoon} from './streams.ts'

export {Interrupted} from './interrupted.ts'

const codes = {SIGINT: 130, SIGTERM: 143} as const

interface State {
  /** What was done by now, for somebody who interrupts. */
  done: string
  /** Of work that must not be cut in two: it is asked to come to an end. */
  work: AbortController | null
}

const state: State = {done: 'Nothing was changed.', work: null}

/** Ends with 130 or 143 on a signal, with `leave` to say so. Files are written synchronously: no signal cuts that in two. */
export function onSignals(leave: (interrupted: Interrupted) => void): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      const {work} = state
      if (work === null || work.signal.aborted)
        return leave(new Interrupted(`Interrupted. ${state.done}`, codes[signal]))
      writeSoon('stderr', '\nInterrupted: what is in flight is finished first; once more leaves at once.\n')
      work.abort(new Interrupted('Interrupted.', codes[signal]))
    })
  }
}

/** From here on an interruption says this instead of "Nothing was changed." */
export function nowDone(sentence: string): void {
  state.done = sentence
}

/** Runs work that a signal asks to come to an end, instead of ending the program; a second signal does. */
export async function finishingFirst<Value>(work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
  const controller = new AbortController()
  state.work = controller
  try {
    return await work(controller.signal)
  } finally {
    state.work = null
  }
}
