import {fstatSync, writeSync} from 'node:fs'

import {MeshctlError} from './error.ts'
import type {Screen} from '../terminal/style.ts'

export type StreamName = 'stdout' | 'stderr'

const descriptors = {stdout: 1, stderr: 2} as const

/** Node's own streams that were needed: they take longer to load than many a command to run. */
const streams = new Map<StreamName, NodeJS.WriteStream>()

/** Writes and waits until the stream took it, so that a large answer into a slow pipe is neither cut nor piled up. */
export async function write(name: StreamName, text: string): Promise<void> {
  const rest = writeDirectly(name, Buffer.from(text))
  if (rest.length === 0) return
  await new Promise<void>((done, fail) => {
    streamOf(name).write(rest, error => {
      if (error == null || isClosedPipe(error)) done()
      else fail(unwritable(name, error))
    })
  })
}

/** Writes, and waits for nothing, not even for whether it could be written. */
export function writeSoon(name: StreamName, text: string): void {
  const rest = writeDirectly(name, Buffer.from(text))
  if (rest.length > 0) streamOf(name).write(rest)
}

/** What renderers need to know of where a text goes. */
export function screenOf(name: StreamName): Screen {
  if (!isDevice(name)) return {}
  const {isTTY, columns} = streamOf(name)
  return {isTTY, columns}
}

/**
 * Writes into a file or a pipe, and gives what is left for Node's stream: all of it for a terminal, the rest where a
 * pipe is full that does not wait, or where something is wrong, which the stream tells its writer.
 */
function writeDirectly(name: StreamName, bytes: Buffer): Buffer {
  if (streams.has(name) || isDevice(name)) return bytes
  let written = 0
  try {
    while (written < bytes.length) written += writeSync(descriptors[name], bytes, written)
  } catch (error) {
    if (isClosedPipe(error)) return Buffer.alloc(0)
  }
  return bytes.subarray(written)
}

/** A terminal, or the like of /dev/null. One that is closed is none. */
function isDevice(name: StreamName): boolean {
  try {
    return fstatSync(descriptors[name]).isCharacterDevice()
  } catch {
    return false
  }
}

/** Once Node's stream is used, all goes through it, so that nothing overtakes what it holds. */
function streamOf(name: StreamName): NodeJS.WriteStream {
  const known = streams.get(name)
  if (known !== undefined) return known
  const stream = process[name]
  streams.set(name, stream)
  stream.on('error', () => {}) // each writer is told of its own
  return stream
}

/** A reader that left (`| head`) is no error: nothing more is said. */
function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE'
}

function unwritable(name: StreamName, cause: unknown): MeshctlError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new MeshctlError('unreadable-path', `What was to be said on ${name} can't be written: ${why}.`, {
    try: ['See where it leads, and run the same command again.'],
    found: name,
    cause,
  })
}
