import {globSync} from 'tinyglobby'
import type {Behaviour} from './behaviour.ts'

/** All cases, or those whose rule contains one of the words in `BEHAVIOUR`. */
export async function readCases(): Promise<readonly Behaviour[]> {
  const words = (process.env['BEHAVIOUR'] ?? '').split(' ').filter(Boolean)
  const files = globSync('rules/*.ts', {cwd: import.meta.dirname, absolute: true}).sort()
  const modules = await Promise.all(files.map(file => import(file) as Promise<{default: Behaviour}>))
  const cases = modules.map(module => module.default)
  return words.length === 0 ? cases : cases.filter(({rule}) => words.some(word => rule.includes(word)))
}
