// Hears when Docker wants its plugin to end. At a terminal Ctrl-C reaches us by itself; elsewhere a signal ends only `docker`, which then closes a
// socket that it has told us of (https://github.com/docker/cli, cli-plugins/socket): that is Ctrl-C for us.
import { connect } from 'node:net'

type Process = Pick<NodeJS.Process, 'env' | 'pid' | 'kill'> & { readonly stdin: { readonly isTTY?: boolean } }

export function followDocker(process: Process): void {
  const address = process.env['DOCKER_CLI_PLUGIN_SOCKET'] ?? ''
  // Programs that we start are no plugins of Docker's.
  delete process.env['DOCKER_CLI_PLUGIN_SOCKET']
  if (address === '' || process.stdin.isTTY === true) return
  // `@name` is in Linux's abstract space
  const socket = connect(address.startsWith('@') ? `\0${address.slice(1)}` : address)
  let connected = false
  socket.on('connect', () => (connected = true))
  socket.on('error', () => {}) // an older Docker, which does not listen
  socket.on('close', () => {
    if (connected) process.kill(process.pid, 'SIGINT')
  })
  socket.resume().unref()
}
