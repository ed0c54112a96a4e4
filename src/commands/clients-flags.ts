import {boolean, string} from '../cli/flag.ts'
import {inputFlags} from '../cli/flags.ts'

/** What each of the commands that write into meshctl.yaml takes. */
export const declarationFlags = {
  ...inputFlags,
  until: string({summary: 'The last day on which it holds', helpValue: 'YYYY-MM-DD'}),
  'dry-run': boolean({summary: 'Only show what would be written'}),
}

export const reasonFlag = string({
  summary: 'Why that is known: who said so, where it was seen',
  helpValue: 'TEXT',
  required: true,
})
