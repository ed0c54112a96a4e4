import {readFileSync} from 'node:fs'
import {list, record, text, texts} from './json.ts'
import type {Json, JsonObject} from './object.ts'
import {readYaml} from './yaml.ts'

/** The names that kustomize looks for. */
export const kustomizationNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

/** What of a kustomization matters to who reads the files beside it. */
export interface Kustomization {
  /** Files that are patches, as it names them. */
  readonly patches: readonly string[]
  /** A field by which it changes what it names; undefined where it only gathers. */
  readonly changes: string | undefined
  /** Files, directories and addresses that it gathers. */
  readonly resources: readonly string[]
}

/** Of a kustomization that can't be read nothing is known. */
export function readKustomizationFile(file: string): Kustomization {
  const kustomization = record(contentOf(file))
  return {
    patches: patchesNamed(kustomization),
    changes: changing.find(field => Object.hasOwn(kustomization, field)),
    resources: ['resources', 'bases', 'components'].flatMap(field => texts(kustomization[field])),
  }
}

/** The fields that give objects other names, labels or values; images and replicas are nothing to a mesh. */
const changing = [
  'namePrefix',
  'nameSuffix',
  'namespace',
  'labels',
  'commonLabels',
  'configMapGenerator',
  'generators',
  'transformers',
  'helmCharts',
  'helmChartInflationGenerator',
  'replacements',
  'vars',
  'patches',
  'patchesJson6902',
  'patchesStrategicMerge',
]

function patchesNamed(kustomization: JsonObject): readonly string[] {
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
