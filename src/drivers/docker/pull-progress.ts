// Turns the engine's report of a pull, one JSON object a line, into one short text, and its error into an EngineRefusal.
import { EngineRefusal } from './engine-api.ts'

type Report = {
  id?: string
  status?: string
  error?: string
  errorDetail?: { message?: string; code?: number }
  progressDetail?: { current?: number; total?: number }
}
type Layer = { bytes: number; of: number; done: boolean }

const MEGABYTE = 1e6
/** Of an error that comes in the middle of the report, after the status of the answer. */
const NO_STATUS = 500

export function createProgress(): { read(line: string): string | null } {
  const layers = new Map<string, Layer>()
  return {
    /** The text to show after this line; `null` when it says nothing new. */
    read(line) {
      const report = parseReport(line)
      const message = report.errorDetail?.message ?? report.error
      if (message !== undefined) throw new EngineRefusal(report.errorDetail?.code ?? NO_STATUS, message)
      if (report.id === undefined || report.status === undefined) return null
      const layer = layers.get(report.id) ?? { bytes: 0, of: 0, done: false }
      if (report.status === 'Downloading') {
        layer.bytes = report.progressDetail?.current ?? layer.bytes
        layer.of = report.progressDetail?.total ?? layer.of
      } else if (report.status === 'Pull complete' || report.status === 'Already exists') {
        layer.done = true
        layer.bytes = layer.of
      } else if (!/^(Pulling fs layer|Waiting|Download complete|Verifying Checksum|Extracting)$/.test(report.status)) {
        return null
      }
      layers.set(report.id, layer)
      return summary([...layers.values()])
    },
  }
}

function summary(layers: readonly Layer[]): string {
  const bytes = layers.reduce((sum, layer) => sum + layer.bytes, 0)
  const of = layers.reduce((sum, layer) => sum + layer.of, 0)
  const done = layers.filter((layer) => layer.done).length
  const size = of === 0 ? '' : `, ${(bytes / MEGABYTE).toFixed(1)} of ${(of / MEGABYTE).toFixed(1)} MB`
  return `${done} of ${layers.length} layers${size}`
}

function parseReport(line: string): Report {
  try {
    return JSON.parse(line) as Report
  } catch {
    throw new EngineRefusal(NO_STATUS, `the engine reported what cannot be read: ${line.slice(0, 200)}`)
  }
}
