/** Writes and waits until the stream took it, so that a large answer into a slow pipe is neither cut nor piled up. */
export async function write(stream: 'stdout' | 'stderr', text: string): Promise<void> {
  await new Promise<void>(done => {
    process[stream].write(text, () => done())
  })
}

/** A reader that left (`| head`) is no error: nothing more is said. */
export function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}
