import {defineBehaviour} from '../behaviour.ts'
import {echoOf} from '../stage.ts'

function entry(host: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: stock, namespace: shop}
spec:
  hosts: [${host}]
  resolution: STATIC
  location: MESH_INTERNAL
  ports: [{number: 80, name: http, protocol: HTTP, targetPort: 8080}]
  workloadSelector: {labels: {app: orders}}
`
}

/** Requests for stock are answered by the endpoints of an entry that has its name. */
export default defineBehaviour<boolean>({
  rule: 'se-shadows-service',
  bad: entry('stock.shop.svc.cluster.local'),
  fixed: entry('stock.example.com'),
  observe: async stage => {
    const answers = await stage.askInTurn('web', 20, 'http://stock/')
    return answers.every(answer => echoOf(answer)?.from.startsWith('stock-') === true)
  },
  misbehaves: false,
  behaves: true,
})
