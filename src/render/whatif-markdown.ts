import type {WhatifResult} from '../flows/whatif.ts'
import type {ReplayedChange} from '../flows/whatif-git.ts'
import {mark} from '../terminal/marks.ts'
import type {Style} from '../terminal/style.ts'
import {code, escape} from './markdown-text.ts'
import {behaviour, edgeName, outcomeText} from './outcome.ts'
import {summaryText, whatifText} from './whatif.ts'

type Result = WhatifResult & {readonly git?: ReplayedChange}
type ChangedEdge = WhatifResult['edges'][number]

const titles = {
  broken: 'Calls that would fail',
  unknown: 'Calls of which it cannot be told any more',
  changed: 'Calls that change',
  improved: 'Calls that get better',
} as const

/** For a pull request's comment: what breaks on top, the rest to unfold. */
export function whatifMarkdown(
  {edges, summary, gaps, assumptions, git, ...counts}: Result,
  style: Style,
): string {
  const what =
    git === undefined
      ? `${counts.applied} applied, ${counts.deleted} deleted`
      : `${code(git.from.name)} → ${code(git.to.name)}, ${counts.applied} written, ${counts.deleted} deleted`
  const verdict = summary.broken > 0 ? `❌ ${breakWords(summary.broken)}` : '✅ No call that works breaks'
  const open = [...gaps.map(gap => `${gap.kind}: ${gap.reason}`), ...assumptions]
  const parts = [
    '## meshctl whatif',
    `**${verdict}.** ${summaryText(summary)} (objects: ${what}).`,
    ...(['broken', 'unknown', 'changed', 'improved'] as const).map(effect =>
      edgesOf(
        effect,
        edges.filter(edge => edge.effect === effect),
        style,
      ),
    ),
    ...(git === undefined || git.changes.length === 0 ? [] : [objectsOf(git)]),
    ...(open.length === 0
      ? []
      : [folded('Taken for granted, or not read', open.map(line => `- ${escape(line)}`).join('\n'))]),
  ]
  return `${parts.filter(part => part !== '').join('\n\n')}\n`
}

function breakWords(broken: number): string {
  return `${broken} call${broken === 1 ? ' breaks' : 's break'}`
}

function edgesOf(effect: keyof typeof titles, edges: readonly ChangedEdge[], style: Style): string {
  if (edges.length === 0) return ''
  const plain = {...style, unicode: true}
  const rows = edges.map(
    edge =>
      `| ${code(edgeName(edge, plain))} | ${edge.knowledge} | ${escape(shown(edge, 'before', style))} | ${escape(shown(edge, 'after', style))} |`,
  )
  const table = ['| call | known | before | after |', '|---|---|---|---|', ...rows].join('\n')
  return effect === 'broken'
    ? `### ${titles[effect]}\n\n${table}`
    : folded(`${titles[effect]} (${edges.length})`, table)
}

/** The result, and how the call behaves where that is what changes. */
function shown(edge: ChangedEdge, side: 'before' | 'after', style: Style): string {
  const text = outcomeText(edge[side], style)
  return behaviour(edge.before) === behaviour(edge.after) ? text : `${text}, ${behaviour(edge[side])}`
}

function objectsOf({changes}: ReplayedChange): string {
  const lines = changes.map(({action, object}) => {
    const place =
      object.file === null ? '' : ` (${object.file}${object.line === null ? '' : `:${object.line}`})`
    return `- ${action} ${code(`${object.kind} ${object.namespace}/${object.name}`)}${escape(place)}`
  })
  return folded(`Objects (${changes.length})`, lines.join('\n'))
}

function folded(title: string, body: string): string {
  return `<details><summary>${title}</summary>\n\n${body}\n\n</details>`
}

/** A replay for a terminal: what happened in between, then the calls. */
export function whatifGitText(
  {git, ...result}: WhatifResult & {readonly git: ReplayedChange},
  style: Style,
): string {
  const {broken} = result.summary
  const head = `${git.from.name} (${git.from.commit.slice(0, 8)}) ${style.unicode ? '→' : '->'} ${git.to.name} (${git.to.commit.slice(0, 8)}): ${broken === 0 ? 'no call that works breaks' : `${breakWords(broken)}, here ${broken === 1 ? 'it is' : 'they are'}`}`
  const objects = git.changes.slice(0, 20).map(({action, object}) => {
    const place =
      object.file === null ? '' : ` (${object.file}${object.line === null ? '' : `:${object.line}`})`
    return `  ${action} ${object.kind} ${object.namespace === '' ? '' : `${object.namespace}/`}${object.name}${place}`
  })
  const more = git.changes.length > 20 ? [`  … and ${git.changes.length - 20} more (--json has all)`] : []
  return [
    `${mark(broken > 0 ? 'fail' : 'ok', style)} ${head}`,
    ...objects,
    ...more,
    '',
    whatifText(result, style),
  ].join('\n')
}
