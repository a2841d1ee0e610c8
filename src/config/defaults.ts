// What holds when nothing is said. The schema shows these texts, definitions.ts fills them in.

export const DEFAULTS = {
  health: { interval: '500ms', timeout: '2s', rise: 1, fall: 2, start_period: '30s' },
  replicas: 1,
  stop: { signal: 'SIGTERM', timeout: '10s', drain: '30s' },
  standby: { warm: 1, warm_for: '1h', frozen: 1, frozen_for: '24h', cold: 5 },
  processStandby: { warm: 0, frozen: 0, cold: 1 },
  schedule: { time_zone: 'UTC', timeout: '1h' },
  canary: { steps: ['1% 30s', '5% 1m', '25% 2m'], requests: 100, shield: true },
  bake: { for: '15m', holdback: '1%' },
  failure: { grpc: true },
  verdict: {
    alpha: 0.001,
    error_rate: '1%',
    latency: { shift: '20%', at_least: '50ms' },
    memory: true,
    undecided: 'go_on',
  },
  signals: { for: '30s', every: '10s', timeout: '5s' },
  autopilot: 'act',
  previewFrom: ['127.0.0.0/8', '::1/128'],
  hooks: { timeout: '5m' },
  onRollback: 'restore',
  secretAs: 'env',
} as const
