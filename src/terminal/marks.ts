import type {Style} from './style.ts'

/** The fixed set of marks of the narration, each a word beside its symbol: colour and symbol never stand alone. */
export type Mark = 'ok' | 'warn' | 'fail' | 'info' | 'next'

const symbols = {ok: '✔', warn: '▲', fail: '✖', info: '●', next: '→'} as const

export function mark(kind: Mark, style: Style): string {
  const colour = {
    ok: style.paint.green,
    warn: style.paint.yellow,
    fail: style.paint.red,
    info: style.paint.cyan,
    next: style.paint.cyan,
  }[kind]
  return colour(style.unicode ? `${symbols[kind]} ${kind}` : kind)
}
