import { describe, expect, it } from 'vitest'
import { parseUser } from './file-owner.ts'

describe('the owner of files for a container', () => {
  it.each([
    ['', { uid: 0, gid: 0 }],
    ['root', { uid: 0, gid: 0 }],
    ['10001', { uid: 10_001, gid: 0 }],
    ['10001:20', { uid: 10_001, gid: 20 }],
    ['app', null],
    ['10001:app', null],
  ])('is read from the user of an image: "%s"', (user, owner) => expect(parseUser(user)).toEqual(owner))
})
