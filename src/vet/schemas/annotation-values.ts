import {isRecord} from '../../objects/json.ts'
import {readYaml} from '../../objects/yaml.ts'

type Check = (value: string) => string | null

function port(value: string): boolean {
  return /^\d+$/.test(value.trim()) && Number(value) <= 65535
}

const ports: Check = value => {
  const wrong = value.trim() === '' ? undefined : value.split(',').find(one => !port(one))
  return wrong === undefined ? null : `${JSON.stringify(wrong)} is no port`
}

function isAddress(address: string, bits: number): boolean {
  const parts = address.split('.')
  if (parts.length === 4)
    return bits <= 32 && parts.every(one => /^(0|[1-9]\d{0,2})$/.test(one) && Number(one) < 256)
  return bits <= 128 && /^[0-9a-f:.]+$/i.test(address) && address.includes(':')
}

const ranges: Check = value => {
  const wrong =
    value === ''
      ? undefined
      : value.split(',').find(one => {
          const [address = '', bits = ''] = one.split('/')
          return !/^\d{1,3}$/.test(bits) || !isAddress(address, Number(bits))
        })
  return wrong === undefined ? null : `${JSON.stringify(wrong)} is no range such as 10.0.0.0/8`
}

const whole: Check = value =>
  /^\d+$/.test(value) && Number(value) <= 4_294_967_295 ? null : `${JSON.stringify(value)} is no whole number`

const quantity: Check = value =>
  /^[+-]?(\d+(\.\d*)?|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/.test(value)
    ? null
    : `${JSON.stringify(value)} is no quantity such as 100m or 128Mi`

const boolean: Check = value =>
  /^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(value)
    ? null
    : `${JSON.stringify(value)} is neither true nor false`

function orAll(check: Check): Check {
  return value => (value === '*' ? null : check(value))
}

/** What the injector refuses (istio pkg/kube/inject/validate.go AnnotationValidation), by annotation. */
export const annotationValues: Readonly<Record<string, Check>> = {
  'sidecar.istio.io/interceptionMode': value =>
    ['REDIRECT', 'TPROXY', 'NONE'].includes(value)
      ? null
      : `${JSON.stringify(value)} is not REDIRECT, TPROXY or NONE`,
  'status.sidecar.istio.io/port': value => (port(value) ? null : `${JSON.stringify(value)} is no port`),
  'readiness.status.sidecar.istio.io/initialDelaySeconds': whole,
  'readiness.status.sidecar.istio.io/periodSeconds': whole,
  'readiness.status.sidecar.istio.io/failureThreshold': whole,
  'traffic.sidecar.istio.io/includeOutboundIPRanges': orAll(ranges),
  'traffic.sidecar.istio.io/excludeOutboundIPRanges': ranges,
  'traffic.sidecar.istio.io/includeInboundPorts': orAll(ports),
  'traffic.sidecar.istio.io/excludeInboundPorts': ports,
  'traffic.sidecar.istio.io/excludeOutboundPorts': ports,
  'prometheus.istio.io/merge-metrics': boolean,
  'sidecar.istio.io/proxyCPU': quantity,
  'sidecar.istio.io/proxyMemory': quantity,
  'sidecar.istio.io/proxyCPULimit': quantity,
  'sidecar.istio.io/proxyMemoryLimit': quantity,
  'proxy.istio.io/config': value => {
    const read = readYaml(value)
    if (read.faults.length > 0) return 'it is not valid YAML'
    return read.value === undefined || read.value === null || isRecord(read.value)
      ? null
      : 'it is no map of settings'
  },
}
