import {schemas} from '../../schemas/schema.ts'
import {setting} from '../../edits.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'legacy-api-version',
  area: 'legacy',
  severity: 'info',
  istio: '>=1.22.0',
  inputs: [],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    old: '{kind} is stable as {group}/v1; {version} is an older name of the same.',
  },
  why: 'The API server serves every version of a kind from one object, so nothing changes today; the old names will go one day, and with them every manifest that uses them.',
  fix: 'Write v1; the fields are the same.',
  check(mesh, report) {
    const {kinds} = schemas()
    for (const object of mesh.objects()) {
      const {apiVersion, kind} = object.id
      if (!apiVersion.includes('istio.io/')) continue
      const [group = '', version = ''] = apiVersion.split('/')
      const name = `${group}/${kind}`
      const versions = Object.hasOwn(kinds, name) ? kinds[name] : undefined
      if (version === 'v1' || versions?.['v1'] === undefined || versions[version] === undefined) continue
      const changes = [setting(object, ['apiVersion'], `${group}/v1`, `${kind} is stable as v1`)]
      report({
        messageId: 'old',
        data: {kind, group, version},
        object,
        path: ['apiVersion'],
        fix: {kind: 'safe', description: `Write ${group}/v1.`, changes},
      })
    }
  },
})
