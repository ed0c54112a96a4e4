import {formatPath} from '../objects/json.ts'
import type {KubeObject, Path} from '../objects/object.ts'
import {engineRules} from './engine-rules.ts'
import type {EngineRuleId} from './engine-rules.ts'
import type {Finding} from './finding.ts'
import {fingerprint} from './fingerprint.ts'
import {judgeReport} from './judge.ts'
import {nowhere} from './positions.ts'
import type {Rule} from './rule.ts'
import {rules as everyRule} from './rules/registry.ts'
import {severityOf} from './settings.ts'
import type {RuleSetting, VetSettings} from './settings.ts'

/** What meshctl.yaml says about rules and means nothing: a rule or an option that is not there, an option of another type. */
export function settingFindings(settings: VetSettings, file: KubeObject): readonly Finding[] {
  const said: Said[] = [
    ...Object.entries(settings.rules ?? {}).flatMap(([id, setting]) =>
      aboutRule(id, setting, ['vet', 'rules', id]),
    ),
    ...(settings.overrides ?? []).flatMap(({rules}, index) =>
      Object.keys(rules).flatMap(id => aboutRule(id, 'off', ['vet', 'overrides', index, 'rules', id])),
    ),
  ]
  return said.flatMap(({messageId, data, path}) => {
    const judged = judgeReport(
      {rule: engineRules['rule-setting-unknown'], report: {messageId, data, object: file, path}},
      {settings, severityOverrides: {}, suppressions: {use: () => null, unused: () => []}},
    )
    return judged === null || judged.hidden !== null ? [] : [{...judged.finding, object: null}]
  })
}

interface Said {
  readonly messageId: keyof (typeof engineRules)['rule-setting-unknown']['messages']
  readonly data: Readonly<Record<string, string>>
  readonly path: Path
}

function aboutRule(id: string, setting: RuleSetting, path: Path): readonly Said[] {
  if (Object.hasOwn(engineRules, id)) return []
  const rule = everyRule.find(one => one.id === id || one.formerIds.includes(id))
  if (rule === undefined) return [{messageId: 'no-rule', data: {rule: id}, path}]
  if (typeof setting === 'string') return []
  return Object.entries(setting.options ?? {}).flatMap(([option, value]) =>
    aboutOption(rule, option, value).map(said => ({...said, path: [...path, 'options', option]})),
  )
}

function aboutOption(rule: Rule, option: string, value: unknown): readonly Omit<Said, 'path'>[] {
  const data = {rule: rule.id, option}
  if (!Object.hasOwn(rule.params, option)) {
    const known = Object.keys(rule.params).join(', ')
    return [{messageId: 'no-option', data: {...data, known: known === '' ? 'none' : known}}]
  }
  const wanted = typeOf(rule.params[option])
  return typeOf(value) === wanted ? [] : [{messageId: 'wrong-type', data: {...data, type: wanted}}]
}

function typeOf(value: unknown): string {
  if (!Array.isArray(value)) return `a ${typeof value}`
  return value.every(item => typeof item === 'string') ? 'a list of strings' : 'a list'
}

interface StaleEntry {
  readonly file: string
  readonly line: number
  readonly rule: string
  readonly object: string
  readonly fingerprint: string
}

/** An entry of a baseline whose finding is gone; none where the rule about it is switched off. */
export function staleFinding(entry: StaleEntry, settings: VetSettings): readonly Finding[] {
  const id: EngineRuleId = 'baseline-stale'
  const rule = engineRules[id]
  const severity = severityOf({...rule, id}, settings) ?? rule.severity
  if (severity === 'off') return []
  const {file, line} = entry
  return [
    {
      ...nowhere,
      rule: id,
      messageId: 'stale',
      severity,
      certainty: 'certain',
      message: rule.messages.stale
        .replace('{rule}', entry.rule)
        .replace('{object}', () => entry.object || 'this input'),
      object: null,
      path: formatPath([]),
      file,
      line,
      column: 1,
      evidence: [],
      related: [],
      fix: {
        kind: 'hint',
        description: `Run the same command with --baseline ${file} --write-baseline, which drops it.`,
        edits: [],
        changes: [],
      },
      help: rule.fix,
      equivalents: [],
      fingerprint: fingerprint({
        rule: id,
        messageId: 'stale',
        id: null,
        path: file,
        data: {fingerprint: entry.fingerprint},
      }),
      frame: null,
    },
  ]
}
