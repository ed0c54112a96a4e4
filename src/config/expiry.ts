/** Whether a declaration holds at a time: through the whole of its last day, in UTC. */
export function lastsUntil(until: string | null, now: Date): boolean {
  return until === null || now.getTime() < endOf(until)
}

/** Whether `YYYY-MM-DD` is a day of the calendar: 2026-02-30 is none. */
export function isRealDay(day: string): boolean {
  const time = Date.parse(`${day}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day)
}

function endOf(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) + 24 * 60 * 60 * 1000
}
