import type {Answer} from '../stages/stage.ts'

/** A question whose flag is bare: it is there or not. */
export function isYesNo({options}: Pick<Answer<unknown>, 'options'>): boolean {
  return options?.join() === 'true,false'
}
