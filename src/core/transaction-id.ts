// `tx-5f8a7b9c`: one operation, or one for a whole set of services, where each service has its part: `tx-5f8a7b9c.api`.
// People and machines are shown the whole; the part is what the state keeps apart.

export function partOf(transactionId: string, service: string): string {
  return `${transactionId}.${service}`
}

/** The transaction that a part belongs to; an operation of one service is whole by itself. */
export function wholeOf(transactionId: string): string {
  return transactionId.split('.', 1)[0]!
}

export function isPart(transactionId: string): boolean {
  return transactionId.includes('.')
}
