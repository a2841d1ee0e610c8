import { describe, expect, it } from 'vitest'
import { listenText, parseHost, parseListen, sameSocket } from './listen.ts'

function listen(text: string) {
  const parsed = parseListen(text)
  if ('problem' in parsed) throw new Error(parsed.problem)
  return parsed.value
}

describe('parseListen', () => {
  it.each([
    ['127.0.0.1:18080', '127.0.0.1:18080'],
    ['0.0.0.0:80', '0.0.0.0:80'],
    ['[::]:80', '[::]:80'],
    ['[0:0:0:0:0:0:0:1]:080', '[::1]:80'],
  ])('takes %s', (text, written) => expect(listenText(listen(text))).toBe(written))

  it.each([
    ['8080', /0\.0\.0\.0:8080 for everybody/],
    [':8080', /127\.0\.0\.1:8080 for this host/],
    ['*:8080', /0\.0\.0\.0:8080/],
    ['localhost:80', /127\.0\.0\.1:80/],
    ['127.0.0.1', /expected an IP address and a port/],
    ['127.0.0.1:0', /ADDRESS:PORT/],
    ['127.0.0.1:65536', /ADDRESS:PORT/],
    ['127.0.0.256:80', /IP address and a port/],
    ['::1:80', /IP address and a port/],
    ['[fe80::1%eth0]:80', /IP address and a port/],
    ['shop.example.com:80', /IP address and a port/],
    ['127.0.0.1:80\nbind', /ADDRESS:PORT/],
    ['', /ADDRESS:PORT/],
  ])('refuses %j', (text, problem) => expect(parseListen(text)).toEqual({ problem: expect.stringMatching(problem) }))
})

it.each([
  ['127.0.0.1:80', '127.0.0.1:80', true],
  ['0.0.0.0:80', '127.0.0.1:80', true],
  ['[::]:80', '127.0.0.1:80', true],
  ['127.0.0.1:80', '127.0.0.2:80', false],
  ['127.0.0.1:80', '127.0.0.1:81', false],
])('knows whether %s and %s exclude each other', (left, right, same) => {
  expect(sameSocket(listen(left), listen(right))).toBe(same)
  expect(sameSocket(listen(right), listen(left))).toBe(same)
})

describe('parseHost', () => {
  it.each([
    ['shop.example.com', 'shop.example.com'],
    ['Shop.Example.COM', 'shop.example.com'],
    ['localhost', 'localhost'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ])('takes %s', (text, host) => expect(parseHost(text)).toEqual({ value: host }))

  it.each([
    ['shop.example.com:80', /without a port/],
    ['https://shop.example.com', /without scheme/],
    ['*.example.com', /wildcards/],
    ['-x', /expected a host name/],
    ['a b', /expected a host name/],
    ['a..b', /expected a host name/],
    [`${'a'.repeat(64)}.com`, /expected a host name/],
    ['shop.example.com\n', /expected a host name/],
    ['', /expected a host name/],
  ])('refuses %j', (text, problem) => expect(parseHost(text)).toEqual({ problem: expect.stringMatching(problem) }))
})
