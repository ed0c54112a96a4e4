import {join} from 'node:path'

import {loadInput} from '../../src/flows/load-input.ts'
import type {Input, InputFlags} from '../../src/flows/load-input.ts'
import {root} from '../cli/run-cli.ts'

/** The example as a flow gets it. */
export async function bookinfo(flags: InputFlags = {}): Promise<Input> {
  const from = [join(root, 'examples', 'bookinfo')]
  return await loadInput({from, ...flags}, {cwd: '/'})
}
