import {at, entries, formatPath, isRecord, record} from '../../../objects/json.ts'
import type {Json, KubeObject, Path} from '../../../objects/object.ts'
import {defineRule} from '../../rule.ts'
import {schemaFaults} from '../../schemas/faults.ts'
import {isUnquoted} from '../../schemas/unquoted.ts'

export default defineRule({
  id: 'yaml-gotcha',
  area: 'schema',
  severity: 'error',
  istio: '*',
  inputs: [],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    boolean: '{field} must be a string; without quotes this is the boolean {value}.',
    number: '{field} must be a string; without quotes this is the number {value}.',
  },
  why: 'To YAML yes, on and true are booleans and 1.10 is the number 1.1. The API server refuses them where it wants a string: labels, annotations, environment values, durations.',
  fix: 'Put the value in quotes.',
  check(mesh, report) {
    const tell = (object: KubeObject, path: Path, value: Json | undefined): void => {
      if (typeof value !== 'boolean' && typeof value !== 'number') return
      report({
        messageId: typeof value === 'boolean' ? 'boolean' : 'number',
        data: {field: formatPath(path), value: String(value)},
        object,
        path,
        fix: {kind: 'hint', description: 'Put it in quotes.', changes: []},
      })
    }
    for (const fault of schemaFaults(mesh)) {
      if (fault.what === 'type' && isUnquoted(fault)) tell(fault.object, fault.path, fault.value)
    }
    for (const object of mesh.objects()) {
      for (const path of textMaps[object.id.kind] ?? commonMaps) {
        const map = at(object.value, path)
        if (!isRecord(map)) continue
        for (const key of Object.keys(map)) {
          if (!isText(map[key])) tell(object, [...path, key], map[key])
        }
      }
    }
    for (const {object, containers} of mesh.workloads) {
      for (const {path} of containers) {
        for (const [index, {value}] of entries(record(at(object.value, path))['env'])) {
          if (!isText(value)) tell(object, [...path, 'env', index, 'value'], value)
        }
      }
    }
  },
})

function isText(value: Json | undefined): boolean {
  return typeof value === 'string' || value === undefined
}

const commonMaps: readonly Path[] = [
  ['metadata', 'labels'],
  ['metadata', 'annotations'],
]

function ofTemplate(template: Path, selector: Path): readonly Path[] {
  return [
    ...commonMaps,
    [...template, 'metadata', 'labels'],
    [...template, 'metadata', 'annotations'],
    [...selector, 'matchLabels'],
  ]
}

const controller = ofTemplate(['spec', 'template'], ['spec', 'selector'])
const job = ['spec', 'jobTemplate', 'spec']

/** Maps of strings to strings by kind; other kinds have those of their metadata. */
const textMaps: Readonly<Record<string, readonly Path[]>> = {
  __proto__: null as never,
  Deployment: controller,
  StatefulSet: controller,
  DaemonSet: controller,
  ReplicaSet: controller,
  Rollout: controller,
  Job: controller,
  CronJob: ofTemplate([...job, 'template'], [...job, 'selector']),
  Service: [...commonMaps, ['spec', 'selector']],
  ConfigMap: [...commonMaps, ['data']],
}
