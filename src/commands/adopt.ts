import {string as text} from '@oclif/core/args'
import {boolean, string} from '@oclif/core/flags'

import {BaseCommand} from '../cli/base-command.ts'
import {MeshctlError} from '../cli/error.ts'
import {inputFlags} from '../cli/flags.ts'
import type {AdoptResult} from '../flows/adopt.ts'
import type {Input, InputFlags} from '../flows/load-input.ts'
import {capabilities, stageNames} from '../stages/stage.ts'
import {answerFlags, typedAnswers} from './adopt-flags.ts'

export class Adopt extends BaseCommand {
  static override summary = 'Take the next step of a capability, safely'
  static override description =
    'Assesses every service, plans the step for those that are ready, predicts what it changes, and writes it. It refuses a step that would cut a call which works. Without a capability, in a terminal, it asks.'
  static override group = 'ADOPT' as const
  static override args = {capability: text({description: 'What to adopt', options: [...capabilities]})}
  static override flags = {
    ...inputFlags,
    stage: string({summary: 'How far to go', options: stageNames, default: 'walk'}),
    target: string({
      summary: 'Only this one; repeatable (else all that are ready)',
      helpValue: '[KIND/][NAMESPACE/]NAME',
      multiple: true,
      multipleNonGreedy: true,
    }),
    'all-ready': boolean({summary: 'All that are ready, where a step asks to be told'}),
    write: string({summary: 'Write the changes into files below this directory', helpValue: 'DIR'}),
    'dry-run': boolean({
      summary: 'Print the objects on stdout and the plan on stderr; write nothing',
      exclusive: ['write'],
    }),
    'exit-code': boolean({summary: 'With --dry-run: exit 1 where something would change'}),
    ...answerFlags,
  }
  static override exits = {
    0: 'something was planned or written, or nothing remains',
    1: 'with --dry-run --exit-code: something would change',
    2: 'usage, or input that could not all be read',
    5: 'refused: a named target is blocked, or all are, or a call would break',
  }
  static override examples = [
    {
      description: 'mTLS for all services whose callers are ready',
      command: 'meshctl adopt mtls --from bookinfo --write out',
    },
    {
      description: 'A sidecar for one workload, only shown',
      command: 'meshctl adopt sidecars --target ratings-export --from bookinfo --dry-run',
    },
    {
      description: 'Timeouts for one service, with your own limit',
      command: 'meshctl adopt resiliency --target reviews --timeout 3s --from bookinfo',
    },
  ]

  async run(): Promise<number> {
    const {args, flags} = await this.parse(Adopt)
    if (args.capability === undefined && !this.prompting) throw unnamed()
    const input = await this.load(flags)
    const {adoptText} = await import('../render/adopt.ts')
    if (args.capability === undefined) return await this.ask(input)
    const {planAdoption, writePlan} = await import('../flows/adopt.ts')
    const request = {
      capability: only(capabilities, args.capability),
      stage: only(stageNames, flags.stage),
      targets: flags.target ?? [],
      allReady: flags['all-ready'],
      answers: typedAnswers(flags),
    }
    const plan = planAdoption(input, request)
    const result = flags.write === undefined ? plan.result : await writePlan(plan, request, flags.write)
    if (!flags['dry-run']) return await this.answer({schema: 'adopt', result, text: adoptText})
    const {manifests} = await import('../flows/manifests.ts')
    this.aside(adoptText(result, this.style('stderr')))
    const exit = flags['exit-code'] && result.changes.length > 0 ? 1 : 0
    return await this.answer({schema: 'adopt', result, text: () => manifests(plan.set), exit})
  }

  private async load(flags: InputFlags): Promise<Input> {
    const {loadInput} = await import('../flows/load-input.ts')
    return await loadInput(flags, {cwd: process.cwd()})
  }

  private async ask(input: Input): Promise<number> {
    const {wizard} = await import('../flows/wizard.ts')
    const {terminalPrompts} = await import('../terminal/prompts.ts')
    const {adoptEnding, adoptText} = await import('../render/adopt.ts')
    const show = (plan: AdoptResult): void => this.aside(adoptText(plan, this.style('stderr')))
    const result = await wizard(input, {prompts: await terminalPrompts(), show})
    this.aside(`Same again, without questions:\n  ${result.reproduce}\n`)
    return await this.answer({schema: 'adopt', result, text: adoptEnding})
  }
}

function only<Name extends string>(names: readonly Name[], given: string): Name {
  const found = names.find(name => name === given)
  if (found === undefined)
    throw new MeshctlError('invalid-value', `There is no ${given}.`, {
      try: [`Use one of: ${names.join(', ')}.`],
    })
  return found
}

function unnamed(): MeshctlError {
  return new MeshctlError('missing-flag', 'Without a terminal, name the capability to adopt.', {
    try: ['meshctl adopt mtls --from DIR --write OUT', 'meshctl status --from DIR'],
    validOptions: capabilities,
  })
}
