import {setTimeout as sleep} from 'node:timers/promises'
import {record, records, text} from '../../../../src/objects/json.ts'
import type {JsonObject} from '../../../../src/objects/object.ts'
import {appImage} from '../../../testbed/images/names.ts'
import {defineBehaviour} from '../behaviour.ts'
import type {Stage} from '../stage.ts'

function job(native: boolean): string {
  return `
apiVersion: batch/v1
kind: Job
metadata: {name: migrate-${native ? 'with-native' : 'with-old'}-sidecar, namespace: shop}
spec:
  backoffLimit: 0
  template:
    metadata:
      labels: {app: migrate}
      annotations: {sidecar.istio.io/nativeSidecar: "${native}"}
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 1
      containers:
        - name: app
          image: ${appImage}
          command: [node, -e, process.exit()]
`
}

/** The work is done, and the Job is not: an old sidecar goes on running. */
export default defineBehaviour<{workDone: boolean; podDone: boolean}>({
  rule: 'job-sidecar-never-exits',
  bad: job(false),
  fixed: job(true),
  observe: async stage => {
    const workDone = (await statusOfWork(stage))['terminated'] !== undefined
    // A native sidecar is told to end when the work is done, and takes a moment.
    if (workDone) await sleep(3_000)
    return {workDone, podDone: text((await podOf(stage))['phase']) === 'Succeeded'}
  },
  misbehaves: {workDone: true, podDone: false},
  behaves: {workDone: true, podDone: true},
})

async function statusOfWork(stage: Stage): Promise<JsonObject> {
  const containers = records((await podOf(stage))['containerStatuses'])
  return record(containers.find(one => text(one['name']) === 'app')?.['state'])
}

async function podOf({cluster}: Stage): Promise<JsonObject> {
  const list = await cluster.tools.kubectl(['get', 'pods', '-n', 'shop', '-l', 'app=migrate', '-o', 'json'])
  const pods = records((JSON.parse(list) as JsonObject)['items'])
  const running = pods.filter(pod => record(pod['metadata'])['deletionTimestamp'] === undefined)
  return record(running.at(-1)?.['status'])
}
