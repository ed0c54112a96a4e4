import type {EdgeAnswer} from '../flows/answers.ts'
import type {ExplainResult} from '../flows/explain.ts'
import type {Style} from '../terminal/style.ts'
import {wrap} from '../terminal/wrap.ts'
import {mending} from './mending.ts'
import {behaviour, edgeName, factText, outcomeText} from './outcome.ts'
import {caveats} from './sections.ts'

export function explainText({edges, gaps, assumptions}: ExplainResult, style: Style): string {
  const parts = [
    ...edges.map(edge => edgeText(edge, style)),
    caveats({problems: [], gaps, assumptions}, style),
  ]
  return `${parts.filter(part => part !== '').join('\n\n')}\n`
}

function edgeText(edge: EdgeAnswer, style: Style): string {
  const mend = mending(edge)
  const routes = edge.paths.length < 2 ? [] : edge.paths.map(path => routeText(path, style))
  return [
    style.paint.bold(edgeName(edge, style)),
    `  ${outcomeText(edge.outcome, style)}`,
    `  ${behaviour(edge.outcome)}`,
    `  the call is ${edge.knowledge}${edge.knownBy.length > 0 ? ':' : ''}`,
    ...items(edge.knownBy.map(factText), style),
    ...list('  routes', routes, style),
    ...list('  to mend it, change', mend === null ? [] : [mend], style),
    ...list('  because', edge.decidedBy.map(factText), style),
  ].join('\n')
}

function routeText(path: EdgeAnswer['paths'][number], style: Style): string {
  const target = [path.host, path.subset].filter(part => part !== null).join(' ')
  const share = path.weight < 100 ? ` ${path.weight} %` : ''
  return `${path.match ?? 'everything else'}${share}${target === '' ? '' : ` to ${target}`}: ${outcomeText(path, style)}, ${behaviour(path)}`
}

function list(title: string, texts: readonly string[], style: Style): readonly string[] {
  return texts.length === 0 ? [] : [`${title}:`, ...items(texts, style)]
}

function items(texts: readonly string[], style: Style): readonly string[] {
  return texts.map(text => wrap(text, style.width, '      ').replace(/^ {6}/, '    - '))
}

/** One line an edge, for --all. */
export function edgeLine(edge: EdgeAnswer, style: Style): string {
  return `${edgeName(edge, style)}  ${outcomeText(edge.outcome, style)}  ${style.paint.dim(`(${edge.knowledge})`)}\n`
}
