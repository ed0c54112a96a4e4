import assert from 'node:assert/strict'
import {after, afterEach, before, describe, test} from 'node:test'
import {startService} from './running-services.ts'
import type {RunningService} from './running-services.ts'

const allCorrelation = {
  'x-request-id': 'r-1',
  'x-b3-traceid': 't-1',
  'x-b3-spanid': 's-1',
  'x-b3-sampled': '1',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'vendor=1',
}

describe('the services of Bookinfo', () => {
  let details: RunningService, ratings: RunningService, reviews: RunningService, page: RunningService
  const running: RunningService[] = []
  const started = async (name: string, env?: Record<string, string>) => {
    const service = await startService(name, env)
    running.push(service)
    return service
  }

  before(async () => {
    ;[details, ratings] = await Promise.all([started('details'), started('ratings')])
    reviews = await started('reviews', {VERSION: 'v3', RATINGS_URL: ratings.url})
    page = await started('productpage', {DETAILS_URL: details.url, REVIEWS_URL: reviews.url})
  })
  afterEach(async () => {
    for (const service of [details, ratings, reviews, page]) {
      await service.send('PUT', '/switches', {delayMs: 0, failRate: 0, copyHeaders: 'none'})
    }
  })
  after(async () => {
    for (const service of running) await service.end('SIGKILL')
  })

  test('show a page with details, reviews and stars', async () => {
    const {status, text} = await page.get('/productpage')
    assert.equal(status, 200)
    assert.match(text, /William Shakespeare/)
    assert.match(text, /extremely entertaining/)
    assert.match(text, /color: red">\*{5}</)
  })

  test('show the page without stars where ratings fails, and name what is missing', async () => {
    await ratings.send('PUT', '/switches', {failRate: 1})
    const stars = await page.get('/productpage')
    assert.equal(stars.status, 200)
    assert.match(stars.text, /ratings: 503/)
    await reviews.send('PUT', '/switches', {failRate: 1, failStatus: 500})
    const {body} = await page.get('/api/v1/products/0')
    assert.equal(body.details.status, 200)
    assert.equal(body.reviews.status, 500)
  })

  test('show v1 without stars and without calling ratings', async () => {
    const v1 = await started('reviews', {VERSION: 'v1'})
    const {body} = await v1.get('/reviews/0')
    assert.equal(body.version, 'v1')
    assert.equal(body.reviews.length, 2)
    assert.equal('rating' in body.reviews[0], false)
  })

  for (const [choice, names] of Object.entries({
    none: [],
    b3: ['x-b3-sampled', 'x-b3-spanid', 'x-b3-traceid', 'x-request-id'],
    w3c: ['traceparent', 'tracestate', 'x-request-id'],
    all: Object.keys(allCorrelation).sort(),
  })) {
    test(`copy ${choice} of the correlation headers to those they call`, async () => {
      for (const service of [page, reviews]) await service.send('PUT', '/switches', {copyHeaders: choice})
      await page.get('/api/v1/products/0', allCorrelation)
      for (const called of [details, reviews, ratings]) {
        const {headers} = (await called.get('/last')).body.last
        assert.deepEqual(
          Object.keys(headers)
            .filter(name => name in allCorrelation)
            .sort(),
          names,
        )
      }
    })
  }

  test('fail an even share of requests, the same ones each time', async () => {
    await details.send('PUT', '/switches', {failRate: 0.25, failStatus: 502})
    const statuses = []
    for (let n = 0; n < 8; n += 1) statuses.push((await details.get('/details/0')).status)
    assert.deepEqual(statuses, [200, 200, 200, 502, 200, 200, 200, 502])
  })

  test('are slow by a switch and by a query', async () => {
    for (const [set, path] of [
      [{delayMs: 150}, '/details/0'],
      [{delayMs: 0}, '/details/0?delay_ms=150'],
    ] as const) {
      await details.send('PUT', '/switches', set)
      const start = performance.now()
      assert.equal((await details.get(path)).status, 200)
      assert.ok(performance.now() - start >= 145)
    }
  })

  test('fail one request by its query, and refuse a switch that makes no sense', async () => {
    assert.equal((await details.get('/details/0?fail_status=418')).status, 418)
    assert.equal((await details.get('/details/0')).status, 200)
    for (const wrong of [{failRate: 2}, {delayMs: -1}, {copyHeaders: 'some'}, {failStatus: 200}]) {
      assert.equal((await details.send('PUT', '/switches', wrong)).status, 400)
    }
  })

  test('are neither slowed nor failed nor counted on their own paths', async () => {
    await ratings.send('PUT', '/switches', {failRate: 1, delayMs: 5000})
    const counted = (await ratings.get('/counts')).body.requests
    assert.equal((await ratings.get('/healthz')).status, 200)
    assert.equal((await ratings.get('/counts')).body.requests, counted)
  })

  test('show the headers they got, and know no other paths', async () => {
    const cert =
      'By=spiffe://cluster.local/ns/bookinfo/sa/details;URI=spiffe://cluster.local/ns/bookinfo/sa/productpage'
    const {body} = await details.get('/headers', {'x-forwarded-client-cert': cert})
    assert.equal(body.headers['x-forwarded-client-cert'], cert)
    assert.equal((await details.get('/nothing')).status, 404)
    assert.equal((await details.send('POST', '/details/0', {})).status, 404)
  })

  test('count each POST that arrives, so that a retried one shows', async () => {
    assert.equal((await ratings.send('POST', '/ratings/0', {Reviewer1: 3})).body.ratings.Reviewer1, 3)
    assert.equal((await ratings.send('POST', '/ratings/0', {Reviewer1: 5})).body.posts, 2)
    assert.equal((await ratings.get('/counts')).body.byRequest['POST /ratings/0 201'], 2)
  })

  test('export the ratings from outside, and mirror the export', async () => {
    const every = {EVERY_MS: '20'}
    const exporting = await started('ratings-export', {...every, RATINGS_URL: ratings.url})
    const mirror = await started('export-mirror', {...every, EXPORT_URL: exporting.url})
    await until(async () => (await mirror.get('/counts')).body.copies.succeeded > 0)
    assert.equal((await exporting.get('/exports/latest')).body.ratings.Reviewer2, 4)
    await ratings.send('PUT', '/switches', {failRate: 1})
    await until(async () => (await exporting.get('/counts')).body.exports.failed > 0)
  })

  test('keep a web socket open and send on it', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${page.livePort}/live`)
    const message = await new Promise<string>((resolve, reject) => {
      socket.onmessage = event => resolve(String(event.data))
      socket.onerror = () => reject(new Error('no web socket'))
    })
    assert.equal(typeof JSON.parse(message).readers, 'number')
    assert.equal((await page.get('/counts')).body.live, 1)
    socket.close()
    await until(async () => (await page.get('/counts')).body.live === 0)
  })

  test('answer the request they are at before they go', async () => {
    const ending = await started('details', {GRACE_MS: '50'})
    const slow = ending.get('/details/0?delay_ms=300')
    await new Promise(resolve => setTimeout(resolve, 100))
    const code = ending.end('SIGTERM')
    assert.equal((await slow).status, 200)
    assert.equal(await code, 0)
  })
})

async function until(condition: () => Promise<boolean>): Promise<void> {
  const giveUp = Date.now() + 10_000
  while (!(await condition())) {
    if (Date.now() > giveUp) throw new Error('waited ten seconds in vain')
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
