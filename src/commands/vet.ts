import {BaseCommand} from '../cli/base-command.ts'
import {boolean, string, text} from '../cli/flag.ts'
import {inputFlags} from '../cli/flags.ts'

const formats = ['text', 'json', 'sarif', 'junit', 'github', 'markdown'] as const
const thresholds = ['error', 'warning', 'info', 'never'] as const

export class Vet extends BaseCommand {
  static override summary = 'Find what is wrong in manifests'
  static override description =
    'Checks Kubernetes and Istio objects from files, directories or stdin (-). PATH and --from are the same. A directory named rules or explain is written ./rules.'
  static override group = 'CHECK' as const
  static override args = {paths: text({description: 'Files, directories, or - for stdin', multiple: true})}
  static override flags = {
    ...inputFlags,
    format: string({summary: 'How to print the findings', options: formats, default: 'text'}),
    output: string({
      summary: 'Write them into a file too; repeatable',
      helpValue: 'FORMAT=FILE',
      multiple: true,
    }),
    'fail-on': string({
      summary: 'Exit 1 from this severity on (else what meshctl.yaml says, else error)',
      options: thresholds,
    }),
    fix: boolean({
      summary: 'Make the fixes that change no call that works, in the files themselves; tell what remains',
    }),
    'fix-unsafe': boolean({summary: 'Make the fixes too that change what happens'}),
    'changed-since': string({
      summary: 'Report only what was not found at this commit of git',
      helpValue: 'GITREF',
    }),
    baseline: string({summary: 'Findings in this file are known and do not count', helpValue: 'FILE'}),
    'write-baseline': boolean({
      summary: 'Make the --baseline file of all findings; of one that is there drop what is mended',
      dependsOn: ['baseline'],
    }),
  }
  static override exits = {
    0: 'nothing at or above --fail-on',
    1: 'findings at or above --fail-on',
    2: 'usage, or a path that cannot be read',
  }
  static override examples = [
    {description: 'A directory', command: 'meshctl vet bookinfo'},
    {
      description: 'Rendered manifests, strictly',
      command: 'cat bookinfo/bookinfo/reviews.yaml | meshctl vet - --fail-on warning',
    },
    {description: 'For code scanning', command: 'meshctl vet bookinfo --output sarif=meshctl.sarif'},
    {description: 'Repair what can be repaired safely', command: 'meshctl vet bookinfo --fix'},
    {
      description: 'From now on only what is new',
      command: 'meshctl vet bookinfo --baseline known.json --write-baseline',
    },
  ]

  async run(): Promise<number> {
    const {args, flags} = this.parse(Vet)
    const {parseOutputs, writeOutputs} = await import('../flows/vet-outputs.ts')
    const {loadInput} = await import('../flows/load-input.ts')
    const {vetInput} = await import('../flows/vet.ts')
    const {ruleInfos} = await import('../flows/rules.ts')
    const {patchesOf} = await import('../flows/vet-patches.ts')
    const {vetText} = await import('../render/vet-text.ts')
    const outputs = parseOutputs(flags.output ?? [], formats)
    const from = [...(args.paths ?? []), ...(flags.from ?? [])]
    const input = await loadInput({...flags, from}, {cwd: process.cwd(), problemsAreFindings: true})
    const {result, failed} = await vetInput(input, {
      failOn: thresholds.find(one => one === flags['fail-on']),
      baseline: flags.baseline,
      writeBaseline: flags['write-baseline'],
      changedSince: flags['changed-since'],
      fix: flags['fix-unsafe'] ? 'unsafe' : flags.fix ? 'safe' : undefined,
      cwd: process.cwd(),
    })
    const options = {version: this.version, cwd: process.cwd(), rules: ruleInfos, patches: patchesOf}
    await writeOutputs(outputs, format => vetText(result, format, options))
    const format = this.json ? 'json' : (formats.find(one => one === flags.format) ?? 'text')
    return await this.print(vetText(result, format, {...options, style: this.style()}), failed ? 1 : 0)
  }
}
