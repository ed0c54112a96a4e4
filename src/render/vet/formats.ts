import type {RuleInfo} from '../../vet/engine-rules.ts'
import type {VetResult} from '../../vet/finding.ts'
import {renderGithub} from './github.ts'
import {renderJson} from './json.ts'
import {renderJunit} from './junit.ts'
import {renderMarkdown} from './markdown.ts'
import type {RenderOptions} from './options.ts'
import {renderSarif} from './sarif.ts'
import {renderText} from './text.ts'

export const vetFormats = ['text', 'json', 'sarif', 'junit', 'github', 'markdown'] as const
export type VetFormat = (typeof vetFormats)[number]

/** The result in a format. `rules` describe the rules, for formats that list them. */
export function renderVet(
  result: VetResult,
  format: VetFormat,
  options: RenderOptions = {},
  rules: readonly RuleInfo[] = [],
): string {
  switch (format) {
    case 'text':
      return renderText(result, options)
    case 'json':
      return renderJson(result, options)
    case 'sarif':
      return renderSarif(result, options, rules)
    case 'junit':
      return renderJunit(result, options)
    case 'github':
      return renderGithub(result, options)
    case 'markdown':
      return renderMarkdown(result, options)
  }
}
