import {Interrupted} from './interrupted.ts'

const codes = {SIGINT: 130, SIGTERM: 143} as const

/** What was done by now, for somebody who interrupts. */
const state = {done: 'Nothing was changed.'}

/** Ends with 130 or 143 on a signal, with `leave` to say so. Files are written synchronously: no signal cuts that in two. */
export function onSignals(leave: (interrupted: Interrupted) => void): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => leave(new Interrupted(`Interrupted. ${state.done}`, codes[signal])))
  }
}

/** From here on an interruption says this instead of "Nothing was changed." */
export function nowDone(sentence: string): void {
  state.done = sentence
}
