import {writeFile} from 'node:fs/promises'

import {MeshctlError} from '../cli/error.ts'
import {didYouMean} from '../cli/suggest.ts'

export interface Output<Format> {
  readonly format: Format
  readonly file: string
}

/** `sarif=out.sarif` */
export function parseOutputs<Format extends string>(
  given: readonly string[],
  formats: readonly Format[],
): readonly Output<Format>[] {
  const files = new Set<string>()
  return given.map(text => {
    const [name = '', ...rest] = text.split('=')
    const format = formats.find(one => one === name)
    const file = rest.join('=')
    const taken = files.has(file)
    files.add(file)
    if (format !== undefined && file !== '' && !taken) return {format, file}
    const why =
      format === undefined
        ? `there is no format ${name}${didYouMean(name, formats)}`
        : file === ''
          ? 'the file is missing.'
          : 'another report goes into the same file.'
    throw new MeshctlError('invalid-value', `--output cannot be ${text}: ${why}`, {
      try: ['Write it like sarif=meshctl.sarif.'],
      found: text,
      validOptions: formats,
    })
  })
}

export async function writeOutputs<Format>(
  outputs: readonly Output<Format>[],
  render: (format: Format) => string,
): Promise<void> {
  for (const {format, file} of outputs) {
    try {
      await writeFile(file, render(format))
    } catch (cause) {
      throw new MeshctlError('unreadable-path', `The report cannot be written to ${file}.`, {
        try: ['Name a file in a folder that exists and is yours.'],
        found: file,
        cause,
      })
    }
  }
}
