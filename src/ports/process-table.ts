// Tells whether the process that holds a lease still lives.

/** A process beyond doubt: its id is reused, its start within a boot is not. */
export type Owner = {
  readonly pid: number
  readonly startTicks: string
  readonly bootId: string
  readonly pidNamespace: string
}

export interface ProcessTable {
  self(): Owner
  /** `unknown`: it lives, or not, where this process cannot look (another PID namespace); the lease's expiry decides. */
  liveness(owner: Owner): 'alive' | 'dead' | 'unknown'
}
