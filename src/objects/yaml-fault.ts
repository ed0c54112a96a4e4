import {YAMLException} from 'js-yaml'
import {maxDepth} from './yaml-events.ts'

/** What is wrong with a YAML document, and at which offset of its text. */
export interface YamlFault {
  readonly code: 'yaml-syntax' | 'duplicate-key' | 'alias-bomb' | 'too-deep'
  readonly message: string
  readonly offset: number
}

/** Ends the reading of a document. */
export class Stop extends Error {
  readonly fault: YamlFault

  constructor(fault: YamlFault) {
    super(fault.message)
    this.fault = fault
  }
}

/** Whatever reading threw, as a fault; a bug of ours is thrown on. */
export function faultOf(error: unknown): YamlFault {
  if (error instanceof Stop) return error.fault
  if (error instanceof YAMLException) {
    const deep = error.reason.includes('maxDepth') || error.reason.includes('nesting')
    return {
      code: deep ? 'too-deep' : 'yaml-syntax',
      message: deep ? `nested deeper than ${maxDepth} levels` : error.reason,
      offset: error.mark?.position ?? 0,
    }
  }
  if (error instanceof RangeError) return {code: 'too-deep', message: 'nested too deeply', offset: 0}
  throw error
}
