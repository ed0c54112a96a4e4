import {readFileSync} from 'node:fs'
import {list, record, text} from './json.ts'
import type {Json} from './object.ts'
import {readYaml} from './yaml.ts'

/** The names that kustomize looks for. */
export const kustomizationNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

/** The files that a kustomization names as patches, as it names them; of one that can't be read there are none. */
export function patchesNamed(file: string): readonly string[] {
  const kustomization = record(contentOf(file))
  return [
    ...[...list(kustomization['patches']), ...list(kustomization['patchesJson6902'])].map(
      item => text(record(item)['path']) ?? '',
    ),
    // Each is a file's name, or a patch itself, which has line breaks.
    ...list(kustomization['patchesStrategicMerge']).map(item => text(item) ?? ''),
  ].filter(path => path !== '' && !path.includes('\n'))
}

function contentOf(file: string): Json | undefined {
  try {
    return readYaml(readFileSync(file, 'utf8')).value
  } catch {
    return undefined
  }
}
