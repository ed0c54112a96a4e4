// Loaded before a program that is measured. Plain JavaScript: stripping types would take longer than some of them do.
const {writeFileSync} = require('node:fs')

process.on('exit', () => {
  const report = process.env.PEAK_MEMORY_REPORT
  if (report !== undefined) writeFileSync(report, String(process.resourceUsage().maxRSS))
})
