import {formatPath} from '../../../objects/json.ts'
import {listed} from '../../reading/names.ts'
import {mixedGateway} from '../../reading/mixed-gateways.ts'
import {closest} from '../../reading/references.ts'
import {renaming} from '../../reading/renaming.ts'
import {defineRule} from '../../rule.ts'
import {schemaFaults} from '../../schemas/faults.ts'
import {schemas} from '../../schemas/schema.ts'

export default defineRule({
  id: 'schema-unknown-field',
  area: 'schema',
  severity: 'error',
  istio: '>=1.22.0',
  inputs: [],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    misspelt: '{kind} has no field {field} here; {suggestion} is probably meant.',
    misplaced: '{kind} has no field {field} here: it belongs to {place}.',
    unknown: '{kind} has no field {field} here, only {known}.',
    newer: '{field} came with Istio {version}, and the mesh has {minor}, which does not know it.',
  },
  why: 'A field that the CRD does not have is refused, or dropped without a word, so that what it was to do never happens. istioctl analyze drops it silently too.',
  fix: 'Correct the name or the indentation of the field.',
  check(mesh, report) {
    for (const fault of schemaFaults(mesh)) {
      if (fault.what !== 'unknown' && fault.what !== 'newer') continue
      const {object, path, field} = fault
      if (mixedGateway(object) !== null) continue
      const base = {object, path}
      const kind = object.id.kind
      if (fault.what === 'newer') {
        const {minor, older} = schemas()
        if (mesh.version.minor !== older) continue
        const data = {field, version: minor, minor: mesh.version.minor}
        report({...base, messageId: 'newer', data, severity: 'warning'})
        continue
      }
      const suggestion = spelling(field, fault.known)
      if (suggestion !== null) {
        const changes = [renaming(object, path, suggestion, `${field} is no field`)]
        report({
          ...base,
          messageId: 'misspelt',
          data: {kind, field, suggestion},
          fix: {kind: 'unsafe', description: `Rename it to ${suggestion}.`, changes},
        })
      } else if (fault.belongs !== null) {
        report({...base, messageId: 'misplaced', data: {kind, field, place: formatPath(fault.belongs)}})
      } else {
        report({
          ...base,
          messageId: 'unknown',
          data: {kind, field, known: listed(fault.known, 12)},
          identity: ['field'],
        })
      }
    }
  },
})

/** `max_connections` and `MaxConnections` are `maxConnections`; else one that is a slip away. */
function spelling(field: string, known: readonly string[]): string | null {
  const bare = (name: string): string => name.replace(/[-_]/g, '').toLowerCase()
  return known.find(name => bare(name) === bare(field)) ?? closest(field, known)
}
