import {writeFileSync} from 'node:fs'

process.on('exit', () => {
  const report = process.env['PEAK_MEMORY_REPORT']
  if (report !== undefined) writeFileSync(report, String(process.resourceUsage().maxRSS))
})
