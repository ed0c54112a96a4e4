import Table from 'cli-table3'

import type {Style} from './style.ts'

const none = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

/** Columns under a head, without lines around them: it can be cut, searched and pasted. Names are never shortened. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], style: Style): string {
  const drawn = new Table({
    head: head.map(title => style.paint.bold(title)),
    chars: none,
    style: {head: [], border: [], 'padding-left': 0, 'padding-right': 0},
  })
  for (const row of rows) drawn.push([...row])
  return drawn
    .toString()
    .split('\n')
    .map(line => line.trimEnd())
    .join('\n')
}
