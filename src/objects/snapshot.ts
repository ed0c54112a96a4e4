import {MeshctlError} from '../cli/error.ts'
import {anonymize} from './anonymize.ts'
import {describe} from './identity.ts'
import {record, texts} from './json.ts'
import type {JsonObject, KubeObject} from './object.ts'
import {parseText, snapshotSchema} from './parse.ts'
import type {Parsed} from './parse.ts'
import {reducedObject} from './snapshot-kinds.ts'
import type {KnownHost} from './snapshot-pods.ts'

export interface Snapshot {
  /** JSON, an object a line. */
  readonly text: string
  /** How many objects are in it. */
  readonly objects: number
}

/**
 * The objects that the model reads, with what it reads of them: no Secrets, of environment values only hosts, nothing
 * that managers or controllers wrote. The same objects give the same text.
 */
export function snapshotOf(objects: readonly KubeObject[], options: {readonly anonymize: boolean}): Snapshot {
  const known = knownHosts(objects)
  const reduced = objects.map(object => reducedObject(object, known)).filter(object => object !== null)
  const shown = options.anonymize ? anonymize(reduced) : reduced
  return {text: snapshotText(shown, options.anonymize), objects: shown.length}
}

function snapshotText(objects: readonly JsonObject[], anonymized: boolean): string {
  const lines = objects.map(object => JSON.stringify(object)).join(',\n')
  return `{"schema": "${snapshotSchema}", "anonymized": ${String(anonymized)}, "objects": [\n${lines}\n]}\n`
}

/** Whether a name is one of a service of the input, or looks like a name of the cluster's DNS. */
function knownHosts(objects: readonly KubeObject[]): KnownHost {
  const services = new Set<string>()
  const hosts = new Set<string>()
  for (const {id, value} of objects) {
    if (id.kind === 'Service') services.add(id.name)
    if (id.kind === 'ServiceEntry')
      for (const host of texts(record(value['spec'])['hosts'])) hosts.add(host.toLowerCase())
  }
  return host => {
    const [first = ''] = host.split('.')
    return (
      services.has(first) ||
      hosts.has(host) ||
      /\.svc(\.|$)/.test(host) ||
      hosts.has(host.replace(/^[^.]+/, '*'))
    )
  }
}

/** The objects of a snapshot; throws for a text that is none. */
export function readSnapshot(content: string, file: string): Parsed {
  const parsed = parseText(content, file)
  const [problem] = parsed.problems
  if (problem !== undefined) {
    throw new MeshctlError('invalid-input', `The snapshot ${file} cannot be read: ${problem.message}.`, {
      try: ['meshctl snapshot --from DIR -o FILE makes a new one.'],
      file,
      line: problem.line,
      column: problem.column,
    })
  }
  if (!/\bschema"?:\s*"?meshctl\/snapshot\/v1\b/.test(content.slice(0, 1000))) {
    const found = parsed.objects[0] === undefined ? 'nothing' : describe(parsed.objects[0].id)
    throw new MeshctlError('invalid-input', `${file} is not a snapshot of meshctl.`, {
      try: ['meshctl snapshot --from DIR -o FILE makes one of manifests.'],
      found,
      file,
      line: 1,
      column: 1,
    })
  }
  return parsed
}
