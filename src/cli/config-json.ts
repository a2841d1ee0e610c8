// The snapshot of a release as machines read it: names as elsewhere in answers, units in names. Of secrets names and versions, never values.
import { containerLines } from '../core/container-options.ts'
import type { ReleaseConfig } from '../core/model.ts'

export function configForMachines(config: ReleaseConfig) {
  const { health, stop } = config
  return {
    port: config.port,
    command: config.command,
    env: config.env,
    secrets: config.secrets.map(({ name, version, onRollback, as = 'env' }) => ({
      name,
      version,
      on_rollback: onRollback,
      as,
    })),
    volumes: config.mounts.map(({ kind, source, target, readOnly, shared }) => ({
      kind,
      source,
      target,
      read_only: readOnly,
      shared,
    })),
    ports: config.ports.map(({ hostAddress, hostPort, containerPort, protocol }) => ({
      host_address: hostAddress,
      host_port: hostPort,
      container_port: containerPort,
      protocol,
    })),
    memory_bytes: config.memoryBytes,
    cpus: config.cpus,
    health: {
      kind: health.kind,
      path: health.kind === 'http' ? health.path : null,
      interval_ms: health.intervalMs,
      timeout_ms: health.timeoutMs,
      rise: health.rise,
      fall: health.fall,
      start_period_ms: health.startPeriodMs,
    },
    container: Object.fromEntries(containerLines(config.container)),
    stop: { signal: stop.signal, timeout_ms: stop.timeoutMs, drain_ms: stop.drainMs },
    database: config.migration ?? null,
    processes: config.processes.map(({ name, command, env, handover, schedule, memoryBytes, cpus }) => ({
      process: name,
      command,
      env,
      handover,
      schedule: schedule === null ? null : { cron: schedule.cron, time_zone: schedule.timeZone },
      memory_bytes: memoryBytes,
      cpus,
    })),
  }
}
