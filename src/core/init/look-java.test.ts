import { describe, expect, it } from 'vitest'
import { seenProject } from '../../../test/doubles/project.ts'
import { lookAtJava } from './look-java.ts'

const POM = `<project>
  <parent><artifactId>spring-boot-starter-parent</artifactId></parent>
  <artifactId>shop-api</artifactId>
  <properties><java.version>21</java.version></properties>
  <dependencies>
    <dependency><artifactId>spring-boot-starter-actuator</artifactId></dependency>
    <dependency><groupId>org.postgresql</groupId></dependency>
  </dependencies>
</project>
`
const look = (files: Readonly<Record<string, string>>) => lookAtJava(seenProject(files))

describe('a Java project', () => {
  it('is recognised by pom.xml, with Spring Boot, its actuator and PostgreSQL', () => {
    expect(look({ 'pom.xml': POM })).toMatchObject({
      name: 'shop-api',
      version: '21',
      tool: 'maven',
      framework: 'Spring Boot',
      port: { value: 8080, at: null },
      health: { value: '/actuator/health', at: { file: 'pom.xml', line: 6 } },
      database: { value: 'SPRING_DATASOURCE_URL' },
      notes: [],
    })
  })

  it('is recognised by build.gradle, with the Java of its toolchain', () => {
    const files = {
      'build.gradle.kts':
        'plugins { id("org.springframework.boot") version "3.5.0" }\njava { toolchain { languageVersion = JavaLanguageVersion.of(25) } }\n',
      'settings.gradle.kts': 'rootProject.name = "Shop"\n',
    }
    expect(look(files)).toMatchObject({
      name: 'shop',
      version: '25',
      tool: 'gradle',
      boot: true,
      health: null,
      manifests: ['build.gradle.kts', 'settings.gradle.kts'],
    })
    expect(look({ 'build.gradle': 'sourceCompatibility = 1.8\n' })).toMatchObject({
      version: '8',
      framework: null,
      notes: [{ code: 'port_guessed' }],
    })
    expect(look({})).toBeNull()
  })

  it('listens and is asked as its settings say', () => {
    const properties = 'server.port=${PORT:9001}\nserver.servlet.context-path=/shop\n'
    expect(look({ 'pom.xml': POM, 'src/main/resources/application.properties': properties })).toMatchObject({
      port: { value: 9001, at: { file: 'src/main/resources/application.properties', line: 1 } },
      health: { value: '/shop/actuator/health' },
    })
    const yml =
      'spring:\n  port: 1\nserver:\n  port: 9002 # here\nmanagement:\n  endpoints:\n    web:\n      base-path: /manage\n'
    expect(look({ 'pom.xml': POM, 'src/main/resources/application.yml': yml })).toMatchObject({
      port: { value: 9002, at: { line: 4 } },
      health: { value: '/manage/health' },
    })
  })

  it('has no health route for users where the actuator answers on a port of its own', () => {
    const found = look({
      'pom.xml': POM,
      'src/main/resources/application.yml': 'management:\n  server:\n    port: 9100\n',
    })
    expect(found).toMatchObject({ health: null, notes: [{ code: 'management_port', details: { port: '9100' } }] })
  })

  it('says that it has several modules', () => {
    expect(
      look({ 'pom.xml': POM.replace('<dependencies>', '<modules></modules><dependencies>') })?.notes,
    ).toMatchObject([{ code: 'modules_several' }])
  })
})
