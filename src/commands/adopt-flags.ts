import {boolean, string} from '../cli/flag.ts'
import type {Flag} from '../cli/flag.ts'

import {isYesNo} from '../flows/ask.ts'

import {stages} from '../stages/registry.ts'
import type {Answer} from '../stages/stage.ts'

const all = Object.values(stages).flatMap(byStage => Object.values(byStage))

/** One flag for each question that a stage asks; a question of several stages is one flag. */
function flagOf(
  name: string,
  asked: readonly {readonly where: string; readonly answer: Answer<unknown>}[],
): Flag {
  const [first] = asked
  const where = [...new Set(asked.map(one => one.where))].join(', ')
  const options = first?.answer.options
  const common = {
    summary: `${(first?.answer.ask ?? name).replace(/[:?]$/, '')} (${where})`,
    helpGroup: 'ANSWERS',
  }
  if (first !== undefined && isYesNo(first.answer)) return boolean(common)
  return string({
    ...common,
    ...(options !== undefined && {options: [...options]}),
  })
}

const questions = all.flatMap(stage =>
  Object.values(stage.answers).map(answer => ({where: `${stage.capability} ${stage.stage}`, answer})),
)

const names = [...new Set(questions.map(({answer}) => answer.flag))]

/** The flags of `adopt` that come from the stages' answers; `typedAnswers` reads their values. */
export const answerFlags: Readonly<Record<never, Flag>> = Object.fromEntries(
  names.map(name => [
    name,
    flagOf(
      name,
      questions.filter(({answer}) => answer.flag === name),
    ),
  ]),
)

/** The answers that were typed, by flag. */
export function typedAnswers(flags: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.flatMap(name => {
      const value = flags[name]
      if (value === true) return [[name, 'true'] as const]
      return typeof value === 'string' ? [[name, value] as const] : []
    }),
  )
}
