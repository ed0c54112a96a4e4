import {Chalk} from 'chalk'
import type {ChalkInstance} from 'chalk'

/** How text is to look on one stream: renderers get this and nothing else of the terminal. */
export interface Style {
  readonly paint: ChalkInstance
  /** Columns; text is wrapped to it, names are never cut. */
  readonly width: number
  readonly unicode: boolean
}

export interface Screen {
  readonly isTTY?: boolean
  readonly columns?: number
}

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Colour is decided per stream: `--no-color` and NO_COLOR turn it off, FORCE_COLOR turns it on, else it is on in a
 * terminal that is not dumb.
 */
export function styleOf(screen: Screen, env: Environment, noColor = false): Style {
  return {
    paint: new Chalk({level: colours(screen, env, noColor) ? 1 : 0}),
    width: screen.columns ?? 80,
    unicode: /utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || ''),
  }
}

/** For files and tests. */
export const plain: Style = {paint: new Chalk({level: 0}), width: 80, unicode: false}

function colours(screen: Screen, env: Environment, noColor: boolean): boolean {
  if (noColor || (env['NO_COLOR'] ?? '') !== '') return false
  const forced = env['FORCE_COLOR']
  if (forced !== undefined) return forced !== '0' && forced !== 'false'
  return screen.isTTY === true && env['TERM'] !== 'dumb'
}

/** Whether a person is there to answer. */
export function interactive(options: {input: Screen; output: Screen; env: Environment}): boolean {
  const ci = options.env['CI'] ?? ''
  return options.input.isTTY === true && options.output.isTTY === true && (ci === '' || ci === 'false')
}
