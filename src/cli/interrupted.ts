/** Somebody pressed Ctrl-C at a prompt, or a signal arrived. */
export class Interrupted extends Error {
  readonly exitCode: 130 | 143

  constructor(message = 'Nothing was changed.', exitCode: 130 | 143 = 130) {
    super(message)
    this.name = 'Interrupted'
    this.exitCode = exitCode
  }
}
