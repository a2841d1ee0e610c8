// Counts the tests of one vitest run from its JSON report. Never counts as passed what did not run:
// no report, no test in it, a file that could not be loaded, or a bad exit without a failed test is one failure.
import { readFileSync } from 'node:fs'

export type Count = { passed: number; failed: number; skipped: number }

type Report = { testResults: { status: string; assertionResults: { status: string }[] }[] }

export function countVitest(file: string, status: number): Count {
  let report: Report
  try {
    report = JSON.parse(readFileSync(file, 'utf8')) as Report
  } catch {
    return { passed: 0, failed: 1, skipped: 0 } // it ended before it could write one
  }
  const count = { passed: 0, failed: 0, skipped: 0 }
  for (const { status: fileStatus, assertionResults } of report.testResults) {
    let failedHere = 0
    for (const test of assertionResults) {
      if (test.status === 'passed') count.passed++
      else if (test.status === 'failed') failedHere++
      else count.skipped++
    }
    count.failed += fileStatus === 'failed' && failedHere === 0 ? 1 : failedHere
  }
  if (count.failed === 0 && (status !== 0 || count.passed === 0)) count.failed = 1
  return count
}
