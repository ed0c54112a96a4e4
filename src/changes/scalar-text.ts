import {resolveScalar} from '../objects/scalars.ts'

/** Where a scalar is written: in a block, inside `{…}` or `[…]`, or in JSON. */
export type Context = 'block' | 'flow' | 'json'

/** A scalar as one line of text. Strings that any reader might take for something else are quoted. */
export function scalarText(value: null | boolean | number | string, context: Context): string {
  if (typeof value !== 'string') return String(value)
  if (context === 'json') return JSON.stringify(value)
  if (isPlain(value, context)) return value
  return /^[\x20-\x7e\u00a0-\ud7ff\ue000-\ufefe]*$/.test(value) && !/[\u2028\u2029]/.test(value)
    ? `'${value.replaceAll("'", "''")}'`
    : doubleQuoted(value)
}

/** Characters with which a plain scalar may begin and go on; far fewer than YAML allows, so that no reader disagrees. */
const plainBlock = /^(?:[A-Za-z0-9_./]|--?(?=[A-Za-z]))[A-Za-z0-9_./@+=~^$()<>;%*,: -]*$/
const plainFlow = /^(?:[A-Za-z0-9_./]|--?(?=[A-Za-z]))[A-Za-z0-9_./@+=~^$()<>;%*: -]*$/

function isPlain(value: string, context: Context): boolean {
  if (!(context === 'flow' ? plainFlow : plainBlock).test(value)) return false
  if (/: |:$| $|^\.\.\.|^---/.test(value)) return false
  return resolveScalar(value) === value && !otherReadersResolve(value)
}

/**
 * Text to Kubernetes, but not to every reader of YAML: numbers and words of YAML 1.2, times and base-60 numbers of 1.1.
 */
function otherReadersResolve(value: string): boolean {
  if (/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(value)) return true
  if (/^[-+]?(?:0[xob])?[0-9a-f_]*[0-9][0-9a-f_]*$/i.test(value) && /^[-+0-9]/.test(value)) return true
  if (/^[-+]?[0-9_]*\.?[0-9_]*(?:e[-+]?[0-9]+)?$/i.test(value)) return true
  if (/^[-+]?\.(?:inf|nan)$/i.test(value)) return true
  return (
    /^[0-9]{4}-[0-9]{1,2}-[0-9]/.test(value) ||
    /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/.test(value)
  )
}

/** JSON's escapes are YAML's too; what JSON leaves as it is and YAML does not is escaped besides. */
function doubleQuoted(value: string): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
