import {Interrupted} from '../cli/interrupted.ts'

export interface Choice<Value> {
  readonly name: string
  readonly value: Value
  readonly description?: string
}

/** Questions to a person; always on stderr, so that stdout stays the answer. */
export interface Prompts {
  select<Value>(question: {
    readonly message: string
    readonly choices: readonly Choice<Value>[]
  }): Promise<Value>
  /** `validate` gives true, or the sentence that says what is wrong. */
  input(question: {
    readonly message: string
    readonly default: string
    readonly validate: (value: string) => true | string
  }): Promise<string>
  confirm(question: {readonly message: string; readonly default: boolean}): Promise<boolean>
}

/** The prompts of a real terminal; loaded when a question is asked. Ctrl-C at any of them is `Interrupted`. */
export async function terminalPrompts(): Promise<Prompts> {
  const prompts = await import('@inquirer/prompts')
  const context = {output: process.stderr}
  return {
    select: async ({message, choices}) =>
      await asked(prompts.select({message, choices: [...choices], pageSize: 12, loop: false}, context)),
    input: async question => await asked(prompts.input(question, context)),
    confirm: async question => await asked(prompts.confirm(question, context)),
  }
}

async function asked<Value>(answer: Promise<Value>): Promise<Value> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof Error && error.name === 'ExitPromptError') throw new Interrupted()
    throw error
  }
}
