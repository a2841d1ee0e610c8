import { describe, expect, it } from 'vitest'
import { parsePublishedPort } from './published-port.ts'

describe('parsePublishedPort', () => {
  it.each([
    ['8443:8443', [{ hostAddress: null, hostPort: 8443, containerPort: 8443, protocol: 'tcp' }]],
    ['127.0.0.1:9000:90/udp', [{ hostAddress: '127.0.0.1', hostPort: 9000, containerPort: 90, protocol: 'udp' }]],
    ['[::1]:9000:90', [{ hostAddress: '::1', hostPort: 9000, containerPort: 90, protocol: 'tcp' }]],
    ['90', [{ hostAddress: null, hostPort: null, containerPort: 90, protocol: 'tcp' }]],
    [
      '9000-9001:90-91',
      [
        { hostAddress: null, hostPort: 9000, containerPort: 90, protocol: 'tcp' },
        { hostAddress: null, hostPort: 9001, containerPort: 91, protocol: 'tcp' },
      ],
    ],
  ])('reads %s', (text, value) => expect(parsePublishedPort(text)).toEqual({ value }))

  it.each([
    ['', /expected HOST:CONTAINER/],
    ['a:b', /expected HOST:CONTAINER/],
    ['1:2:3', /IP address/],
    ['host:1:2', /IP address/],
    ['0:80', /ports from 1/],
    ['80:70000', /ports from 1/],
    ['9001-9000:1-2', /ports from 1/],
    ['1-500:1-500', /ranges of 100/],
    ['9000-9002:90-91', /one length, got 3 and 2/],
    ['80:80/sctp', /tcp or udp/],
  ])('refuses %j', (text, problem) => {
    expect(parsePublishedPort(text)).toEqual({ problem: expect.stringMatching(problem) })
  })
})
