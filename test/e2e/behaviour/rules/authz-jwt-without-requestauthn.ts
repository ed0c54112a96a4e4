import {createSign, generateKeyPairSync} from 'node:crypto'
import {defineBehaviour} from '../behaviour.ts'

const {publicKey, privateKey} = generateKeyPairSync('rsa', {modulusLength: 2048})
const jwks = JSON.stringify({
  keys: [{...publicKey.export({format: 'jwk'}), kid: 'test', alg: 'RS256', use: 'sig'}],
})

function token(): string {
  const parts = [
    {alg: 'RS256', typ: 'JWT', kid: 'test'},
    {iss: 'tester', sub: 'somebody', exp: 4_000_000_000},
  ].map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
  return [...parts, createSign('RSA-SHA256').update(parts.join('.')).sign(privateKey, 'base64url')].join('.')
}

const onlyWithToken = `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: orders, namespace: shop}
spec:
  selector: {matchLabels: {app: orders}}
  rules: [{from: [{source: {requestPrincipals: ["tester/*"]}}]}]
`

/** Nobody reads the token of who has one, so it opens nothing. */
export default defineBehaviour<number | string>({
  rule: 'authz-jwt-without-requestauthn',
  bad: onlyWithToken,
  fixed: `${onlyWithToken}---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: orders, namespace: shop}
spec:
  selector: {matchLabels: {app: orders}}
  jwtRules:
    - issuer: tester
      jwks: '${jwks}'
`,
  observe: stage =>
    stage.status('web', {url: 'http://orders/', headers: {authorization: `Bearer ${token()}`}}),
  misbehaves: 403,
  behaves: 200,
})
