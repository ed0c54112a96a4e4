/** Counts requests by method, path and status. */
export function counting() {
  let requests = 0
  const byRequest = new Map()
  return {
    add(method, path, status) {
      requests += 1
      const key = `${method} ${path} ${status}`
      byRequest.set(key, (byRequest.get(key) ?? 0) + 1)
    },
    now: () => ({requests, byRequest: Object.fromEntries(byRequest)}),
  }
}
