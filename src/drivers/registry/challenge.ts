// Takes WWW-Authenticate apart: what a registry wants to see before it answers.

export type Challenge =
  | { readonly scheme: 'basic' }
  | {
      readonly scheme: 'bearer'
      readonly realm: string
      readonly service: string | null
      readonly scope: string | null
    }

const SCHEME = /\s*([A-Za-z][\w-]*)(?=\s|,|$)(?!\s*=)/y
const PARAMETER = /[\s,]*([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y

/** The one that is best answered: a token before a password. `null`: none that is known here. */
export function parseChallenge(header: string): Challenge | null {
  const found: Challenge[] = []
  for (let at = 0; at < header.length;) {
    SCHEME.lastIndex = at
    const scheme = SCHEME.exec(header)?.[1]?.toLowerCase()
    if (scheme === undefined) break
    at = SCHEME.lastIndex
    const parameters = new Map<string, string>()
    for (;;) {
      PARAMETER.lastIndex = at
      const match = PARAMETER.exec(header)
      if (match === null) break
      at = PARAMETER.lastIndex
      parameters.set(match[1]!.toLowerCase(), match[3] ?? match[2]!.replaceAll(/\\(.)/g, '$1'))
    }
    while (/[\s,]/.test(header[at] ?? '')) at += 1
    const realm = parameters.get('realm')
    if (scheme === 'basic') found.push({ scheme })
    if (scheme === 'bearer' && realm !== undefined) {
      found.push({ scheme, realm, service: parameters.get('service') ?? null, scope: parameters.get('scope') ?? null })
    }
  }
  return found.find(({ scheme }) => scheme === 'bearer') ?? found[0] ?? null
}
