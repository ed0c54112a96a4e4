import {BaseCommand} from '../cli/base-command.ts'
import {text} from '../cli/flag.ts'

export class Schema extends BaseCommand {
  static override summary = 'Print the JSON Schema of an answer'
  static override description =
    'Without a name it lists them. Every --json answer names its schema at the top.'
  static override group = 'UNDERSTAND' as const
  static override args = {
    name: text({description: 'As in "schema": "meshctl/NAME/v1"', required: false}),
  }
  static override examples = [
    {description: 'Which there are', command: 'meshctl schema'},
    {description: 'What `status --json` prints', command: 'meshctl schema status'},
  ]

  async run(): Promise<number> {
    const {args} = this.parse(Schema)
    const {schemaNames, readSchema} = await import('../flows/schema.ts')
    if (args.name === undefined) {
      const schemas = await schemaNames(this.root)
      return await this.answer({schema: 'schemas', result: {schemas}, text: () => `${schemas.join('\n')}\n`})
    }
    const schema = await readSchema(this.root, args.name)
    return await this.print(schema)
  }
}
