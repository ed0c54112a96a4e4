/** TLS between two of the testbed's programs; it keeps no secret, it only has to be TLS. */
export const sharedKey = {
  ciphers: 'PSK',
  maxVersion: 'TLSv1.2',
  psk: Buffer.from('everybody knows this one'),
}
