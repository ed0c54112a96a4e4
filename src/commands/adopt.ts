import {BaseCommand} from '../cli/base-command.ts'
import {MeshctlError} from '../cli/error.ts'
import {boolean, string, text} from '../cli/flag.ts'
import {inputFlags} from '../cli/flags.ts'
import type {AdoptResult, Request} from '../flows/adopt.ts'
import type {LiveOptions, LiveTalk} from '../flows/adopt-live.ts'
import type {Input} from '../flows/load-input.ts'
import {capabilities, stageNames} from '../stages/stage.ts'
import type {Capability} from '../stages/stage.ts'
import {answerFlags, typedAnswers} from './adopt-flags.ts'

export class Adopt extends BaseCommand {
  static override summary = 'Take the next step of a capability, safely'
  static override description =
    'Assesses every service, plans the step for those that are ready, predicts what it changes, and writes it. It refuses a step that would cut a call which works. Without a capability, in a terminal, it asks.'
  static override group = 'ADOPT' as const
  static override args = {capability: text({description: 'What to adopt', options: [...capabilities]})}
  static override flags = {
    ...inputFlags,
    stage: string({summary: 'How far to go (files: walk; a cluster has to be told)', options: stageNames}),
    target: string({
      summary: 'Only this one; repeatable (else all that are ready)',
      helpValue: '[KIND/][NAMESPACE/]NAME',
      multiple: true,
    }),
    'all-ready': boolean({summary: 'All that are ready, where a step asks to be told'}),
    write: string({summary: 'Write the changes into files below this directory', helpValue: 'DIR'}),
    'dry-run': boolean({
      summary: 'Print the objects on stdout and the plan on stderr; write nothing',
      exclusive: ['write'],
    }),
    'server-dry-run': boolean({
      summary: 'Have the API server check every change, and make none',
      exclusive: ['write', 'dry-run'],
    }),
    'exit-code': boolean({summary: 'With --dry-run: exit 1 where something would change'}),
    yes: boolean({char: 'y', summary: 'Change the cluster without asking', helpGroup: 'CLUSTER'}),
    confirm: string({
      summary: 'Where traffic may drop: the name of what you mean, too',
      helpValue: 'NAME',
      helpGroup: 'CLUSTER',
    }),
    'force-conflicts': boolean({summary: 'Take over fields that others own', helpGroup: 'CLUSTER'}),
    window: string({
      summary: 'How long to look at the traffic afterwards',
      helpValue: 'DURATION',
      default: '10s',
      helpGroup: 'CLUSTER',
    }),
    observe: string({
      summary: 'Before services demand mTLS, log for so long who calls them without it (mtls walk)',
      helpValue: 'DURATION',
      helpGroup: 'CLUSTER',
    }),
    keep: boolean({summary: 'Leave a step that the traffic contradicts', helpGroup: 'CLUSTER'}),
    resume: string({summary: 'Go on with a step that was cut short', helpValue: 'ID', helpGroup: 'CLUSTER'}),
    ...answerFlags,
  }
  static override exits = {
    0: 'something was planned or written, or nothing remains',
    1: 'with --dry-run --exit-code: something would change; in a cluster: the traffic contradicts the step',
    3: 'the cluster does not answer, or does not allow it (with the roles to grant)',
    4: 'stopped part-way: --resume goes on, rollback takes it back',
    2: 'usage, or input that could not all be read',
    5: 'refused: a named target is blocked, or all are, a call would break, or no consent',
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
    const {args, flags} = this.parse(Adopt)
    const {adoptText} = await import('../render/adopt.ts')
    const {readWindow} = await import('../flows/window.ts')
    const live = {
      yes: flags.yes,
      confirm: flags.confirm,
      forceConflicts: flags['force-conflicts'],
      keep: flags.keep,
      window: readWindow(flags.window),
      observe: flags.observe === undefined ? null : readWindow(flags.observe, 'observe'),
    }
    if (args.capability === undefined && !this.prompting && flags.resume === undefined) throw unnamed()
    const {loadInput} = await import('../flows/load-input.ts')
    const input = await loadInput(flags, {cwd: process.cwd()})
    if (flags.resume !== undefined) return await this.resume(input, flags.resume, live)
    if (args.capability === undefined) return await this.ask(input, live)
    const capability = only(capabilities, args.capability)
    const inCluster = input.cluster !== null
    if (inCluster && flags.stage === undefined) throw stageUnnamed(capability)
    const request = {
      capability,
      stage: only(stageNames, flags.stage ?? 'walk'),
      targets: flags.target ?? [],
      allReady: flags['all-ready'],
      answers: typedAnswers(flags),
    }
    if (flags['server-dry-run']) {
      const {tryOnServer} = await import('../flows/adopt-live.ts')
      const seen = await this.look(input, request, live)
      const {result} = await tryOnServer(seen, request, live.forceConflicts)
      return await this.answer({
        schema: 'adopt',
        result,
        text: (told, style) =>
          `${adoptText(told, style)}\nThe API server would take it all; nothing was changed.\n`,
      })
    }
    if (inCluster && flags.write === undefined && !flags['dry-run'])
      return await this.apply(input, request, live)
    const {planAdoption, writePlan} = await import('../flows/adopt.ts')
    const seen = await this.look(input, request, live)
    const plan = planAdoption(seen, request, {whole: inCluster && flags.write === undefined})
    const result = flags.write === undefined ? plan.result : await writePlan(plan, request, flags.write)
    if (!flags['dry-run']) return await this.answer({schema: 'adopt', result, text: adoptText})
    const {manifests} = await import('../flows/manifests.ts')
    this.aside(adoptText(result, this.style('stderr')))
    const exit = flags['exit-code'] && result.changes.length > 0 ? 1 : 0
    return await this.answer({schema: 'adopt', result, text: () => manifests(plan.set), exit})
  }

  private async apply(input: Input, request: Request, options: LiveOptions): Promise<number> {
    const {adoptLive} = await import('../flows/adopt-live.ts')
    return await this.conclude(await adoptLive(input, request, options, await this.talk()))
  }

  private async resume(input: Input, id: string, options: LiveOptions): Promise<number> {
    const {resumeAdoption} = await import('../flows/adopt-live.ts')
    return await this.conclude(await resumeAdoption(input, id, options, await this.talk()))
  }

  private async conclude(result: AdoptResult): Promise<number> {
    const {adoptEnding} = await import('../render/adopt.ts')
    const exit = result.verified === 'refuted' ? 1 : 0
    return await this.answer({schema: 'adopt', result, text: adoptEnding, exit})
  }

  private async look(input: Input, request: Request, options: LiveOptions): Promise<Input> {
    const {lookAtServers} = await import('../flows/look-at-servers.ts')
    const {prompts, progress, showLog} = await this.talk()
    return await lookAtServers(input, request, options, {prompts, progress, show: showLog})
  }

  private async talk(): Promise<LiveTalk> {
    const {adoptText} = await import('../render/adopt.ts')
    const {logText} = await import('../render/observed.ts')
    const {terminalPrompts} = await import('../terminal/prompts.ts')
    return {
      show: plan => this.aside(adoptText(plan, this.style('stderr'))),
      showLog: log => this.aside(logText(log, this.style('stderr'))),
      prompts: this.prompting ? await terminalPrompts() : null,
      progress: await this.progress(),
    }
  }

  private async ask(input: Input, options: LiveOptions): Promise<number> {
    const {wizard} = await import('../flows/wizard.ts')
    const {terminalPrompts} = await import('../terminal/prompts.ts')
    const {adoptEnding, adoptText} = await import('../render/adopt.ts')
    const show = (plan: AdoptResult): void => this.aside(adoptText(plan, this.style('stderr')))
    const apply = async (request: Request): Promise<AdoptResult> => {
      const {adoptLive} = await import('../flows/adopt-live.ts')
      return await adoptLive(input, request, options, await this.talk())
    }
    const result = await wizard(input, {prompts: await terminalPrompts(), show, apply})
    const consent = input.cluster === null ? '' : ' --yes'
    this.aside(`Same again, without questions:\n  ${result.reproduce}${consent}\n`)
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

function stageUnnamed(capability: Capability): MeshctlError {
  return new MeshctlError('missing-flag', 'In a cluster, say how far to go: --stage.', {
    try: [`meshctl adopt ${capability} --stage walk --target NAMESPACE/NAME`, 'meshctl status'],
    validOptions: stageNames,
  })
}

function unnamed(): MeshctlError {
  return new MeshctlError('missing-flag', 'Without a terminal, name the capability to adopt.', {
    try: ['meshctl adopt mtls --from DIR --write OUT', 'meshctl status --from DIR'],
    validOptions: capabilities,
  })
}
