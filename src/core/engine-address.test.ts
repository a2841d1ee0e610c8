import { describe, expect, it } from 'vitest'
import { isEngineAddress } from './engine-address.ts'

describe('the address of an engine', () => {
  it.each([
    'unix:///var/run/docker.sock',
    'tcp://10.0.0.7:2376',
    'tcp://[::1]:2375',
    'ssh://shop.example.com',
    'ssh://deploy@shop.example.com:2222',
    'ssh://deploy_1@[fd00::7]',
  ])('is %s', (text) => expect(isEngineAddress(text)).toBe(true))

  it.each([
    'shop.example.com',
    'unix://docker.sock',
    'ssh://-oProxyCommand=evil',
    'ssh://-l@host',
    'ssh://deploy:secret@host',
    'ssh://host/path',
    'tcp://host:port',
    'http://host:2375',
    '--help',
    '',
  ])('is not %j', (text) => expect(isEngineAddress(text)).toBe(false))
})
