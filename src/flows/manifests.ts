import {changesOf} from '../changes/change-set.ts'
import type {Change, ChangeSet} from '../changes/change-set.ts'
import {toYaml} from '../changes/emit-yaml.ts'
import {withoutServerFields} from '../changes/live/server-fields.ts'

/** The objects of a change set as they are to be: what `--dry-run` prints, ready for `kubectl apply -f -`. */
export function manifests(set: ChangeSet): string {
  return changesOf(set).map(manifest).join('---\n')
}

function manifest(change: Change): string {
  const reason = change.reason.replaceAll('\n', '\n# ')
  if (change.action === 'delete') {
    const {kind, namespace, name} = change.id
    return `# to delete: ${kind} ${namespace}/${name}: ${reason}\n`
  }
  if (change.action === 'create' && change.yaml !== undefined) return change.yaml.replace(/\n*$/, '\n')
  return `# ${reason}\n${toYaml(withoutServerFields(change.after))}`
}
