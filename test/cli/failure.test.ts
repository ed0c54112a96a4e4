import assert from 'node:assert/strict'
import {describe, it} from 'node:test'

import {MeshctlError, exitCodes} from '../../src/cli/error.ts'
import type {ErrorCode} from '../../src/cli/error.ts'
import {errorAnswer, errorText} from '../../src/cli/failure.ts'
import {Interrupted} from '../../src/cli/interrupted.ts'
import {plain} from '../../src/terminal/style.ts'

describe('errors', () => {
  for (const code of Object.keys(exitCodes) as ErrorCode[]) {
    it(`${code} keeps its code, exit code and what to try`, () => {
      const answer = errorAnswer(new MeshctlError(code, 'It failed.', {try: ['meshctl status']}))
      assert.deepEqual(answer, {
        code,
        message: 'It failed.',
        try: ['meshctl status'],
        found: null,
        validOptions: [],
        exit: exitCodes[code],
      })
    })
  }

  it('shows the place, what there is, and the next command', () => {
    const error = new MeshctlError('invalid-input', 'A key is there twice.', {
      try: ['Remove one.'],
      validOptions: ['a', 'b'],
      file: 'x.yaml',
      line: 3,
      column: 7,
    })
    assert.equal(
      errorText(error, plain),
      'fail A key is there twice.\n  at x.yaml:3:7\n  there are: a, b\n  try: Remove one.\n',
    )
  })

  it('anything else that is thrown is a bug, with its stack', () => {
    const error = new TypeError('x is not a function')
    assert.equal(errorAnswer(error).exit, 70)
    assert.match(
      errorText(error, plain),
      /fail x is not a function\n\nTypeError: x is not a function\n +at .*failure\.test\.ts[^]*try: Report it/,
    )
    assert.equal(errorAnswer('a string').message, 'a string')
  })

  it('an interruption says that nothing was changed', () => {
    assert.equal(errorAnswer(new Interrupted()).exit, 130)
    assert.equal(errorText(new Interrupted(), plain), 'warn Nothing was changed.\n')
  })
})
