import assert from 'node:assert/strict'
import {describe, it} from 'node:test'

import type {MeshctlError} from '../../src/cli/error.ts'
import {boolean, string, text} from '../../src/cli/flag.ts'
import {parseCommandLine} from '../../src/cli/parse.ts'

const grammar = {
  command: 'paint wall',
  flags: {
    quick: boolean({summary: 'q', char: 'q'}),
    dry: boolean({summary: 'd', dependsOn: ['coats']}),
    colour: string({summary: 'c', char: 'c', options: ['red', 'green'], default: 'red'}),
    coats: string({summary: 'n', exclusive: ['colour']}),
    on: string({summary: 'o', multiple: true}),
    why: string({summary: 'w', required: true}),
  },
  args: {
    wall: text({description: 'w', required: true}),
    more: text({description: 'm', multiple: true, options: ['north', 'south']}),
  },
} as const

const given = {WHY: 'because'}

function parse(line: string, variables: Record<string, string> = given): unknown {
  const env = Object.fromEntries(Object.entries(variables).map(([name, value]) => [`MESHCTL_${name}`, value]))
  return parseCommandLine(line === '' ? [] : line.split(' '), grammar, env)
}

const bare = {
  flags: {quick: false, dry: false, colour: 'red', coats: undefined, on: undefined, why: 'because'},
  args: {wall: 'a', more: undefined},
}

const withFlags = (flags: Record<string, unknown>): unknown => ({...bare, flags: {...bare.flags, ...flags}})

describe('the command line', () => {
  const parsed: readonly (readonly [string, unknown, Record<string, string>?])[] = [
    ['a', bare],
    ['-q a', withFlags({quick: true})],
    ['-q a -q', withFlags({quick: true})],
    ['a --colour green', withFlags({colour: 'green'})],
    ['--colour=green a', withFlags({colour: 'green'})],
    ['-cgreen a', withFlags({colour: 'green'})],
    ['-qc green a', withFlags({quick: true, colour: 'green'})],
    ['a --on x --on=y', withFlags({on: ['x', 'y']})],
    ['a --why -not', withFlags({why: '-not'})],
    ['a --why=--quick', withFlags({why: '--quick'})],
    ['a --why -', withFlags({why: '-'})],
    ['a --coats 2 --dry', withFlags({coats: '2', dry: true})],
    ['a north south', {...bare, args: {wall: 'a', more: ['north', 'south']}}],
    ['-', {...bare, args: {wall: '-', more: undefined}}],
    ['-- -q', {...bare, args: {wall: '-q', more: undefined}}],
    ['a', withFlags({colour: 'green', why: 'x'}), {COLOUR: 'green', WHY: 'x'}],
    ['a --colour red', withFlags({colour: 'red'}), {...given, COLOUR: 'green'}],
    ['a', withFlags({on: ['x', 'y']}), {...given, ON: 'x, y'}],
    ['a', withFlags({quick: true}), {...given, QUICK: 'yes'}],
    ['a', bare, {...given, QUICK: 'false', COLOUR: '', ON: ''}],
  ]
  for (const [line, expected, env] of parsed)
    it(`takes ${line} ${env === undefined ? '' : JSON.stringify(env)}`, () =>
      assert.deepEqual(parse(line, env), expected))

  const refused: readonly (readonly [string, Partial<MeshctlError>, Record<string, string>?])[] = [
    ['a --quik', {code: 'unknown-flag', message: 'There is no flag --quik. Did you mean --quick?'}],
    ['a --quik=1', {code: 'unknown-flag', message: 'There is no flag --quik. Did you mean --quick?'}],
    ['a -z', {code: 'unknown-flag', message: 'There is no flag -z.'}],
    ['a -qz', {code: 'unknown-flag', message: 'There is no flag -z.'}],
    ['a --no-quick', {code: 'unknown-flag', message: 'There is no flag --no-quick. Did you mean --quick?'}],
    ['a --constructor', {code: 'unknown-flag', message: 'There is no flag --constructor.'}],
    ['a --__proto__=1', {code: 'unknown-flag', message: 'There is no flag --__proto__.'}],
    ['a --quick=1', {code: 'usage', message: '--quick takes no value, and has 1.'}],
    ['a --on', {code: 'usage', message: '--on needs a value.'}],
    ['a --on --quick', {code: 'usage', message: '--on needs a value.'}],
    ['a --on -c red', {code: 'usage', message: '--on needs a value.'}],
    ['a --coats 1 --coats 2', {code: 'usage', message: '--coats can be given only once.'}],
    ['a --colour blue', {code: 'invalid-value', message: '--colour cannot be blue.'}],
    ['a', {code: 'invalid-value', message: '--colour cannot be blue.'}, {...given, COLOUR: 'blue'}],
    ['a nort', {code: 'invalid-value', message: 'MORE cannot be nort. Did you mean north?'}],
    ['a --dry', {code: 'usage', message: '--dry needs --coats too.'}],
    ['a --coats 1 --colour red', {code: 'usage', message: '--coats cannot go with --colour.'}],
    ['', {code: 'usage', message: 'Missing: WALL, --why.'}, {}],
  ]
  for (const [line, expected, env] of refused)
    it(`refuses ${line} ${env === undefined ? '' : JSON.stringify(env)}`, () =>
      assert.throws(() => parse(line, env), expected))

  it('refuses more words than it takes, and says where help is', () => {
    const one = {...grammar, args: {wall: grammar.args.wall}}
    assert.throws(
      () => parseCommandLine(['a', 'b', 'c'], one, {MESHCTL_WHY: 'x'}),
      (error: MeshctlError) => {
        assert.equal(error.message, 'Unexpected: b c.')
        assert.deepEqual(error.details.try, ['meshctl paint wall --help'])
        assert.equal(error.details.found, 'b c')
        return true
      },
    )
  })
})
