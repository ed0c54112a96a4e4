import {sha256 as digest} from '@noble/hashes/sha2.js'
import {bytesToHex, utf8ToBytes} from '@noble/hashes/utils.js'

/** The hash of a text as 64 hexadecimal digits. node:crypto would take longer to load than all that a command hashes. */
export function sha256(text: string): string {
  return bytesToHex(digest(utf8ToBytes(text)))
}
