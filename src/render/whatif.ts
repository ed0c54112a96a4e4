import type {WhatifResult} from '../flows/whatif.ts'
import type {RadiusEdge} from '../flows/radius.ts'
import {mark} from '../terminal/marks.ts'
import type {Style} from '../terminal/style.ts'
import {behaviour, edgeName, outcomeText} from './outcome.ts'
import {caveats} from './sections.ts'

const titles = {broken: 'fail', unknown: 'warn', changed: 'info', improved: 'ok'} as const

export function whatifText(
  {edges, summary, gaps, assumptions, ...counts}: WhatifResult,
  style: Style,
): string {
  const head = `${counts.applied} object${counts.applied === 1 ? '' : 's'} applied, ${counts.deleted} deleted: ${summaryText(summary)}`
  const lines = edges.map(
    edge => `${mark(titles[edge.effect], style)} ${edge.effect}: ${changeText(edge, style)}`,
  )
  return `${[head, lines.join('\n'), caveats({problems: [], gaps, assumptions}, style)].filter(part => part !== '').join('\n\n')}\n`
}

export function summaryText(summary: WhatifResult['summary']): string {
  const named = (['broken', 'unknown', 'changed', 'improved'] as const).filter(effect => summary[effect] > 0)
  const parts = named.map(effect => `${summary[effect]} ${effect}`)
  return [...(parts.length === 0 ? ['no edge changes'] : parts), `${summary.unchanged} unchanged`].join(', ')
}

/** The edge with what changes on it: its result, or only how it behaves. */
export function changeText(edge: RadiusEdge, style: Style): string {
  const arrow = style.unicode ? '→' : '->'
  const [before, after] = [outcomeText(edge.before, style), outcomeText(edge.after, style)]
  const [was, is] = [behaviour(edge.before), behaviour(edge.after)]
  const result = before === after ? before : `${before} ${arrow} ${after}`
  const how = was === is ? '' : `\n    ${was}\n    ${arrow} ${is}`
  return `${edgeName(edge, style)}: ${result}${how}`
}
