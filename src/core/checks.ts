// Checks of an image before it may be deployed, and which services of a compose project it takes the place of. Pure.

/** `run`: a command in the image, exit code 0 passes. `compose`: a project around the image; `argv` is a program on the host, `null`: its health is enough. */
export type CheckAction =
  | { readonly kind: 'run'; readonly argv: readonly string[] }
  | {
      readonly kind: 'compose'
      /** Absolute. */
      readonly file: string
      /** Whose image is replaced, and whose address the program is told; `null`: the one that fits. */
      readonly service: string | null
      readonly argv: readonly string[] | null
      /** Where the program runs. */
      readonly cwd: string
    }

export type Check = { readonly name: string; readonly timeoutMs: number; readonly action: CheckAction }

/** A service of a compose project, as compose itself reads its file. */
export type ProjectService = {
  readonly name: string
  /** `null`: it names none. */
  readonly image: string | null
  readonly isBuilt: boolean
}

/** `main` is what is checked. Others of the same image are replaced with it: a worker is of the release, too. */
export type Substitution = { readonly main: string; readonly replaced: readonly string[] }

/** The service that is named; else those of the same image; else one of the service's own name; else the only one that is built. `null`: none of them. */
export function substitution(
  services: readonly ProjectService[],
  wanted: { readonly named: string | null; readonly service: string; readonly repository: string },
): Substitution | null {
  const same = services.filter(({ image }) => image !== null && repositoryOf(image) === repositoryOf(wanted.repository))
  const ofName = (name: string, among = services) => among.find((service) => service.name === name)
  const built = services.filter(({ isBuilt }) => isBuilt)
  const main =
    wanted.named !== null
      ? ofName(wanted.named)
      : (ofName(wanted.service, same) ??
        same[0] ??
        ofName(wanted.service) ??
        (built.length === 1 ? built[0] : undefined))
  if (main === undefined) return null
  return { main: main.name, replaced: [...new Set([main.name, ...same.map(({ name }) => name)])] }
}

export function nothingToReplace(services: readonly ProjectService[]): string {
  const known = services.map(({ name }) => name).join(', ')
  return `has no service that the image could take the place of; name one of them with service: ${known || 'there is none'}`
}

/** Without tag and digest, and as Docker writes it out: `shop` is `docker.io/library/shop`. */
function repositoryOf(image: string): string {
  const repository = image.replace(/@.*$/, '').replace(/:[^:/]*$/, '')
  const [first = '', ...rest] = repository.split('/')
  if (rest.length === 0) return `docker.io/library/${repository}`
  return /[.:]|^localhost$/.test(first) ? repository : `docker.io/${repository}`
}
