import type {Fault} from './faults.ts'

/** A string is wanted, and what was written without quotes is something else to YAML. */
export function isUnquoted(fault: Fault): boolean {
  return (
    fault.what === 'type' &&
    fault.wanted === 'string' &&
    (typeof fault.value === 'boolean' || typeof fault.value === 'number')
  )
}
