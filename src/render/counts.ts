import type {CellState} from '../stages/stage.ts'
import type {Fold} from '../flows/folds.ts'
import type {Style} from '../terminal/style.ts'

/** `walk done` for one subject, `walk 25/40 done, 3 ready, 12 blocked` for many; colour only repeats the word. */
export function foldText(fold: Fold, style: Style): string {
  const {counts, stage} = fold
  const relevant = counts.done + counts.ready + counts.blocked + counts.unknown
  const present = order.filter(state => counts[state] > 0)
  const [only] = present
  if (relevant === 0) return style.paint.dim(only === undefined ? '' : words[only])
  if (present.length === 1 && only !== undefined && relevant === 1)
    return `${stage} ${coloured(only, words[only], style)}`
  const parts = present.filter(
    state => state !== 'not-applicable' && state !== 'not-wanted' && state !== 'done',
  )
  const done = coloured(
    counts.done === relevant ? 'done' : 'not-applicable',
    `${counts.done}/${relevant} done`,
    style,
  )
  return [
    `${stage} ${done}`,
    ...parts.map(state => coloured(state, `${counts[state]} ${words[state]}`, style)),
  ].join(', ')
}

const order: readonly CellState[] = ['done', 'ready', 'blocked', 'unknown', 'not-wanted', 'not-applicable']

const words: Readonly<Record<CellState, string>> = {
  done: 'done',
  ready: 'ready',
  blocked: 'blocked',
  unknown: 'unknown',
  'not-wanted': 'not wanted',
  'not-applicable': '-',
}

export function coloured(state: CellState, text: string, {paint}: Style): string {
  if (state === 'done') return paint.green(text)
  if (state === 'ready') return paint.cyan(text)
  if (state === 'blocked') return paint.red(text)
  return state === 'unknown' ? paint.yellow(text) : text
}
