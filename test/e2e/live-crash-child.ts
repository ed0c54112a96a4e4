import {createInterface} from 'node:readline'
import type {Api, ApiRequest} from '../../src/cluster/api.ts'
import type {ChangeSet} from '../../src/changes/change-set.ts'
import {applyChangeSet, applyRollback} from '../../src/changes/live/apply.ts'
import type {StepFacts} from '../../src/changes/live/apply.ts'
import {withSecrets} from '../../src/changes/live/before-image.ts'
import {findEntry} from '../../src/changes/live/ledger-store.ts'
import type {Live} from '../../src/changes/live/live.ts'
import {liveObjectsOf} from '../../src/changes/live/resume.ts'
import {planRollback} from '../../src/changes/live/rollback.ts'
import {planAdoption} from '../../src/flows/adopt.ts'
import type {Request} from '../../src/flows/adopt.ts'
import {loadInput} from '../../src/flows/load-input.ts'
import {crashSet, facts, openLive} from './live-cluster.ts'
import type {Victim} from './live-crash-victim.ts'

/**
 * Takes a step, or takes one back, and kills itself just before or after the nth write that it sends. What it is to do
 * is a line of JSON on stdin, so that a process can be ready before it is needed.
 */
const ready = openLive(process.argv[2] ?? '')
await ready
const {value: line} = await createInterface({input: process.stdin})[Symbol.asyncIterator]().next()
const {does, moment, nth} = JSON.parse(String(line)) as Victim
const live = await ready
let writes = 0

const dying: Live = {...live, api: killing(live.api)}
if ('back' in does) await takeBack(does.back)
else {
  const {set, step} = 'scene' in does ? await sceneStep(does.scene) : await cellStep(does)
  // Whoever kills this at a random moment wants to know when it begins.
  process.stdout.write('begins\n')
  await applyChangeSet(dying, set, step, {timeoutMs: 20_000})
}
process.stdout.write(`writes ${writes}\n`)
process.exit(0)

function killing(api: Api): Api {
  return {
    ...api,
    request: async request => {
      if (!isWrite(request)) return api.request(request)
      const isTime = (writes += 1) === nth
      if (isTime && moment === 'before') process.kill(process.pid, 'SIGKILL')
      const answer = await api.request(request)
      if (isTime && moment === 'after') process.kill(process.pid, 'SIGKILL')
      return answer
    },
  }
}

function isWrite({method = 'GET', path, query}: ApiRequest): boolean {
  return method !== 'GET' && query?.['dryRun'] === undefined && !path.includes('/selfsubject')
}

interface Planned {
  readonly set: ChangeSet
  readonly step: StepFacts
}

async function sceneStep(namespace: string): Promise<Planned> {
  return {set: await crashSet(live, namespace), step: facts}
}

/** What the stage plans on what the API server shows, as `meshctl adopt` does. */
async function cellStep(request: Request): Promise<Planned> {
  const input = await loadInput({kubeconfig: process.argv[2] ?? ''}, {cwd: import.meta.dirname})
  const {set, result} = planAdoption(input, request, {whole: true})
  const {capability, stage} = request
  return {set, step: {command: result.reproduce, capability, stage, answers: request.answers}}
}

async function takeBack(id: string): Promise<void> {
  const {entry} = await findEntry(dying.api, id)
  const plan = planRollback(await withSecrets(dying.api, entry), await liveObjectsOf(dying, entry))
  if (plan.kind !== 'plan') throw new Error(JSON.stringify(plan))
  await applyRollback(dying, plan.set, {...facts, rollsBack: id}, {timeoutMs: 20_000})
}
