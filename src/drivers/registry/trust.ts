// Which certificates a registry is believed by, and which it is shown: those of the system, and those that Docker reads for it from a folder of its name
// (`/etc/docker/certs.d/HOST:PORT`: *.crt are believed, NAME.cert with NAME.key is shown).
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls'

/** Where Linux distributions keep the system's certificates; the first that is there counts. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

export type Certificates = {
  /** `/etc/docker/certs.d` */
  readonly folder: string
  /** Says where the system's certificates are (SSL_CERT_FILE), instead of where distributions keep them. */
  readonly bundle: string | undefined
}

/** Rejects when a certificate cannot be read. */
export async function readTrust(host: string, { folder, bundle }: Certificates): Promise<SecureContext> {
  const own = join(folder, host)
  const names = await readdir(own).catch(ifAbsent<string[]>([]))
  const read = (extension: string) =>
    Promise.all(names.filter((name) => name.endsWith(extension)).map((name) => readFile(join(own, name), 'utf8')))
  const alone = names.find((name) => name.endsWith('.cert') && !names.includes(name.replace(/\.cert$/, '.key')))
  if (alone !== undefined) throw new Error(`${join(own, alone)} has no key beside it`)
  const keys = names.filter((name) => name.endsWith('.cert')).map((name) => join(own, name.replace(/\.cert$/, '.key')))
  const [system, believed, shown, opened] = await Promise.all([
    readSystem(bundle),
    read('.crt'),
    read('.cert'),
    Promise.all(keys.map((path) => readFile(path, 'utf8'))),
  ])
  return createSecureContext({
    ca: [...system, ...believed],
    ...(shown.length === 0 ? {} : { cert: shown, key: opened }),
  })
}

async function readSystem(bundle: string | undefined): Promise<readonly string[]> {
  if (bundle) return [await readFile(bundle, 'utf8')]
  for (const path of BUNDLES) {
    const text = await readFile(path, 'utf8').catch(ifAbsent(null))
    if (text !== null) return [text]
  }
  return rootCertificates
}

function ifAbsent<T>(otherwise: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return otherwise
    throw error
  }
}
