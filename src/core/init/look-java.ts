// A Java project, by Maven or Gradle: Spring Boot and its actuator, where it listens, which Java it wants.
import { type At, type Finding, type Found, type JavaProject, type Note, type Seen, serviceName } from './seen.ts'
import { isPort, lineAt } from './source-text.ts'

const JAVA = '21'
const PORT = 8080

/** `null`: there is neither pom.xml nor build.gradle. */
export function lookAtJava(seen: Seen): JavaProject | null {
  const manifest = ['pom.xml', 'build.gradle', 'build.gradle.kts'].find((path) => seen.texts.has(path))
  if (manifest === undefined) return null
  const text = seen.texts.get(manifest)!
  const tool = manifest === 'pom.xml' ? 'maven' : 'gradle'
  const find = (pattern: RegExp): Found<string> | null => findIn(manifest, text, pattern)
  const boot = find(/(spring-boot)(?:-starter|-maven-plugin)|(org\.springframework\.boot)/)
  const actuator = find(/(spring-boot-starter-actuator)/)
  const postgres = find(/(org\.postgresql)/)
  const version =
    find(/<(?:java\.version|maven\.compiler\.release|maven\.compiler\.source|release)>\s*(?:1\.)?(\d+)\s*</) ??
    find(
      /JavaLanguageVersion\.of\(\s*(\d+)\s*\)|(?:source|target)Compatibility\s*=\s*(?:JavaVersion\.VERSION_|['"]?(?:1\.)?)(\d+)/,
    )
  const settings = settingsOf(seen)
  const port = settings('server.port')
  const number = port === null || !isPort(Number(port.value)) ? null : { value: Number(port.value), at: port.at }
  const management = settings('management.server.port')
  const context = settings('server.servlet.context-path')?.value ?? ''
  const base = settings('management.endpoints.web.base-path')?.value ?? '/actuator'
  const elsewhere = management !== null && management.value !== port?.value
  const path = `${context}${base}/health`.replaceAll(/\/{2,}/g, '/')
  const usable = actuator !== null && !elsewhere && /^\/[\w\-.~/]*$/.test(path)
  const database =
    postgres === null ? null : { value: boot === null ? 'DATABASE_URL' : 'SPRING_DATASOURCE_URL', at: postgres.at }
  const several = find(/(<modules>)/) ?? includesOf(seen)
  return {
    language: 'java',
    name: serviceName(nameOf(seen, tool, text)),
    framework: boot === null ? null : 'Spring Boot',
    port: number ?? { value: PORT, at: null },
    portVariable: null,
    health: usable ? { value: path, at: actuator.at } : null,
    database,
    version: version?.value ?? JAVA,
    tool,
    manifests: [
      'pom.xml',
      'build.gradle',
      'build.gradle.kts',
      'settings.gradle',
      'settings.gradle.kts',
      'gradle.properties',
    ].filter((path) => seen.paths.includes(path) && (path === 'pom.xml') === (tool === 'maven')),
    boot: boot !== null,
    command: ['java', '-XX:MaxRAMPercentage=75', '-jar', '/app.jar'],
    findings: [
      {
        kind: 'language',
        value: `Java ${version?.value ?? JAVA} · ${tool === 'maven' ? 'Maven' : 'Gradle'}`,
        at: version?.at ?? { file: manifest, line: 1, text: '' },
      },
      ...(boot === null ? [] : [{ kind: 'framework' as const, value: 'Spring Boot', at: boot.at }]),
      ...(postgres === null ? [] : [{ kind: 'database' as const, value: 'PostgreSQL', at: postgres.at }]),
    ] satisfies Finding[],
    notes: [
      ...(number === null && boot === null ? [{ code: 'port_guessed', details: { port: PORT } } as const] : []),
      ...(elsewhere && actuator !== null
        ? [{ code: 'management_port', details: { port: management.value } } as const]
        : []),
      ...(several === null
        ? []
        : [{ code: 'modules_several', details: { file: several.at?.file ?? manifest } } as const]),
    ] satisfies Note[],
  }
}

function includesOf({ texts }: Seen): Found<string> | null {
  for (const file of ['settings.gradle', 'settings.gradle.kts']) {
    const found = findIn(file, texts.get(file) ?? '', /^\s*(include)\b/m)
    if (found !== null) return found
  }
  return null
}

function findIn(file: string, text: string, pattern: RegExp): (Found<string> & { readonly at: At }) | null {
  const match = pattern.exec(text)
  const value = match?.slice(1).find((group) => group !== undefined)
  return match === null || value === undefined ? null : { value, at: lineAt(file, text, match.index) }
}

function nameOf(seen: Seen, tool: JavaProject['tool'], text: string): string {
  if (tool === 'maven') {
    const own = text.replace(/<parent>[\s\S]*?<\/parent>/, '')
    return /<artifactId>\s*([\w.-]+)\s*</.exec(own)?.[1] ?? seen.folder
  }
  const settings = seen.texts.get('settings.gradle') ?? seen.texts.get('settings.gradle.kts') ?? ''
  return /rootProject\.name\s*=\s*['"]([^'"]+)/.exec(settings)?.[1] ?? seen.folder
}

/** What application.properties or application.yml say: `server.port` and the like; a placeholder's default counts. */
function settingsOf({ texts }: Seen): (key: string) => Found<string> | null {
  const files = ['properties', 'yml', 'yaml'].map((kind) => `src/main/resources/application.${kind}`)
  return (key) => {
    for (const file of files) {
      const text = texts.get(file)
      if (text === undefined) continue
      const found = file.endsWith('properties') ? property(text, key) : nested(text, key)
      if (found === null) continue
      const value = /^\$\{[^:}]+:([^}]*)\}$/.exec(found.value)?.[1] ?? found.value
      return { value, at: lineAt(file, text, found.index) }
    }
    return null
  }
}

type Placed = { readonly value: string; readonly index: number }

function property(text: string, key: string): Placed | null {
  const match = new RegExp(String.raw`^[ \t]*${key.replaceAll('.', String.raw`\.`)}[ \t]*[=:][ \t]*(\S+)`, 'm').exec(
    text,
  )
  return match === null ? null : { value: match[1]!, index: match.index }
}

/** By indentation: enough for the few plain keys that are asked for. */
function nested(text: string, key: string): Placed | null {
  const path: { indent: number; name: string }[] = []
  let index = 0
  for (const line of text.split('\n')) {
    const match = /^( *)([\w.-]+):(?:\s+["']?([^\s"'#]*))?/.exec(line)
    if (match !== null) {
      const indent = match[1]!.length
      while (path.length > 0 && path.at(-1)!.indent >= indent) path.pop()
      path.push({ indent, name: match[2]! })
      if (path.map(({ name }) => name).join('.') === key && match[3]) return { value: match[3], index }
    }
    index += line.length + 1
  }
  return null
}
