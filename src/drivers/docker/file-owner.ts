// Who the processes of an image run as, by the numbers of this host: files for them alone need an owner.
import type { FileOwner } from '../../ports/runtime.ts'
import type { EngineApi } from './engine-api.ts'

/** Engines with these options give other numbers to the users of containers. */
const MAPS_USERS = /name=(userns|rootless)/

export async function ownerOf(api: EngineApi, configDigest: string, user?: string): Promise<FileOwner | null> {
  const [image, info] = await Promise.all([api.image(configDigest), api.info()])
  if (image === null || (info.SecurityOptions ?? []).some((option) => MAPS_USERS.test(option))) return null
  return parseUser(user ?? image.Config?.User ?? '')
}

/** `10001`, `10001:10001`, `root` or nothing at all. What is a name, only the image's own /etc/passwd knows. */
export function parseUser(user: string): FileOwner | null {
  if (user === '') return { uid: 0, gid: 0 }
  const [, uid, gid] = /^(\d+|root)(?::(\d+|root))?$/.exec(user) ?? []
  if (uid === undefined) return null
  const number = (text: string) => (text === 'root' ? 0 : Number(text))
  return { uid: number(uid), gid: gid === undefined ? 0 : number(gid) }
}
