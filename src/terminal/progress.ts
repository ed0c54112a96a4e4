/// <reference lib="es2024.promise" />
import {mark} from './marks.ts'
import type {Style} from './style.ts'

/** How far a piece of work has come, on stderr: one step after another, each with what it waits for. */
export interface Progress {
  start(title: string): void
  /** What the step is at now. */
  detail(text: string): void
  /** The step came to its end; `title` says what came of it. */
  done(title?: string): void
  fail(title?: string): void
  /** Waits until all that was told is drawn. */
  end(): Promise<void>
}

export const silent: Progress = {
  start: () => undefined,
  detail: () => undefined,
  done: () => undefined,
  fail: () => undefined,
  end: async () => undefined,
}

/** Where nobody looks at a moving line, each step is one line when it ends. */
export function plainProgress(write: (text: string) => void, style: Style): Progress {
  let title = ''
  const tell = (kind: 'ok' | 'fail', text: string | undefined): void => {
    if (title !== '') write(`${mark(kind, style)} ${text ?? title}\n`)
    title = ''
  }
  return {
    start: text => {
      tell('ok', undefined)
      title = text
    },
    detail: () => undefined,
    done: text => tell('ok', text),
    fail: text => tell('fail', text),
    end: async () => tell('ok', undefined),
  }
}

interface Row {
  readonly title: string
  readonly end: (outcome: {readonly failed: boolean; readonly title: string | undefined}) => void
  show: (text: string) => void
}

/** In a terminal a spinner and what is waited for, drawn by listr2, which is loaded for that alone. */
export async function terminalProgress(): Promise<Progress> {
  const {Listr, ListrLogger, ProcessOutput} = await import('listr2')
  let drawn = Promise.resolve()
  let row: Row | null = null
  const end = (failed: boolean, title: string | undefined): void => {
    row?.end({failed, title})
    row = null
  }
  const start = (title: string): void => {
    end(false, undefined)
    const {promise, resolve} = Promise.withResolvers<{failed: boolean; title: string | undefined}>()
    const own: Row = {title, end: resolve, show: () => undefined}
    row = own
    drawn = drawn.then(async () => {
      const logger = new ListrLogger({processOutput: new ProcessOutput(process.stderr, process.stdout)})
      const task = {
        title,
        task: async (_: unknown, line: {title: string | undefined; output: string | undefined}) => {
          own.show = text => (line.output = text)
          const outcome = await promise
          line.title = outcome.title ?? title
          if (outcome.failed) throw new Error(line.title)
        },
      }
      // Signals are meshctl's own: Ctrl-C first finishes what is in flight. What is a terminal is stderr, which listr2
      // does not look at: stdout, the answer, may go elsewhere.
      const options = {
        registerSignalListeners: false,
        exitOnError: false,
        forceTTY: true,
        fallbackRendererCondition: false,
        rendererOptions: {logger},
      } as const
      await new Listr([task], options).run()
    })
  }
  return {
    start,
    detail: text => row?.show(text),
    done: title => end(false, title),
    fail: title => end(true, title),
    end: async () => {
      end(false, undefined)
      await drawn
    },
  }
}
