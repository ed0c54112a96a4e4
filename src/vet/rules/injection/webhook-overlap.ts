import {fact} from '../../../mesh/fact.ts'
import type {Labels, Mesh} from '../../../mesh/mesh.ts'
import {labelSelectorMatches} from '../../../mesh/selectors.ts'
import {at, entries, isRecord, record, records, text, textMap, texts} from '../../../objects/json.ts'
import type {JsonObject, KubeObject, Path} from '../../../objects/object.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {absence} from '../../reading/references.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'webhook-overlap',
  area: 'injection',
  severity: 'error',
  istio: '*',
  inputs: ['MutatingWebhookConfiguration', 'Service'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0139'],
  formerIds: [],
  messages: {
    overlap:
      'This injection webhook is called for pods for which {others} is called too: they may be injected twice.',
    service:
      'This injection webhook calls Service {service}, which is not there: pods that it is called for cannot be made.',
  },
  why: 'Each pod must be injected by one control plane. With two webhooks for it the second changes what the first has made; with a webhook that answers nowhere no pod starts at all.',
  fix: 'Leave one webhook a revision (istioctl tag), and remove those of control planes that are gone.',
  check(mesh, report) {
    const hooks = mesh.objects('MutatingWebhookConfiguration').flatMap(injectionHooks)
    for (const [object, {path, others}] of byObject(overlapping(hooks))) {
      report({
        messageId: 'overlap',
        data: {others: listed(others.map(one => `${nameOf(one.object.id)}/${one.name}`).sort())},
        identity: [],
        object,
        path,
        related: others.map(one => fact(`${nameOf(one.object.id)}/${one.name}`, one.object, one.path)),
      })
    }
    for (const {object, value, path} of hooks) {
      const service = at(value, ['clientConfig', 'service'])
      if (!isRecord(service)) continue
      const [name, namespace] = [text(service['name']) ?? '', text(service['namespace']) ?? '']
      if (isThere(mesh, name, namespace)) continue
      report({
        messageId: 'service',
        data: {service: `${namespace}/${name}`},
        object,
        path: [...path, 'clientConfig', 'service'],
        certainty: absence(mesh, ['Service']),
      })
    }
  },
})

interface Overlap {
  readonly path: Path
  readonly others: readonly Hook[]
}

/** One finding a configuration, at the first of its webhooks that another one overlaps. */
function byObject(overlaps: ReadonlyMap<Hook, ReadonlySet<Hook>>): ReadonlyMap<KubeObject, Overlap> {
  const found = new Map<KubeObject, Overlap>()
  for (const [{object, path}, others] of overlaps) {
    if (!found.has(object)) found.set(object, {path, others: [...others]})
  }
  return found
}

interface Hook {
  readonly object: KubeObject
  readonly value: JsonObject
  readonly name: string
  readonly path: Path
}

function injectionHooks(object: KubeObject): readonly Hook[] {
  return entries(object.value['webhooks']).flatMap(([index, value]) => {
    const name = text(value['name']) ?? ''
    return name.endsWith('istio.io') ? [{object, value, name, path: ['webhooks', index]}] : []
  })
}

function isThere(mesh: Mesh, name: string, namespace: string): boolean {
  return mesh.host(`${name}.${namespace}.svc.cluster.local`, namespace) !== null
}

/** Every combination of labels by which pods can be told apart must call one webhook at most (istio pkg/config/analysis/analyzers/webhook). */
function overlapping(hooks: readonly Hook[]): ReadonlyMap<Hook, ReadonlySet<Hook>> {
  const found = new Map<Hook, Set<Hook>>()
  const revisions = [undefined, ...new Set(hooks.flatMap(revisionsOf))]
  for (const namespace of combinations('istio-injection', ['enabled', 'disabled'], revisions)) {
    const inNamespace = hooks.filter(({value}) => labelSelectorMatches(value['namespaceSelector'], namespace))
    if (inNamespace.length < 2) continue
    for (const pod of combinations('sidecar.istio.io/inject', ['true', 'false'], revisions)) {
      const called = inNamespace.filter(({value}) => labelSelectorMatches(value['objectSelector'], pod))
      if (called.length < 2) continue
      for (const hook of called) {
        const others = found.get(hook) ?? new Set<Hook>()
        found.set(hook, others)
        for (const one of called) if (one !== hook) others.add(one)
      }
    }
  }
  return found
}

function combinations(
  key: string,
  values: readonly string[],
  revisions: readonly (string | undefined)[],
): readonly Labels[] {
  return [undefined, ...values].flatMap(value =>
    revisions.map(revision => ({
      ...(value === undefined ? {} : {[key]: value}),
      ...(revision === undefined ? {} : {'istio.io/rev': revision}),
    })),
  )
}

function revisionsOf({object, value}: Hook): readonly string[] {
  const own = textMap(record(object.value['metadata'])['labels'])['istio.io/rev']
  const selectors = [record(value['namespaceSelector']), record(value['objectSelector'])]
  const named = selectors.flatMap(selector => [
    ...[textMap(selector['matchLabels'])['istio.io/rev']].filter(one => one !== undefined),
    ...records(selector['matchExpressions']).flatMap(one =>
      one['key'] === 'istio.io/rev' ? texts(one['values']) : [],
    ),
  ])
  return [...(own === undefined ? [] : [own]), ...named]
}
