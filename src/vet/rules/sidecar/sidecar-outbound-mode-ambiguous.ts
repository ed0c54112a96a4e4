import {isRecord, record} from '../../../objects/json.ts'
import {setting} from '../../edits.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'sidecar-outbound-mode-ambiguous',
  area: 'sidecar',
  severity: 'warning',
  istio: '*',
  inputs: ['Sidecar'],
  needs: 'offline',
  params: {},
  equivalents: ['KIA1007'],
  formerIds: [],
  messages: {
    ambiguous:
      'outboundTrafficPolicy without a mode is REGISTRY_ONLY: everything outside the registry is blocked.',
  },
  why: 'The zero value of the mode is REGISTRY_ONLY, while a Sidecar without the block takes the mode of the mesh, ALLOW_ANY by default. An empty block is rarely meant to block the Internet.',
  fix: 'Write the mode that is meant, or remove the block.',
  check(mesh, report) {
    for (const sidecar of mesh.objects('Sidecar')) {
      const policy = record(sidecar.value['spec'])['outboundTrafficPolicy']
      if (!isRecord(policy) || policy['mode'] !== undefined) continue
      const path = ['spec', 'outboundTrafficPolicy']
      report({
        messageId: 'ambiguous',
        object: sidecar,
        path,
        fix: {
          kind: 'safe',
          description: 'Write mode: REGISTRY_ONLY, which is what is in force.',
          changes: [setting(sidecar, [...path, 'mode'], 'REGISTRY_ONLY', 'say what is in force')],
        },
      })
    }
  },
})
