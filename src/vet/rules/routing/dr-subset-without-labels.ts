import {entries, record, text, textMap} from '../../../objects/json.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'dr-subset-without-labels',
  area: 'routing',
  severity: 'info',
  istio: '*',
  inputs: ['DestinationRule'],
  needs: 'offline',
  params: {},
  equivalents: ['KIA0209'],
  formerIds: [],
  messages: {
    all: 'Subset {subset} has no labels: it is every endpoint of the host.',
  },
  why: 'A subset without labels makes no choice. It may be meant so, to give one name a policy of its own; where a version was meant, its label is missing.',
  fix: 'Add the labels of the pods that are meant.',
  check(mesh, report) {
    for (const rule of mesh.objects('DestinationRule')) {
      for (const [index, subset] of entries(record(rule.value['spec'])['subsets'])) {
        if (Object.keys(textMap(subset['labels'])).length > 0) continue
        report({
          messageId: 'all',
          data: {subset: text(subset['name']) ?? ''},
          object: rule,
          path: ['spec', 'subsets', index],
        })
      }
    }
  },
})
