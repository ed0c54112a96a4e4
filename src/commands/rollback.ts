import {BaseCommand} from '../cli/base-command.ts'
import {MeshctlError} from '../cli/error.ts'
import {boolean, string, text} from '../cli/flag.ts'
import {inputFlags} from '../cli/flags.ts'
import type {Input} from '../flows/load-input.ts'
import type {RollbackRequest} from '../flows/rollback.ts'

export class Rollback extends BaseCommand {
  static override summary = 'Take a step back to what was before it'
  static override description =
    'A change like any other: shown, predicted, refused where a call that works would break, and recorded. It does not lose what others changed since, unless told to.'
  static override group = 'UNDO' as const
  static override args = {
    id: text({description: 'The step, as `meshctl history` names it'}),
  }
  static override flags = {
    ...inputFlags,
    'overwrite-later': boolean({summary: 'Also lose what others changed since'}),
    write: string({summary: 'Write the way back into files below this directory', helpValue: 'DIR'}),
    yes: boolean({char: 'y', summary: 'Change the cluster without asking', helpGroup: 'CLUSTER'}),
    confirm: string({
      summary: 'Where traffic may drop: the id of the step, too',
      helpValue: 'ID',
      helpGroup: 'CLUSTER',
    }),
  }
  static override exits = {
    0: 'taken back, or shown',
    3: 'the cluster does not answer, or does not allow it (with the roles to grant)',
    4: 'stopped part-way',
    5: 'refused: a call that works would break, others changed it since, or no consent',
  }
  static override examples = [
    {
      description: 'In the cluster',
      command: 'meshctl rollback 20261124-024512-123-9f3a1c --yes',
      exit: 3,
    },
    {
      description: 'In files that were written with --write out',
      command: 'meshctl rollback 20261124-024512-123-9f3a1c --from out --write out',
      exit: 2,
    },
  ]

  async run(): Promise<number> {
    const {args, flags} = this.parse(Rollback)
    const {rollbackFiles, writeRollback} = await import('../flows/rollback.ts')
    const {rollbackText} = await import('../render/rollback.ts')
    if (args.id === undefined) throw unnamed()
    const request = {id: args.id, overwriteLater: flags['overwrite-later']}
    const {loadInput} = await import('../flows/load-input.ts')
    const input = await loadInput(flags, {cwd: process.cwd()})
    if (input.cluster !== null && flags.write === undefined) return await this.apply(input, request, flags)
    const dir = flags.write ?? flags.from?.[0] ?? '.'
    const result =
      input.cluster === null
        ? await rollbackFiles(input, request, {dir, write: flags.write !== undefined})
        : await writeRollback(input, request, dir)
    return await this.answer({schema: 'rollback', result, text: rollbackText})
  }

  private async apply(
    input: Input,
    request: RollbackRequest,
    {yes, confirm}: {readonly yes: boolean; readonly confirm?: string | undefined},
  ): Promise<number> {
    const {rollbackLive} = await import('../flows/rollback.ts')
    const {terminalPrompts} = await import('../terminal/prompts.ts')
    const {rollbackEnding, rollbackText} = await import('../render/rollback.ts')
    const result = await rollbackLive(input, request, {
      yes,
      confirm,
      prompts: this.prompting ? await terminalPrompts() : null,
      progress: await this.progress(),
      show: plan => this.aside(rollbackText(plan, this.style('stderr'))),
    })
    return await this.answer({schema: 'rollback', result, text: rollbackEnding})
  }
}

function unnamed(): MeshctlError {
  return new MeshctlError('missing-flag', 'Name the step to take back.', {
    try: ['meshctl history', 'meshctl rollback ID'],
  })
}
