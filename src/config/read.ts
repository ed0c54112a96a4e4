import {MeshctlError} from '../cli/error.ts'
import type {ClientDeclaration} from '../mesh/mesh.ts'
import {splitDocuments} from '../objects/documents.ts'
import {entries, formatPath, isRecord, record, text, texts} from '../objects/json.ts'
import {locate, pointAt} from '../objects/locate.ts'
import type {Json, JsonObject, KubeObject, Path, Source} from '../objects/object.ts'
import {readYaml} from '../objects/yaml.ts'
import {isRealDay, lastsUntil} from './expiry.ts'
import {emptyConfig} from './settings.ts'
import type {Config, RuleOverride, RuleSetting, SeverityOrOff, Target, WantedStage} from './settings.ts'
import {validateConfig} from './validate.ts'

/** The configuration in a text; throws `invalid-config` with the place of what is wrong. */
export async function readConfigText(content: string, file: string, now: Date): Promise<Config> {
  const object = parseConfig(content, file)
  if (object === null) return {...emptyConfig, file}
  await validateConfig(object)
  return configOf(object, file, now)
}

/** Null for a file with nothing (but comments) in it. */
function parseConfig(content: string, file: string): KubeObject | null {
  const read = splitDocuments(content).map(document => ({document, ...readYaml(document.text)}))
  const filled = read.filter(({value, faults}) => value !== undefined || faults.length > 0)
  const [first, second] = filled
  if (first === undefined) return null
  const [fault] = first.faults
  if (fault !== undefined) throw invalid(file, `${fault.message}.`, pointAt(first.document, fault.offset))
  if (second !== undefined)
    throw invalid(file, 'the file holds more than one document.', pointAt(second.document, 0))
  const {value, document} = first
  if (value === null) return null
  if (typeof value !== 'object' || Array.isArray(value))
    throw invalid(file, 'the file must hold a mapping.', pointAt(document, 0))
  const source: Source = {file, document: 0, ...document, prefix: []}
  const id = {cluster: '', apiVersion: 'meshctl/v1', kind: 'MeshctlConfig', namespace: '', name: file}
  return {id, value: value as JsonObject, source}
}

function invalid(
  file: string,
  message: string,
  {line, column}: {line: number; column: number},
): MeshctlError {
  return new MeshctlError('invalid-config', `${file} is not valid: ${message}`, {
    try: ['Correct it; meshctl schema config prints what may stand in it.'],
    file,
    line,
    column,
  })
}

function configOf(object: KubeObject, file: string, now: Date): Config {
  const {value} = object
  const clients = clientsOf(value, object)
  const exclude = record(value['exclude'])
  return {
    file,
    object,
    clients: clients.filter(({until}) => lastsUntil(until, now)),
    expired: clients.filter(({until}) => !lastsUntil(until, now)),
    idempotent: entries(value['idempotent']).map(([index, item]) => ({
      service: text(item['service']) ?? '',
      methods: textsOrNull(item['methods']),
      paths: textsOrNull(item['paths']),
      path: ['idempotent', index],
    })),
    probes: entries(value['probes']).map(([index, item]) => ({
      service: text(item['service']) ?? '',
      method: text(item['method']) ?? 'GET',
      paths: texts(item['paths']),
      path: ['probes', index],
    })),
    exclude: {namespaces: texts(exclude['namespaces']), workloads: texts(exclude['workloads'])},
    complete: completeOf(value['complete']),
    istioVersion: text(value['istioVersion'])?.split('.').slice(0, 2).join('.') ?? null,
    providers: texts(value['providers']),
    vet: vetOf(record(value['vet'])),
    target: Object.fromEntries(
      Object.entries(record(value['target'])).map(([capability, target]) => [capability, targetOf(target)]),
    ),
  }
}

function clientsOf(value: JsonObject, object: KubeObject): readonly ClientDeclaration[] {
  return entries(value['clients']).map(([index, item]) => {
    const until = text(item['until']) ?? null
    if (until !== null && !isRealDay(until)) throw noSuchDay(object, ['clients', index, 'until'], until)
    return {
      client: text(item['client']) ?? '',
      calls: texts(item['calls']),
      reason: text(item['reason']) ?? '',
      until,
      object,
      path: ['clients', index],
    }
  })
}

function noSuchDay(object: KubeObject, path: Path, until: string): MeshctlError {
  return invalid(
    object.id.name,
    `${formatPath(path)} is ${until}, a day that the calendar does not have.`,
    locate(object, path) ?? {line: 1, column: 1},
  )
}

function completeOf(value: Json | undefined): readonly string[] | null {
  if (value === true) return ['*']
  return Array.isArray(value) ? texts(value) : null
}

// The schema has been checked: what follows only gives the values their types.
function vetOf(vet: JsonObject): Config['vet'] {
  const rules = Object.entries(record(vet['rules'])).map(
    ([rule, setting]) => [rule, settingOf(setting)] as const,
  )
  return {
    failOn: (text(vet['failOn']) ?? null) as Config['vet']['failOn'],
    rules: Object.fromEntries(rules),
    overrides: entries(vet['overrides']).map(([, item]) => overrideOf(item)),
  }
}

function settingOf(setting: Json | undefined): RuleSetting {
  if (!isRecord(setting)) return severityOf(setting)
  const {severity, options} = setting
  return {
    ...(severity !== undefined && {severity: severityOf(severity)}),
    ...(isRecord(options) && {options}),
  }
}

/** `off` without quotes is false to Kubernetes' YAML, and means the same here. */
function severityOf(value: Json | undefined): SeverityOrOff {
  return value === false ? 'off' : (value as SeverityOrOff)
}

function overrideOf(item: JsonObject): RuleOverride {
  const rules = Object.entries(record(item['rules'])).map(
    ([rule, severity]) => [rule, severityOf(severity)] as const,
  )
  return {...(item as unknown as RuleOverride), rules: Object.fromEntries(rules)}
}

function targetOf(value: Json | undefined): Target {
  if (typeof value === 'string') return {default: value as WantedStage, namespaces: [], services: new Map()}
  const target = record(value)
  return {
    default: (text(target['default']) ?? null) as WantedStage | null,
    namespaces: Object.entries(record(target['namespaces'])) as [string, WantedStage][],
    services: new Map(Object.entries(record(target['services'])) as [string, WantedStage][]),
  }
}

function textsOrNull(value: Json | undefined): readonly string[] | null {
  return value === undefined ? null : texts(value)
}
