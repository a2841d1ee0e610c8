// What a release is for at the moment: derived from live state alone, so that it is right after a crash as well.

export type Role = 'candidate' | 'active' | 'standby'

export function roleOf(
  live: { readonly active: number | null; readonly candidate: number | null },
  release: number,
): Role {
  if (live.active === release) return 'active'
  return live.candidate === release ? 'candidate' : 'standby'
}
