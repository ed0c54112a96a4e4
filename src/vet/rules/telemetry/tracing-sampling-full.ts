import {at, entries, number, record} from '../../../objects/json.ts'
import type {KubeObject, Path} from '../../../objects/object.ts'
import {matchesGlob} from '../../glob.ts'
import {setting} from '../../edits.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'tracing-sampling-full',
  area: 'telemetry',
  severity: 'warning',
  istio: '*',
  inputs: ['Telemetry', 'IstioOperator'],
  needs: 'offline',
  params: {
    threshold: 100,
    testNamespaces: [
      'test',
      'test-*',
      '*-test',
      'dev',
      'dev-*',
      '*-dev',
      'sandbox',
      'sandbox-*',
      '*-sandbox',
    ],
  },
  equivalents: [],
  formerIds: [],
  messages: {
    full: '{percent} % of all requests are traced{where}.',
  },
  why: 'Every request then makes two spans a hop: the collector, its storage and the proxies pay for all traffic, and under load spans are dropped at random. Unset is 1 %.',
  fix: 'Set a few per cent (1 to 10); single requests can be forced with the header x-envoy-force-trace.',
  check(mesh, report, params) {
    const threshold = typeof params['threshold'] === 'number' ? params['threshold'] : 100
    const tests = Array.isArray(params['testNamespaces'])
      ? (params['testNamespaces'] as readonly string[])
      : []
    const tell = (object: KubeObject, path: Path, where: string): void => {
      const percent = number(at(object.value, path))
      if (
        percent === undefined ||
        percent < threshold ||
        tests.some(pattern => matchesGlob(pattern, object.id.namespace))
      )
        return
      const changes = [setting(object, path, 1, 'tracing every request costs more than it tells')]
      report({
        messageId: 'full',
        data: {percent, where},
        object,
        path,
        fix: {kind: 'unsafe', description: 'Set it to 1.', changes},
      })
    }
    for (const telemetry of mesh.objects('Telemetry')) {
      const where = telemetry.id.namespace === mesh.meshConfig.rootNamespace ? ', in the whole mesh' : ''
      for (const [index] of entries(record(telemetry.value['spec'])['tracing']))
        tell(telemetry, ['spec', 'tracing', index, 'randomSamplingPercentage'], where)
    }
    for (const operator of mesh.objects('IstioOperator')) {
      tell(operator, ['spec', 'meshConfig', 'defaultConfig', 'tracing', 'sampling'], ', in the whole mesh')
    }
  },
})
