// Reading values out of rows.
import type { Row } from './database.ts'

export function numberOrNull(value: Row[string] | undefined): number | null {
  return value === null || value === undefined ? null : Number(value)
}
