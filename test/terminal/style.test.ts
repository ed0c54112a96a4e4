import assert from 'node:assert/strict'
import {describe, it} from 'node:test'

import {interactive, styleOf} from '../../src/terminal/style.ts'
import type {Environment} from '../../src/terminal/style.ts'
import {wrap} from '../../src/terminal/wrap.ts'

describe('colour', () => {
  const tty = {isTTY: true, columns: 100}
  const table: readonly (readonly [string, {isTTY?: boolean}, Environment, boolean, boolean])[] = [
    ['a terminal', tty, {TERM: 'xterm'}, false, true],
    ['a pipe', {}, {TERM: 'xterm'}, false, false],
    ['a dumb terminal', tty, {TERM: 'dumb'}, false, false],
    ['NO_COLOR', tty, {NO_COLOR: '1'}, false, false],
    ['an empty NO_COLOR', tty, {NO_COLOR: ''}, false, true],
    ['FORCE_COLOR in a pipe', {}, {FORCE_COLOR: '1'}, false, true],
    ['FORCE_COLOR=0', tty, {FORCE_COLOR: '0'}, false, false],
    ['--no-color over FORCE_COLOR', tty, {FORCE_COLOR: '1'}, true, false],
  ]
  for (const [name, screen, env, refused, expected] of table) {
    it(`${name}: ${expected ? 'yes' : 'no'}`, () => {
      assert.equal(styleOf(screen, env, refused).paint.red('x') !== 'x', expected)
    })
  }

  it('knows width and characters from the stream and the locale', () => {
    assert.equal(styleOf(tty, {}).width, 100)
    assert.equal(styleOf({}, {}).width, 80)
    assert.equal(styleOf({}, {LANG: 'en_US.UTF-8'}).unicode, true)
    assert.equal(styleOf({}, {LANG: 'en_US.UTF-8', LC_ALL: 'C'}).unicode, false)
  })
})

describe('interactive', () => {
  const tty = {isTTY: true}
  it('only where a person sees stderr and types into stdin', () => {
    assert.equal(interactive({input: tty, output: tty, env: {}}), true)
    assert.equal(interactive({input: {}, output: tty, env: {}}), false)
    assert.equal(interactive({input: tty, output: {}, env: {}}), false)
    assert.equal(interactive({input: tty, output: tty, env: {CI: 'true'}}), false)
    assert.equal(interactive({input: tty, output: tty, env: {CI: 'false'}}), true)
  })
})

describe('wrap', () => {
  it('breaks between words and never inside one', () => {
    assert.equal(wrap('one two three four', 20), 'one two three four')
    assert.equal(wrap('one two three four five', 20, '  '), '  one two three four\n  five')
    assert.equal(
      wrap('a-name-that-is-much-longer-than-the-line is kept', 20),
      'a-name-that-is-much-longer-than-the-line\nis kept',
    )
    assert.equal(wrap('a\n\nb', 20, ' '), ' a\n\n b')
  })
})
