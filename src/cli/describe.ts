// Settings of a release as people read them, in the words of astern.yaml. Values of secrets are not known here.
import { containerLines } from '../core/container-options.ts'
import { schemaLine } from '../core/diff.ts'
import { formatDuration } from '../core/duration.ts'
import type { Health, Mount, PublishedPort, ReleaseConfig, StopPolicy } from '../core/model.ts'
import { formatSize } from '../core/size.ts'

/** One line per value of a setting, by the name that core/diff.ts gives it. Empty: nothing is set. */
export function describe(config: ReleaseConfig, setting: string): readonly string[] {
  switch (setting) {
    case 'command':
      return config.command === null ? [] : [config.command.map(quoted).join(' ')]
    case 'port':
      return [String(config.port)]
    case 'ports':
      return config.ports.map(describePort)
    case 'volumes':
      return config.mounts.map(describeMount)
    case 'memory':
      return config.memoryBytes === null ? [] : [formatSize(config.memoryBytes)]
    case 'cpus':
      return config.cpus === null ? [] : [String(config.cpus)]
    case 'health':
      return [describeHealth(config.health)]
    case 'stop':
      return [describeStop(config.stop)]
    case 'database': {
      const line = schemaLine(config.migration)
      return line === null ? [] : [line]
    }
    default:
      return containerLines(config.container).get(setting) ?? []
  }
}

/** Those that `describe` knows, in the order of astern.yaml. */
export const settings = ['command', 'port', 'health', 'volumes', 'ports', 'memory', 'cpus', 'stop', 'database'] as const

/** An argument that a shell would take apart is quoted. */
function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : JSON.stringify(argument)
}

function describePort({ hostAddress, hostPort, containerPort, protocol }: PublishedPort): string {
  return `${hostAddress === null ? '' : `${hostAddress}:`}${hostPort}:${containerPort}/${protocol}`
}

function describeMount({ source, target, readOnly, shared }: Mount): string {
  return `${source}:${target}${readOnly ? ':ro' : ''}${shared ? ' shared' : ''}`
}

function describeHealth(health: Health): string {
  const probe = health.kind === 'http' ? `GET ${health.path}` : health.kind === 'tcp' ? 'TCP' : 'HEALTHCHECK'
  const { intervalMs, timeoutMs, rise, fall, startPeriodMs } = health
  const timing = [
    `interval ${formatDuration(intervalMs)}`,
    `timeout ${formatDuration(timeoutMs)}`,
    `rise ${rise}`,
    `fall ${fall}`,
    `start_period ${formatDuration(startPeriodMs)}`,
  ]
  return `${probe} · ${timing.join(' · ')}`
}

function describeStop({ signal, timeoutMs, drainMs }: StopPolicy): string {
  return `${signal} · timeout ${formatDuration(timeoutMs)} · drain ${formatDuration(drainMs)}`
}
