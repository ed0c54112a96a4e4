import {BaseCommand} from '../cli/base-command.ts'
import {boolean, string} from '../cli/flag.ts'
import {inputFlags} from '../cli/flags.ts'

export class Snapshot extends BaseCommand {
  static override summary = 'Save what the model reads of a mesh, for --base'
  static override description =
    'No Secrets, and of environment values only hosts. Lay one repository over it: `meshctl vet PATH --base FILE`.'
  static override group = 'UNDERSTAND' as const
  static override flags = {
    ...inputFlags,
    output: string({char: 'o', summary: 'Where to write it; - is stdout', helpValue: 'FILE', default: '-'}),
    anonymize: boolean({summary: 'Replace names by stand-ins, the same one for the same name'}),
  }
  static override exits = {0: 'written', 3: 'no input: neither --from nor a cluster'}
  static override examples = [
    {description: 'The mesh in a file', command: 'meshctl snapshot --from bookinfo -o mesh.json'},
    {description: 'To show to somebody else', command: 'meshctl snapshot --from bookinfo --anonymize'},
  ]

  async run(): Promise<number> {
    const {flags} = this.parse(Snapshot)
    const {loadInput} = await import('../flows/load-input.ts')
    const {snapshot} = await import('../flows/snapshot.ts')
    const input = await loadInput(flags, {cwd: process.cwd()})
    const {text, ...result} = await snapshot(input, {file: flags.output, anonymize: flags.anonymize})
    if (result.file === '-') return await this.print(text) // it is JSON in any case
    return await this.answer({
      schema: 'snapshot-report',
      result,
      text: () => `${result.objects} objects in ${result.file}, ${result.leftOut} left out.\n`,
    })
  }
}
