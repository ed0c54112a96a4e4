import type {Gap} from '../mesh/mesh.ts'
import type {ReadProblem} from '../objects/object.ts'
import type {Step} from '../flows/next-steps.ts'
import {mark} from '../terminal/marks.ts'
import type {Style} from '../terminal/style.ts'
import {wrap} from '../terminal/wrap.ts'

/** A titled part of an answer; nothing at all where it has no lines. */
export function section(title: string, lines: readonly string[], {paint}: Style): string {
  return lines.length === 0
    ? ''
    : [paint.bold(title), ...lines.map(line => line.replace(/^(?=.)/gm, '  '))].join('\n')
}

export function problemLine(problem: ReadProblem): string {
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.message}`
}

interface Caveats {
  readonly problems: readonly ReadProblem[]
  readonly gaps: readonly Gap[]
  readonly assumptions: readonly string[]
}

/** What limits an answer: what could not be read, and what was taken for granted. */
export function caveats({problems, gaps, assumptions}: Caveats, style: Style): string {
  const unread = [
    ...problems.map(problem => `${mark('warn', style)} ${problemLine(problem)}`),
    ...gaps.map(
      gap =>
        `${mark('warn', style)} ${[gap.kind, gap.namespace].filter(part => part !== '').join(' in ')}: ${gap.reason}`,
    ),
  ]
  const assumed = assumptions.map(text => wrap(text, style.width - 2))
  return [section('Not read', unread, style), section('Assumed', assumed, style)]
    .filter(part => part !== '')
    .join('\n\n')
}

export function nextStep(next: Step | null, style: Style): string {
  if (next === null)
    return section('Next', ['Nothing is ready now; what is in the way is named above.'], style)
  const name =
    next.subject.namespace === '' ? next.subject.name : `${next.subject.namespace}/${next.subject.name}`
  const what = `${next.capability} ${next.stage} for ${name}: ${next.title}; ${next.why}.`
  return section('Next, the safest step', [wrap(what, style.width - 2), '', `  ${next.command}`], style)
}
