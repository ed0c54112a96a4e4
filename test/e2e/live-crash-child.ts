import type {Api, ApiRequest} from '../../src/cluster/api.ts'
import {applyChangeSet, applyRollback} from '../../src/changes/live/apply.ts'
import {withSecrets} from '../../src/changes/live/before-image.ts'
import {findEntry} from '../../src/changes/live/ledger-store.ts'
import {liveObjectsOf} from '../../src/changes/live/resume.ts'
import {planRollback} from '../../src/changes/live/rollback.ts'
import {crashSet, facts, openLive} from './live-cluster.ts'

/**
 * Takes a step, or takes one back, and kills itself just before or after the nth write that it sends.
 *   live-crash-child.ts KUBECONFIG NAMESPACE apply|ID before|after|never N
 */
const [kubeconfig = '', namespace = '', what = '', moment = '', nth = ''] = process.argv.slice(2)
const live = await openLive(kubeconfig)
let writes = 0

const api: Api = {
  ...live.api,
  request: async request => {
    if (!isWrite(request)) return live.api.request(request)
    const isTime = (writes += 1) === Number(nth)
    if (isTime && moment === 'before') process.kill(process.pid, 'SIGKILL')
    const answer = await live.api.request(request)
    if (isTime && moment === 'after') process.kill(process.pid, 'SIGKILL')
    return answer
  },
}

function isWrite({method = 'GET', path, query}: ApiRequest): boolean {
  return method !== 'GET' && query?.['dryRun'] === undefined && !path.includes('/selfsubject')
}

const dying = {...live, api}
// Whoever kills this at a random moment wants to know when it begins.
process.stdout.write('begins\n')
if (what === 'apply') await applyChangeSet(dying, await crashSet(live, namespace), facts, {timeoutMs: 0})
else {
  const {entry} = await findEntry(api, what)
  const plan = planRollback(await withSecrets(api, entry), await liveObjectsOf(dying, entry))
  if (plan.kind !== 'plan') throw new Error(JSON.stringify(plan))
  await applyRollback(dying, plan.set, {...facts, rollsBack: what}, {timeoutMs: 0})
}
process.stdout.write(`writes ${writes}\n`)
process.exit(0)
