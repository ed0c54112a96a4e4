// A proxy cannot know which of an application's outgoing requests belongs to which incoming one. The application
// can: it copies these headers from the one to the other, and the spans join into one trace.

const b3 = ['x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid', 'x-b3-sampled', 'x-b3-flags', 'b3']
const w3c = ['traceparent', 'tracestate']
const copied = {
  none: [],
  b3: ['x-request-id', ...b3],
  w3c: ['x-request-id', ...w3c],
  all: ['x-request-id', ...b3, ...w3c],
}

export function correlationHeaders(incoming, choice) {
  return Object.fromEntries(
    copied[choice].filter(name => name in incoming).map(name => [name, incoming[name]]),
  )
}
