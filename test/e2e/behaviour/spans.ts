import {setTimeout as sleep} from 'node:timers/promises'
import type {Stage} from './stage.ts'

/** Whether requests of web's make spans come to an app of the cast; Envoy sends them once it has five. */
export async function spansComeTo(collector: string, stage: Stage): Promise<boolean> {
  const before = await stage.arrivalsOf(collector, '/api/v2/spans')
  await stage.askInTurn('web', 25, 'http://orders/')
  await sleep(500)
  return (await stage.arrivalsOf(collector, '/api/v2/spans')) > before
}

/** How web is to be traced. */
export function telemetry(
  name: string,
  tracing: string,
  selector = 'selector: {matchLabels: {app: web}}',
): string {
  return `
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {name: ${name}, namespace: shop}
spec:
  ${selector}
  tracing: [${tracing}]
---`
}
