import {formatPath} from '../../../objects/json.ts'
import type {Json} from '../../../objects/object.ts'
import {setting} from '../../edits.ts'
import {listed} from '../../reading/names.ts'
import {mixedGateway} from '../../reading/mixed-gateways.ts'
import {closest} from '../../reading/references.ts'
import {defineRule} from '../../rule.ts'
import type {Report} from '../../rule.ts'
import {schemaFaults} from '../../schemas/faults.ts'
import type {Fault} from '../../schemas/faults.ts'
import {isUnquoted} from '../../schemas/unquoted.ts'

export default defineRule({
  id: 'schema-invalid',
  area: 'schema',
  severity: 'error',
  istio: '>=1.22.0',
  inputs: [],
  needs: 'offline',
  params: {},
  equivalents: ['IST0106'],
  formerIds: [],
  messages: {
    type: '{field} must be {wanted}, and is {found}.',
    option: '{field} is {found}, and must be one of {options}.',
    misspelt: '{field} is {found}; {suggestion} is probably meant.',
    required: '{field} lacks {name}, which is required.',
    exclusive: 'Only one of {names} may be set.',
    value: '{field}: {problem}.',
  },
  why: "The object breaks the rules of Istio's own CRD, so the API server refuses it and what is in force stays as it was.",
  fix: 'Correct the value at the place shown.',
  check(mesh, report) {
    for (const fault of schemaFaults(mesh)) {
      if (isUnquoted(fault) || mixedGateway(fault.object) !== null) continue
      const said = sayingOf(fault)
      if (said !== null) report({object: fault.object, path: fault.path, ...said})
    }
  },
})

const words = {
  object: 'a map',
  array: 'a list',
  string: 'a string',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  port: 'a port or its name',
} as const

function sayingOf(fault: Fault): Pick<Report, 'messageId' | 'data' | 'fix'> | null {
  const field = formatPath(fault.path)
  switch (fault.what) {
    case 'type':
      return {messageId: 'type', data: {field, wanted: words[fault.wanted], found: foundText(fault.value)}}
    case 'option':
      return option(fault, field)
    case 'required':
      return {messageId: 'required', data: {field, name: fault.field}}
    case 'exclusive':
      return {messageId: 'exclusive', data: {names: listed(fault.fields, 6)}}
    case 'value':
      return {messageId: 'value', data: {field, problem: fault.problem}}
    case 'unknown':
    case 'newer':
      return null
  }
}

function option(
  fault: Extract<Fault, {what: 'option'}>,
  field: string,
): Pick<Report, 'messageId' | 'data' | 'fix'> {
  const {value, options, object, path} = fault
  const found = JSON.stringify(value)
  const suggestion =
    options.find(one => one.toLowerCase() === value.toLowerCase().replace(/-/g, '_')) ??
    closest(value, options)
  if (suggestion === null) return {messageId: 'option', data: {field, found, options: listed(options, 12)}}
  const changes = [setting(object, path, suggestion, `${value} is no option`)]
  return {
    messageId: 'misspelt',
    data: {field, found, suggestion},
    fix: {kind: 'unsafe', description: `Write ${suggestion}.`, changes},
  }
}

function foundText(value: Json): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  const text = JSON.stringify(value)
  return typeof value === 'string' ? `the string ${text.length > 40 ? `${text.slice(0, 37)}…` : text}` : text
}
