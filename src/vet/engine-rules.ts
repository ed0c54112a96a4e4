import type {ReadProblem} from '../objects/object.ts'
import type {Rule} from './rule.ts'

/** What is said about a rule; those of the engine itself have no `check`. */
export type RuleInfo = Omit<Rule, 'check'>

const common = {
  area: 'schema',
  istio: '*',
  inputs: [],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
} as const

/** Findings that come from reading the input and from the engine, not from a rule over the mesh. */
export const engineRules = {
  'yaml-invalid': {
    ...common,
    id: 'yaml-invalid',
    severity: 'error',
    messages: {
      'yaml-syntax': '{problem}',
      'duplicate-key': '{problem}',
      'alias-bomb': '{problem}',
      'too-deep': '{problem}',
      'binary-file': '{problem}',
    },
    why: 'Kubernetes refuses a document that is not valid YAML, so nothing in it takes effect, and no other rule can see it.',
    fix: 'Correct the YAML at the place shown.',
  },
  'object-invalid': {
    ...common,
    id: 'object-invalid',
    severity: 'error',
    messages: {'missing-field': '{problem}'},
    why: 'The API server refuses a document without apiVersion, kind or metadata.name, so the object never exists.',
    fix: 'Give the document an apiVersion, a kind and a metadata.name, or keep it out of the directory.',
  },
  'not-kubernetes': {
    ...common,
    id: 'not-kubernetes',
    severity: 'warning',
    messages: {'not-an-object': '{problem}'},
    why: 'kubectl apply refuses a document that is no Kubernetes object, and with it mostly the whole file.',
    fix: 'Keep files of another kind out of the directory, or name the files that are meant.',
  },
  'unreadable-file': {
    ...common,
    id: 'unreadable-file',
    severity: 'error',
    messages: {'unreadable-file': '{problem}'},
    why: 'What could not be read could not be checked; the answer is about the rest only.',
    fix: 'Make the file readable, or leave it out.',
  },
  'unrendered-template': {
    ...common,
    id: 'unrendered-template',
    severity: 'info',
    messages: {'unrendered-template': '{problem}'},
    why: 'A Helm template is no YAML before it is rendered; the file was left out.',
    fix: 'Render it first: helm template CHART | meshctl vet -.',
  },
  'unused-suppression': {
    ...common,
    id: 'unused-suppression',
    severity: 'info',
    messages: {
      unused: 'Nothing here is reported by {rule} any more, so this suppression hides nothing.',
      unknown: 'There is no rule {rule}, so this suppression hides nothing.',
    },
    why: 'A suppression that outlives its finding hides the next one.',
    fix: 'Remove the suppression.',
  },
  'baseline-stale': {
    ...common,
    id: 'baseline-stale',
    severity: 'info',
    messages: {
      stale: 'The baseline knows {rule} of {object}, and it is not found any more.',
    },
    why: 'An entry that outlives its finding would hide the same mistake when it comes back. A baseline is to shrink only.',
    fix: 'Run vet with --write-baseline, which drops such entries; set this rule to error in meshctl.yaml to insist on it.',
  },
  'rule-setting-unknown': {
    ...common,
    id: 'rule-setting-unknown',
    severity: 'warning',
    messages: {
      'no-rule': 'There is no rule {rule}, so this setting does nothing.',
      'no-option': '{rule} has no option {option}, so this does nothing (it has: {known}).',
      'wrong-type': '{option} of {rule} has to be {type}; as it stands the default counts.',
    },
    why: 'A setting that is misspelt is not in force, while its author believes it is.',
    fix: 'Write the name as meshctl vet rules lists it, or remove the setting.',
  },
} as const satisfies Readonly<Record<string, RuleInfo>>

export type EngineRuleId = keyof typeof engineRules

const ruleOfProblem: Readonly<Record<ReadProblem['code'], EngineRuleId>> = {
  'yaml-syntax': 'yaml-invalid',
  'duplicate-key': 'yaml-invalid',
  'alias-bomb': 'yaml-invalid',
  'too-deep': 'yaml-invalid',
  'binary-file': 'yaml-invalid',
  'not-an-object': 'not-kubernetes',
  'missing-field': 'object-invalid',
  'unreadable-file': 'unreadable-file',
  'unrendered-template': 'unrendered-template',
}

/** The rule under which a problem of reading is reported. */
export function problemRule(code: ReadProblem['code']): RuleInfo {
  return engineRules[ruleOfProblem[code]]
}
