import {defineBehaviour} from '../behaviour.ts'
import {deployment} from '../cast.ts'
import {knowsItsClient} from '../stage.ts'

/** What runs as the proxy's user is taken for the proxy: its requests go past it, without mTLS. */
export default defineBehaviour<boolean>({
  rule: 'uid-1337',
  bad: deployment({name: 'proxylike', calls: ['orders'], pod: {securityContext: {runAsUser: 1337}}}),
  fixed: deployment({name: 'proxylike', calls: ['orders'], pod: {securityContext: {runAsUser: 1000}}}),
  observe: async stage => knowsItsClient(await stage.ask('proxylike', 'http://orders/')),
  misbehaves: false,
  behaves: true,
})
