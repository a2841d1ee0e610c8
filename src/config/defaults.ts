// What holds when nothing is said. The schema shows these texts, definitions.ts fills them in.

export const DEFAULTS = {
  health: { interval: '500ms', timeout: '2s', rise: 1, fall: 2, start_period: '30s' },
  replicas: 1,
  stop: { signal: 'SIGTERM', timeout: '10s', drain: '30s' },
  standby: { warm: 1, warm_for: '1h', frozen: 1, frozen_for: '24h', cold: 5 },
  processStandby: { warm: 0, frozen: 0, cold: 1 },
  schedule: { time_zone: 'UTC', timeout: '1h' },
  hooks: { timeout: '5m' },
  onRollback: 'restore',
  secretAs: 'env',
} as const
