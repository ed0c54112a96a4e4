import {styleText} from 'node:util'

const formats = ['bold', 'cyan', 'dim', 'green', 'red', 'yellow'] as const

/** Each gives a text in its colour or weight. */
export type Paint = Readonly<Record<(typeof formats)[number], (text: string) => string>>

/** How text is to look on one stream: renderers get this and nothing else of the terminal. */
export interface Style {
  readonly paint: Paint
  /** Columns; text is wrapped to it, names are never cut. */
  readonly width: number
  readonly unicode: boolean
}

const colourful = paintWith((format, text) => styleText(format, text, {validateStream: false}))
const colourless = paintWith((_, text) => text)

function paintWith(paint: (format: (typeof formats)[number], text: string) => string): Paint {
  return Object.fromEntries(formats.map(format => [format, (text: string) => paint(format, text)])) as Paint
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
    paint: colours(screen, env, noColor) ? colourful : colourless,
    width: screen.columns ?? 80,
    unicode: /utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || ''),
  }
}

/** For files and tests. */
export const plain: Style = {paint: colourless, width: 80, unicode: false}

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
