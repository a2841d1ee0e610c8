import { createServer, type AddressInfo, type Server } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { splitListen } from './listen-address.ts'
import { obstacleOf } from './listen-check.ts'

describe('an address', () => {
  it.each([
    ['127.0.0.1:8080', '127.0.0.1', 8080],
    ['[::]:80', '::', 80],
    ['[::1]:80', '::1', 80],
    ['*:80', '0.0.0.0', 80],
    [':80', '0.0.0.0', 80],
  ])('%s is %s and %i', (listen, host, port) => {
    expect(splitListen(listen)).toEqual({ host, port })
  })
})

describe('what is in the way', () => {
  let other: Server
  let listen: string
  beforeEach(async () => {
    other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    listen = `127.0.0.1:${(other.address() as AddressInfo).port}`
  })
  afterEach(async () => {
    await new Promise((resolve) => other.close(resolve))
  })

  it('is somebody who listens there, by name', async () => {
    expect(await obstacleOf([listen], [])).toMatchObject({
      listen,
      taken: true,
      by: expect.stringContaining(`(process ${process.pid})`) as string,
    })
  })
  it('is nobody where we listen ourselves', async () => {
    expect(await obstacleOf([listen], [listen.replace('127.0.0.1', '0.0.0.0')])).toBeNull()
  })
  it('is nobody where nobody listens, and asking leaves nothing behind', async () => {
    await new Promise((resolve) => other.close(resolve))
    expect(await obstacleOf([listen, listen], [])).toBeNull()
    other = createServer()
    await new Promise<void>((resolve) => other.listen(splitListen(listen).port, '127.0.0.1', resolve))
  })
  it('is an address that this host does not have', async () => {
    expect(await obstacleOf(['203.0.113.7:80'], [])).toMatchObject({
      taken: false,
      by: '',
      reason: expect.stringContaining('EADDRNOTAVAIL') as string,
    })
  })
})
