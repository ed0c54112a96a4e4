import type {FilePatch} from '../flows/vet-patches.ts'
import type {Style} from '../terminal/style.ts'
import type {RuleInfo} from '../vet/engine-rules.ts'
import type {Finding, VetResult} from '../vet/finding.ts'
import {renderVet} from './vet/formats.ts'
import type {VetFormat} from './vet/formats.ts'
import type {Paint} from './vet/options.ts'

export interface VetTextOptions {
  readonly version: string
  readonly cwd: string
  readonly style?: Style
  /** For formats that describe the rules. */
  readonly rules: readonly RuleInfo[]
  /** What fixes do to files. */
  readonly patches: (finding: Finding) => readonly FilePatch[]
}

/** The findings in a format; only text takes the terminal's colours. */
export function vetText(
  result: VetResult,
  format: VetFormat,
  {version, cwd, style, rules, patches}: VetTextOptions,
): string {
  const paint = style === undefined || format !== 'text' ? {} : {paint: paintOf(style)}
  const text = renderVet(result, format, {version, cwd, patches, ...paint}, rules)
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}

function paintOf({paint}: Style): Paint {
  return {
    error: paint.red,
    warning: paint.yellow,
    info: paint.cyan,
    strong: paint.bold,
    faint: paint.dim,
    added: paint.green,
    removed: paint.red,
  }
}
