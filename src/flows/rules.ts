import {unknownName} from '../cli/suggest.ts'
import {engineRules} from '../vet/engine-rules.ts'
import type {RuleInfo} from '../vet/engine-rules.ts'
import type {RuleExamples} from '../vet/examples.ts'
import {rules as meshRules} from '../vet/rules/registry.ts'

export interface RuleAnswer {
  readonly id: string
  readonly area: string
  readonly severity: string
  /** Range of Istio's versions for which it holds. */
  readonly istio: string
  readonly needs: string
  readonly why: string
  readonly fix: string
  readonly messages: Readonly<Record<string, string>>
  readonly params: RuleInfo['params']
  readonly equivalents: readonly string[]
  readonly formerIds: readonly string[]
}

/** Every rule, those of the engine itself too. */
export const ruleInfos: readonly RuleInfo[] = [...meshRules, ...Object.values<RuleInfo>(engineRules)]

/** The same as answers, by area and id. */
export function allRules(): readonly RuleAnswer[] {
  return ruleInfos.map(ruleAnswer).sort((a, b) => (`${a.area}/${a.id}` < `${b.area}/${b.id}` ? -1 : 1))
}

export interface ExplainedRule extends RuleAnswer {
  /** A manifest that it reports, and one that it does not; null where no manifest shows it. */
  readonly examples: RuleExamples
}

/** A rule with an example of what it reports, and one of what it does not. */
export async function explainRule(asked: string): Promise<ExplainedRule> {
  const rule = findRule(asked)
  const {ruleExamples} = await import('../vet/examples.ts')
  return {...rule, examples: ruleExamples[rule.id] ?? {bad: null, good: null}}
}

/** A rule by its id, a former one, or the code by which another tool knows it. */
function findRule(asked: string): RuleAnswer {
  const rules = allRules()
  const found =
    rules.find(rule => rule.id === asked) ??
    rules.find(rule => rule.formerIds.includes(asked) || rule.equivalents.includes(asked.toUpperCase()))
  if (found !== undefined) return found
  throw unknownName(
    'rule',
    asked,
    rules.map(rule => rule.id),
    ['meshctl vet rules'],
  )
}

function ruleAnswer({
  id,
  area,
  severity,
  istio,
  needs,
  why,
  fix,
  messages,
  params,
  equivalents,
  formerIds,
}: RuleInfo): RuleAnswer {
  return {id, area, severity, istio, needs, why, fix, messages, params, equivalents, formerIds}
}
