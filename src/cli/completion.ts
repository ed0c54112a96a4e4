import {argsOf, flagsOf} from './help.ts'
import type {CommandClass} from './base-command.ts'

export const shells = ['bash', 'zsh', 'fish', 'powershell'] as const
export type Shell = (typeof shells)[number]

/** A command as a completion script needs it. */
interface Entry {
  readonly id: string
  readonly words: readonly string[]
  /** Whether it takes names of files. */
  readonly files: boolean
  /** Flag to the values it takes; an empty list leaves the value to file names. */
  readonly values: readonly (readonly [flag: string, options: readonly string[]])[]
}

/** The script that a shell sources; everything in it comes from the command classes. */
export function completionScript(shell: Shell, commands: ReadonlyMap<string, CommandClass>): string {
  const shown = [...commands].filter(([, command]) => !command.hidden)
  const ids = shown.map(([id]) => id)
  const entries = shown.map(([id, command]) => entryOf(id, command, ids))
  const first = [...new Set([...entries.map(entry => entry.id.split(' ')[0] ?? ''), 'help'])]
  return {bash, zsh, fish, powershell}[shell](entries, first)
}

function entryOf(id: string, command: CommandClass, ids: readonly string[]): Entry {
  const flags = flagsOf(command)
  const below = ids.filter(other => other.startsWith(`${id} `)).map(other => other.slice(id.length + 1))
  return {
    id,
    files: argsOf(command).some(arg => arg.options.length === 0),
    words: [
      ...below,
      ...argsOf(command).flatMap(arg => arg.options),
      ...flags.map(flag => `--${flag.name}`),
      '--help',
    ],
    values: flags.filter(flag => flag.value !== null).map(flag => [`--${flag.name}`, flag.options]),
  }
}

function bash(entries: readonly Entry[], first: readonly string[]): string {
  return `# meshctl completion for bash: source <(meshctl completion bash)
_meshctl() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" cmd="\${COMP_WORDS[1]}" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${first.join(' ')}" -- "$cur"))
    return
  fi
  case "$cmd \${COMP_WORDS[2]}" in
${cases(entries.filter(entry => entry.id.includes(' ')))}
  esac
  [ -n "$words" ] || case "$cmd" in
${cases(entries.filter(entry => !entry.id.includes(' ')))}
  esac
  case "$prev" in
${optionCases(entries)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur") $(compgen -f -- "$cur"))
}
complete -o filenames -F _meshctl meshctl
`
}

/** zsh runs bash's function by its compatibility layer. */
function zsh(entries: readonly Entry[], first: readonly string[]): string {
  const script = bash(entries, first).replace(/^#.*\n/, '')
  return `# meshctl completion for zsh: source <(meshctl completion zsh)
autoload -U +X compinit && compinit
autoload -U +X bashcompinit && bashcompinit
${script}`
}

function cases(entries: readonly Entry[]): string {
  return entries
    .map(entry => {
      const pattern = entry.id.includes(' ') ? `"${entry.id}"` : entry.id
      return `    ${pattern}) words="${entry.words.join(' ')}" ;;`
    })
    .join('\n')
}

function optionCases(entries: readonly Entry[]): string {
  const seen = new Map(entries.flatMap(entry => entry.values))
  return [...seen]
    .map(([flag, options]) =>
      options.length === 0
        ? `    ${flag}) COMPREPLY=($(compgen -f -- "$cur")); return ;;`
        : `    ${flag}) COMPREPLY=($(compgen -W "${options.join(' ')}" -- "$cur")); return ;;`,
    )
    .join('\n')
}

function underCommand({id}: Entry): string {
  return `complete -c meshctl -n '__fish_seen_subcommand_from ${id}'`
}

function fish(entries: readonly Entry[], first: readonly string[]): string {
  const lines = entries
    .filter(entry => !entry.id.includes(' '))
    .flatMap(entry => {
      const takes = new Map(entry.values)
      const files = entry.files ? [] : [`${underCommand(entry)} -f`]
      const words = entry.words.map(word => {
        const under = underCommand(entry)
        if (!word.startsWith('--')) return `${under} -a ${word}`
        const options = takes.get(word)
        const value =
          options === undefined ? '' : options.length === 0 ? ' -r -F' : ` -r -f -a '${options.join(' ')}'`
        return `${under} -l ${word.slice(2)}${value}`
      })
      return [...files, ...words]
    })
  return `# meshctl completion for fish: meshctl completion fish | source
complete -c meshctl -n __fish_use_subcommand -f -a '${first.join(' ')}'
${lines.join('\n')}
`
}

function powershell(entries: readonly Entry[], first: readonly string[]): string {
  const table = entries.map(entry => `    '${entry.id}' = @(${quoted(entry.words)})`)
  const values = new Map(entries.flatMap(entry => entry.values.filter(([, options]) => options.length > 0)))
  const options = [...values].map(([flag, list]) => `    '${flag}' = @(${quoted(list)})`)
  return `# meshctl completion for PowerShell: meshctl completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName meshctl -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $commands = @{
${table.join('\n')}
  }
  $values = @{
${options.join('\n')}
  }
  $words = @($commandAst.CommandElements | ForEach-Object { $_.ToString() })
  $previous = if ($wordToComplete -eq '') { $words[-1] } else { $words[-2] }
  $found = if ($words.Count -le 1 -or ($words.Count -eq 2 -and $wordToComplete -ne '')) { @(${quoted(first)}) }
    elseif ($values.ContainsKey($previous)) { $values[$previous] }
    elseif ($words.Count -gt 2 -and $commands.ContainsKey("$($words[1]) $($words[2])")) { $commands["$($words[1]) $($words[2])"] }
    else { $commands[$words[1]] }
  $found | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`
}

function quoted(words: readonly string[]): string {
  return words.map(word => `'${word}'`).join(', ')
}
