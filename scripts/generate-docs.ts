import type {CommandClass} from '../src/cli/base-command.ts'
import {argsOf, exitMeanings, flagsOf, usageOf} from '../src/cli/help.ts'
import {variableOf} from '../src/cli/variables.ts'
import {commands} from '../src/commands/registry.ts'
import {stages} from '../src/stages/registry.ts'
import {capabilities, stageNames} from '../src/stages/stage.ts'
import type {Answer, Stage} from '../src/stages/stage.ts'

const generated = '<!-- Written by `npm run generate`; do not edit. -->'

/** docs/commands.md, from the definitions that help is printed from. */
export async function commandsPage(): Promise<string> {
  const all = await Promise.all(
    Object.entries(commands).map(async ([id, load]) => [id, await load()] as const),
  )
  const shown = all.filter(([, command]) => !command.hidden)
  const shared = flagsSharedBy(shown.map(([, command]) => command))
  return page([
    '# Commands',
    generated,
    list(shown.map(([id, command]) => `[\`${nameOf(id)}\`](#${anchor(nameOf(id))}): ${command.summary}`)),
    '## Flags of every command',
    flagTable(shared),
    'Every flag can be given by an environment variable too: `--istio-version` is `' +
      variableOf('istio-version') +
      '`.',
    '## Exit codes',
    table(['code', 'meaning'], Object.entries(exitMeanings)),
    ...shown.flatMap(([id, command]) => commandSection(id, command, new Set(shared.map(flag => flag.name)))),
  ])
}

function commandSection(id: string, command: CommandClass, shared: ReadonlySet<string>): string[] {
  const args = argsOf(command)
  const flags = flagsOf(command).filter(flag => !shared.has(flag.name))
  return [
    `## ${nameOf(id)}`,
    [command.summary, command.description ?? ''].filter(Boolean).map(sentence).join(' '),
    fenced('sh', usageOf(id, command)),
    ...(args.length === 0
      ? []
      : [
          table(
            ['argument', ''],
            args.map(arg => [`\`${arg.name.toUpperCase()}\``, withOptions(arg.summary, arg.options)]),
          ),
        ]),
    ...(flags.length === 0 ? [] : [flagTable(flags)]),
    ...(command.examples.length === 0
      ? []
      : [
          fenced(
            'sh',
            command.examples.flatMap(({description, command: line}) => [`# ${description}`, line]).join('\n'),
          ),
        ]),
    ...(Object.keys(command.exits).length === 0
      ? []
      : [table(['exit code', ''], Object.entries(command.exits))]),
  ]
}

function flagsSharedBy(all: readonly CommandClass[]): ReturnType<typeof flagsOf> {
  const [first, ...rest] = all.map(flagsOf)
  return (first ?? []).filter(({name}) => rest.every(flags => flags.some(flag => flag.name === name)))
}

function flagTable(flags: ReturnType<typeof flagsOf>): string {
  const name = ({char, name, value}: (typeof flags)[number]): string =>
    `\`${char === null ? '' : `-${char}, `}--${name}${value === null ? '' : ` ${value}`}\``
  return table(
    ['flag', ''],
    flags.map(flag => [
      name(flag),
      flag.value?.includes('|') === true ? flag.summary : withOptions(flag.summary, flag.options),
    ]),
  )
}

/** docs/stages.md: the grid, and what each cell asks. */
export function stagesPage(): string {
  const link = (stage: Stage): string => `[${stage.title}](#${anchor(nameOfStage(stage))})`
  return page([
    '# Stages',
    generated,
    'Each capability comes in three stages: walk is easy and out of the box, run is good value for most, jetpack is extra credit. Stages are not forced in order; where one really needs another, that is a blocker and says so.',
    table(
      ['', ...stageNames],
      capabilities.map(capability => [
        `**${capability}**`,
        ...stageNames.map(name => link(stages[capability][name])),
      ]),
    ),
    ...capabilities.flatMap(capability => stageNames.flatMap(name => stageSection(stages[capability][name]))),
  ])
}

function stageSection(stage: Stage): string[] {
  const answers = Object.values(stage.answers)
  return [
    `## ${nameOfStage(stage)}`,
    `${sentence(stage.title)} It is assessed for ${subjects[stage.subject]}.`,
    stage.notPlannable === null
      ? fenced('sh', `meshctl adopt ${stage.capability} --stage ${stage.stage} --from DIR --write OUT`)
      : `Assessed, but not planned yet: ${sentence(stage.notPlannable)}`,
    ...(answers.length === 0 ? [] : [table(['answer', 'question', 'default'], answers.map(answerRow))]),
  ]
}

const subjects: Readonly<Record<Stage['subject'], string>> = {
  workload: 'each workload',
  service: 'each service',
  mesh: 'the mesh as a whole',
}

function answerRow(answer: Answer<unknown>): string[] {
  const yesNo = typeof answer.default === 'boolean'
  const question = answer.ask.replace(/:$/, '')
  const standard = yesNo ? '' : answer.format(answer.default)
  return [
    `\`--${answer.flag}\``,
    yesNo ? question : withOptions(question, answer.options ?? []),
    standard === '' ? '' : `\`${standard}\``,
  ]
}

const nameOfStage = (stage: Stage): string => `${stage.capability} ${stage.stage}`
const nameOf = (id: string): string => (id === '' ? 'meshctl' : `meshctl ${id}`)
const anchor = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-')
const page = (parts: readonly string[]): string => `${parts.filter(part => part !== '').join('\n\n')}\n`
const list = (items: readonly string[]): string => items.map(item => `- ${item}`).join('\n')
const fenced = (language: string, text: string): string => `\`\`\`${language}\n${text}\n\`\`\``
const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)
const withOptions = (text: string, options: readonly string[]): string =>
  options.length === 0 ? text : `${text} (${options.join(', ')})`

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map(cell => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
