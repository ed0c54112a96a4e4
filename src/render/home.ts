import type {Style} from '../terminal/style.ts'
import {section} from './sections.ts'

export interface HomeResult {
  readonly input: null
  readonly next: readonly {readonly why: string; readonly command: string}[]
}

/** What to do where there is nothing to look at yet. */
export const start: HomeResult = {
  input: null,
  next: [
    {why: 'see where your manifests stand', command: 'meshctl status --from DIR'},
    {why: 'find what is wrong in them', command: 'meshctl vet DIR'},
    {why: 'pipe rendered charts in', command: 'helm template CHART | meshctl status --from -'},
    {why: 'all commands', command: 'meshctl --help'},
  ],
}

export function startText({next}: HomeResult, style: Style): string {
  const width = Math.max(...next.map(({command}) => command.length))
  const lines = next.map(({why, command}) => `${command.padEnd(width)}  ${why}`)
  return `There are no manifests in this directory.\n\n${section('Start here', lines, style)}\n`
}
