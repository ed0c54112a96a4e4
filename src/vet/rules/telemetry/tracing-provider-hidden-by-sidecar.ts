import {fact} from '../../../mesh/fact.ts'
import type {KubeObject} from '../../../objects/object.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'tracing-provider-hidden-by-sidecar',
  area: 'telemetry',
  severity: 'error',
  istio: '>=1.11.0',
  inputs: ['Sidecar', 'Telemetry', 'Service'],
  needs: 'mesh-config',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    hidden:
      'The Sidecar does not import {host}, to which {workloads} is to send spans by the provider {provider}.',
  },
  why: 'A proxy gets the clusters of what its Sidecar imports, and no other. The tracing provider is no exception: its spans go to a cluster that is not there, and are lost.',
  fix: 'Add the host of the provider to the egress hosts of the Sidecar, with its namespace.',
  check(mesh, report) {
    const found = new Map<
      KubeObject,
      {host: string; provider: string; names: string[]; path: readonly string[]}
    >()
    const providers = new Map(mesh.meshConfig.extensionProviders.map(one => [one.name, one]))
    if (mesh.objects('Sidecar').length === 0) return
    for (const workload of mesh.workloads) {
      if (mesh.injection(workload).inMesh !== true) continue
      const {sidecar, imports} = mesh.sidecarScope(workload)
      if (sidecar === null) continue
      const {tracing} = mesh.telemetry(workload)
      const provider =
        tracing.on === true && tracing.provider !== null ? providers.get(tracing.provider) : undefined
      if (provider?.service == null) continue
      const host = provider.service.slice(provider.service.indexOf('/') + 1)
      const service = mesh.host(host, mesh.meshConfig.rootNamespace)
      if (service === null || imports(service, provider.port ?? undefined)) continue
      const known = found.get(sidecar)
      if (known === undefined)
        found.set(sidecar, {
          host: service.host,
          provider: provider.name,
          names: [nameOf(workload)],
          path: ['spec', 'egress'],
        })
      else known.names.push(nameOf(workload))
    }
    for (const [object, {host, provider, names, path}] of found) {
      report({
        messageId: 'hidden',
        data: {host, provider, workloads: listed(names)},
        identity: ['host'],
        object,
        path,
        evidence: [
          fact(
            `the mesh config declares ${provider}`,
            mesh.meshConfig.object,
            providers.get(provider)?.path ?? [],
          ),
        ],
      })
    }
  },
})
