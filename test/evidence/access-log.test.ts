import assert from 'node:assert/strict'
import {describe, it} from 'node:test'

import {inboundLog, istioLine} from '../../src/evidence/inbound-log.ts'
import {jsonReader, textReader} from '../../src/evidence/log-format.ts'
import {countCalls} from '../../src/evidence/logged-calls.ts'
import type {Json, JsonObject} from '../../src/objects/object.ts'
import {outboundText, serverJson, serverText, storeText} from './recorded.ts'

const server = ['10.244.2.4']

function short(log: string, pod: readonly string[] = server) {
  return countCalls(log, istioLine, pod).map(({address, forwarded, port, transport, refused, requests}) =>
    [
      address,
      port,
      transport,
      requests,
      ...(forwarded ? ['forwarded'] : []),
      ...(refused ? ['refused'] : []),
    ].join(' '),
  )
}

describe('calls in a recorded access log', () => {
  it('are told apart by transport, and by whether the address is the connection\u2019s own', () => {
    assert.deepEqual(short(serverText), [
      '10.244.2.5 8080 mtls 1',
      '10.244.2.7 8080 plaintext 1',
      '10.244.2.1 8080 plaintext 1',
      // Its User-Agent holds a whole end of a line, to pass for the mesh client.
      '10.244.2.5 8080 plaintext 1 forwarded',
      '10.244.2.7 8080 tls 1 refused',
    ])
  })

  it('are the same in JSON', () => {
    assert.deepEqual(short(serverJson), [
      '10.244.2.5 8080 mtls 1',
      '10.244.2.7 8080 plaintext 1',
      '10.244.9.9 8080 plaintext 1 forwarded',
      '10.244.2.7 8080 plaintext 1 refused',
    ])
  })

  it('are connections where the port is not HTTP', () => {
    assert.deepEqual(short(storeText, ['10.244.2.6']), [
      '10.244.2.7 8080 plaintext 1',
      '10.244.2.5 8080 mtls 1',
    ])
  })

  it('leave out what the pod sends itself', () => assert.deepEqual(short(outboundText, ['10.244.2.5']), []))

  it('are counted by caller', () => {
    const [call] = countCalls(storeText.split('\n')[0]?.concat('\n').repeat(3) ?? '', istioLine, [
      '10.244.2.6',
    ])
    assert.equal(call?.requests, 3)
  })
})

describe('a format of one\u2019s own', () => {
  it('is read by its operators, text or JSON, IPv6 too', () => {
    const text = textReader(
      '%DOWNSTREAM_DIRECT_REMOTE_ADDRESS% > %DOWNSTREAM_LOCAL_ADDRESS% tls=%DOWNSTREAM_TLS_VERSION%\n',
    )
    assert.deepEqual(
      countCalls('[fd00::7]:41000 > [fd00::4]:8080 tls=-\nnoise', text, ['fd00::4']).map(one => [
        one.address,
        one.transport,
      ]),
      [['fd00::7', 'plaintext']],
    )
    const json = jsonReader({
      who: '%DOWNSTREAM_REMOTE_ADDRESS%',
      at: {to: '%DOWNSTREAM_LOCAL_ADDRESS%', id: '%DOWNSTREAM_PEER_URI_SAN%'},
      mixed: '%REQUESTED_SERVER_NAME% (%PROTOCOL%)',
    })
    const line = {
      who: '10.0.0.7:1',
      at: {to: '10.0.0.4:80', id: 'spiffe://cluster.local/ns/a/sa/b'},
      mixed: 'x (y)',
    }
    assert.deepEqual(
      countCalls(JSON.stringify(line), json, ['10.0.0.4']).map(({transport}) => transport),
      ['mtls'],
    )
  })
})

describe('the log of a proxy, by its configuration', () => {
  const istio = {
    json_format: {
      a: '%DOWNSTREAM_REMOTE_ADDRESS%',
      b: '%DOWNSTREAM_LOCAL_ADDRESS%',
      c: '%REQUESTED_SERVER_NAME%',
    },
  }
  const file = (more: JsonObject = {}, config: JsonObject = {}): JsonObject => ({
    ...more,
    typed_config: {path: '/dev/stdout', log_format: istio, ...config},
  })
  const cel = (expression: string): JsonObject => ({
    filter: {extension_filter: {typed_config: {expression}}},
  })
  const listener = (logs: readonly Json[], last_updated = '2026-11-25T19:02:52.775Z'): JsonObject => ({
    name: 'virtualInbound',
    active_state: {
      last_updated,
      listener: {
        name: 'virtualInbound',
        access_log: [file(cel('x'))],
        filter_chains: [{filters: [{typed_config: {access_log: logs}}]}],
      },
    },
  })
  const kindOf = (logs: readonly Json[], filter: string | null = null): string => {
    const log = inboundLog({configs: [listener(logs)]}, filter)
    return log.kind === 'unusable' ? log.because : log.kind
  }

  for (const [what, logs, filter, kind] of [
    ['none', [], null, 'none'],
    ['Istio\u2019s own', [file()], null, 'readable'],
    [
      'with a filter of somebody\u2019s',
      [file(cel('response.code >= 400'))],
      null,
      'a filter leaves calls out of it',
    ],
    [
      'with the filter that was asked for',
      [file(cel('connection.mtls == false'))],
      'connection.mtls == false',
      'readable',
    ],
    [
      'without it, though it was asked for',
      [file()],
      'connection.mtls == false',
      'it is not the one that was asked for',
    ],
    ['in a file', [file({}, {path: '/var/log/a'})], null, 'it goes to a file inside the container'],
    [
      'to a collector',
      [{typed_config: {common_config: {}}}],
      null,
      'it goes to a collector and not to the proxy\u2019s own log',
    ],
    [
      'without addresses',
      [file({}, {log_format: {text_format_source: {inline_string: '%PROTOCOL%'}}})],
      null,
      'its format does not say from which address a call comes',
    ],
    [
      'without transport',
      [
        file(
          {},
          {log_format: {json_format: {a: '%DOWNSTREAM_REMOTE_ADDRESS%', b: '%DOWNSTREAM_LOCAL_ADDRESS%'}}},
        ),
      ],
      null,
      'its format does not say whether a call came over mTLS',
    ],
    [
      'with an address of which nobody can tell where it is from',
      [file({}, {log_format: {json_format: {a: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%'}}})],
      null,
      'its format does not say from which address a call comes',
    ],
  ] as const) {
    it(`${what}: ${kind}`, () => assert.equal(kindOf(logs, filter), kind))
  }

  it('is found in a whole dump and in one of the listener alone, with since when', () => {
    const one = listener([file()])
    for (const configs of [[one], [{dynamic_listeners: [{name: 'other', active_state: {}}, one]}]]) {
      const log = inboundLog({configs})
      assert.deepEqual(log.kind === 'readable' && log.since?.toISOString(), '2026-11-25T19:02:52.775Z')
    }
  })
})
