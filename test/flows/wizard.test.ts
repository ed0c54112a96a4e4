import assert from 'node:assert/strict'
import {readdir} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, it} from 'node:test'

import {wizard} from '../../src/flows/wizard.ts'
import type {AdoptResult} from '../../src/flows/adopt.ts'
import type {Prompts} from '../../src/terminal/prompts.ts'
import {workspace} from '../cli/run-cli.ts'
import {bookinfo} from './bookinfo.ts'

const noCluster = async (): Promise<AdoptResult> => assert.fail('there is no cluster')

/** Answers in order; a choice is made by the start of its name. */
function scripted(answers: readonly (string | boolean)[]): {
  readonly prompts: Prompts
  readonly asked: string[]
} {
  const left = [...answers]
  const asked: string[] = []
  const next = <Wanted extends string | boolean>(message: string, type: 'string' | 'boolean'): Wanted => {
    asked.push(message)
    const answer = left.shift()
    assert.equal(typeof answer, type, message)
    return answer as Wanted
  }
  return {
    asked,
    prompts: {
      select: async ({message, choices}) => {
        const start = next<string>(message, 'string')
        const found = choices.find(({name}) => name.startsWith(start))
        assert.ok(found !== undefined, `${start} is not among ${choices.map(({name}) => name).join('; ')}`)
        return found.value
      },
      input: async ({message, default: proposed, validate}) => {
        const given = next<string>(message, 'string')
        const value = given === '' ? proposed : given
        assert.equal(validate(value), true)
        return value
      },
      confirm: async ({message}) => next<boolean>(message, 'boolean'),
    },
  }
}

describe('wizard', () => {
  it('offers the safest step first and writes it where told', async () => {
    const {dir, remove} = await workspace()
    const out = join(dir, 'out')
    const {prompts, asked} = scripted(['mtls walk: bookinfo/details', false, true, out])
    const shown: AdoptResult[] = []
    const result = await wizard(await bookinfo(), {apply: noCluster, prompts, show: plan => shown.push(plan)})
    assert.equal(asked.length, 4)
    assert.equal(shown[0]?.written, null)
    assert.deepEqual(
      result.planned.map(({name}) => name),
      ['details'],
    )
    assert.deepEqual(
      result.written?.files.map(({action}) => action),
      ['create'],
    )
    assert.deepEqual(await readdir(join(out, 'bookinfo')), ['peerauthentication-details.yaml'])
    assert.match(result.reproduce, /--target bookinfo\/details .*--write /)
    await remove()
  })

  it('takes all that are ready as one choice', async () => {
    const {dir, remove} = await workspace()
    const {prompts} = scripted(['mtls walk: all', true, true, join(dir, 'out')])
    const result = await wizard(await bookinfo(), {apply: noCluster, prompts, show: () => {}})
    assert.equal(result.planned.length, 3)
    assert.match(result.reproduce, /--pin-clients/)
    await remove()
  })

  it('ends with consent-not-given and the command for later', async () => {
    const {prompts} = scripted(['mtls walk: bookinfo/reviews', false, false])
    await assert.rejects(
      wizard(await bookinfo(), {apply: noCluster, prompts, show: () => {}}),
      (error: unknown) => {
        assert.ok(error instanceof Error && 'details' in error)
        assert.match(
          JSON.stringify(error.details),
          /meshctl adopt mtls --stage walk --target bookinfo\/reviews/,
        )
        return true
      },
    )
  })

  it('checks an answer before it goes on', async () => {
    const input = await bookinfo()
    const prompts: Prompts = {
      select: async ({choices}) =>
        choices.find(({name}) => name.startsWith('resiliency walk'))?.value ?? assert.fail(),
      confirm: async () => false,
      input: async ({validate, default: proposed}) => {
        const said = validate('certainly not')
        if (said !== true) throw new Error(`told: ${said}`)
        return proposed
      },
    }
    await assert.rejects(wizard(input, {apply: noCluster, prompts, show: () => {}}), /told: .*certainly not/)
  })
})
