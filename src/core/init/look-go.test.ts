import { describe, expect, it } from 'vitest'
import { seenProject } from '../../../test/doubles/project.ts'
import { lookAtGo } from './look-go.ts'
import type { GoProject } from './seen.ts'

const MODULE = 'module example.com/team/shop/v2\n\ngo 1.24.3\n\ntoolchain go1.26.1\n'
const GIN = `${MODULE}\nrequire github.com/gin-gonic/gin v1.12.0\n`

function look(files: Readonly<Record<string, string>>, main: string | null = null): GoProject {
  const project = lookAtGo(seenProject({ 'go.mod': GIN, ...files }), main)
  if (project === null) throw new Error('it is not recognised')
  return project
}

const program = (...body: string[]) =>
  `package main\n\nimport "github.com/gin-gonic/gin"\n\nfunc main() {\n${body.join('\n')}\n}\n`
const portOf = (...body: string[]) => look({ 'main.go': program(...body) }).port
const healthOf = (...body: string[]) => look({ 'main.go': program(...body) }).health?.value ?? null
const notesOf = (project: GoProject) => project.notes.map(({ code }) => code)

describe('a Go module', () => {
  it('is named by its path, and has the newer of its two versions of Go', () => {
    expect(look({ 'main.go': program() })).toMatchObject({
      name: 'shop',
      version: '1.26',
      framework: 'Gin',
      imports: ['github.com/gin-gonic/gin'],
    })
    expect(lookAtGo(seenProject({ 'go.mod': 'module example.com/plain\n\ngo 1.23\n' }), null)).toMatchObject({
      version: '1.23',
      framework: null,
    })
    expect(lookAtGo(seenProject({ 'go.mod': '// nothing\n' }), null)).toBeNull()
  })

  it('says in which file and line each thing was found', () => {
    const { findings, port, health } = look({
      'main.go': program('\tr := gin.Default()', '\tr.GET("/healthz", ok)', '\tr.Run(":9000")'),
    })
    expect(findings.find(({ kind }) => kind === 'framework')?.at).toMatchObject({ file: 'go.mod', line: 7 })
    expect(findings.find(({ kind }) => kind === 'main')?.at).toMatchObject({ file: 'main.go', line: 5 })
    expect(health).toMatchObject({ value: '/healthz', at: { file: 'main.go', line: 7, text: 'r.GET("/healthz", ok)' } })
    expect(port).toMatchObject({ value: 9000, at: { line: 8 } })
  })
})

describe('the port of a Go program', () => {
  it.each([
    ['r.Run(":8081")', 8081],
    ['r.Run("0.0.0.0:8081")', 8081],
    ['http.ListenAndServe(":8082", nil)', 8082],
    ['net.Listen("tcp", ":8083")', 8083],
    ['srv := &http.Server{Addr: ":8084", Handler: r}', 8084],
    ['app.Listen(":8085")', 8085],
    ['port := os.Getenv("PORT")\nif port == "" {\n\tport = "8086"\n}\nr.Run(":" + port)', 8086],
    ['r.Run(":" + getEnv("PORT", "8087"))', 8087],
    ['listen := cmp.Or(os.Getenv("SHOP_LISTEN"), ":8088")\nserve(listen)', 8088],
    ['// r.Run(":1111")\nr.Run()', 8080],
  ])('is found in %s', (body, port) => {
    const found = portOf(body)
    expect(found.value).toBe(port)
    expect(found.at).not.toBeNull()
  })

  it('is not the one of something beside it', () => {
    expect(
      portOf(
        'go http.ListenAndServe(":9090", promhttp.Handler()) // metrics',
        'db := "localhost:5432"',
        'r.Run(":8081")',
      ).value,
    ).toBe(8081)
    expect(portOf('metricsAddr := ":9090"', 'listenAddr := ":8081"').value).toBe(8081)
  })

  it('is assumed where nothing says it, and told to a program that reads it from a variable alone', () => {
    const silent = look({ 'main.go': 'package main\nfunc main() { serve() }\n' })
    expect(silent.port).toEqual({ value: 8080, at: null })
    expect(notesOf(silent)).toEqual(['port_guessed'])
    const asks = look({ 'main.go': program('http.ListenAndServe(":" + os.Getenv("SHOP_PORT"), r)') })
    expect(asks).toMatchObject({ port: { value: 8080, at: null }, portVariable: 'SHOP_PORT' })
    expect(notesOf(asks)).toEqual([])
  })

  it('is warned of where only the container itself could reach it', () => {
    const project = look({ 'main.go': program('r.Run("127.0.0.1:8080")') })
    expect(project.notes).toMatchObject([
      { code: 'loopback', details: { file: 'main.go', line: 6, address: '127.0.0.1:8080' } },
    ])
  })

  it('is the first of several, and that is said', () => {
    expect(look({ 'main.go': program('public.Run(":8080")', 'internal.Run(":8090")') }).notes).toMatchObject([
      { code: 'ports_several', details: { chosen: '8080', others: '8090' } },
    ])
  })
})

describe('the health route of a Go program', () => {
  it.each([
    ['r.GET("/ping", pong)', '/ping'],
    ['r.GET("/ping", pong)\nr.GET("/readyz", ready)\nr.GET("/healthz", ok)', '/healthz'],
    ['mux.HandleFunc("GET /health", ok)', '/health'],
    ['http.HandleFunc("/health", ok)', '/health'],
    ['r.Handle("GET", "/livez", ok)', '/livez'],
    ['api := r.Group("/api")\nv1 := api.Group("v1")\nv1.GET("/health", ok)', '/api/v1/health'],
    ['const healthPath = "/status"\nr.GET(healthPath, ok)', '/status'],
    ['// r.GET("/healthz", ok)\nr.POST("/ping", pong)\nr.GET("/products", list)', null],
  ])('is found in %s', (body, path) => {
    expect(healthOf(body)).toBe(path)
  })

  it('is not used where what stands in front of it is decided elsewhere', () => {
    const project = look({
      'main.go': program(),
      'routes.go': 'package main\n\nfunc routes(rg *gin.RouterGroup) {\n\trg.GET("/health", ok)\n}\n',
    })
    expect(project.health).toBeNull()
    expect(project.notes).toMatchObject([
      { code: 'port_guessed' },
      { code: 'health_prefix', details: { path: '/health', file: 'routes.go', line: 4 } },
    ])
  })
})

describe('the programs of a Go module', () => {
  const worker = 'package main\nimport "example.com/team/shop/v2/internal/jobs"\nfunc main() { jobs.Run() }\n'
  const api =
    'package main\nimport (\n\t"example.com/team/shop/v2/internal/web"\n\t"example.com/team/shop/v2/internal/version"\n)\nfunc main() { web.Serve(version.Version) }\n'
  const files = {
    'cmd/worker/main.go': worker,
    'cmd/api/main.go': api,
    'internal/web/web.go':
      'package web\nimport "github.com/gin-gonic/gin"\nfunc Serve(v string) { r.GET("/healthz", ok); r.Run(":8080") }\n',
    'internal/jobs/jobs.go': 'package jobs\nimport "github.com/lib/pq"\nfunc Run() { listen(":7000") }\n',
    'internal/version/version.go': 'package version\n\nvar Version = "dev"\n',
    'internal/web/web_test.go': 'package web\nimport "github.com/stretchr/testify/assert"\n',
    'internal/web/web_windows.go': 'package web\nimport "golang.org/x/sys/windows"\n',
    'tools.go': '//go:build tools\n\npackage main\nimport "example.org/tool"\n',
    'other/go.mod': 'module example.com/other\n',
    'other/main.go': 'package main\nfunc main() {}\n',
    'examples/demo/main.go': 'package main\nfunc main() {}\n',
  }
  const requires = `${MODULE}require (\n\tgithub.com/gin-gonic/gin v1.12.0\n\tgithub.com/lib/pq v1.10.9 // indirect\n)\n`

  it('are known, the likeliest is taken, and that there are others is said', () => {
    const project = look({ 'go.mod': requires, ...files })
    expect(project.mains).toEqual(['cmd/api', 'cmd/worker'])
    expect(project).toMatchObject({
      port: { value: 8080 },
      health: { value: '/healthz' },
      imports: ['github.com/gin-gonic/gin'],
    })
    expect(project.notes).toMatchObject([
      { code: 'mains_several', details: { chosen: './cmd/api', all: './cmd/api, ./cmd/worker' } },
    ])
  })

  it('are each looked at with what they reach', () => {
    const project = look({ 'go.mod': requires, ...files }, 'cmd/worker')
    expect(project).toMatchObject({
      mains: ['cmd/worker', 'cmd/api'],
      port: { value: 7000 },
      health: null,
      imports: ['github.com/lib/pq'],
    })
    expect(project.notes).toEqual([])
  })

  it('have their version linked in where they keep it', () => {
    expect(look({ 'go.mod': requires, ...files }).versionVariable).toBe(
      'example.com/team/shop/v2/internal/version.Version',
    )
    expect(look({ 'main.go': 'package main\n\nvar (\n\tversion = "dev"\n)\nfunc main() {}\n' }).versionVariable).toBe(
      'main.version',
    )
    expect(look({ 'main.go': 'package main\n\nvar Version string\nfunc main() {}\n' }).versionVariable).toBe(
      'main.Version',
    )
    expect(look({ 'main.go': program() }).versionVariable).toBe('main.version')
  })
})

describe('what a Go module needs', () => {
  it('is a database where it requires a driver, by the variable that its source names', () => {
    const mod = `${MODULE}require github.com/jackc/pgx/v5 v5.12.0\n`
    expect(look({ 'go.mod': mod, 'main.go': program('os.Getenv("SHOP_DB_DSN")') }).database).toMatchObject({
      value: 'SHOP_DB_DSN',
      at: { file: 'main.go' },
    })
    expect(look({ 'go.mod': mod, 'main.go': program() }).database).toMatchObject({
      value: 'DATABASE_URL',
      at: { file: 'go.mod', line: 6 },
    })
    expect(look({ 'main.go': program() }).database).toBeNull()
  })

  it('is a C compiler where it imports C, and the folders that stand in for modules', () => {
    const project = look({
      'go.mod': `${GIN}replace example.com/lib => ./lib\n`,
      'main.go': 'package main\nimport "C"\nfunc main() {}\n',
    })
    expect(project).toMatchObject({ cgo: true, replacesLocally: true })
    const outside = look({
      'go.mod': `${GIN}replace (\n\texample.com/lib => ../lib\n)\n`,
      'main.go': program('r.Run()'),
    })
    expect(outside.notes).toMatchObject([{ code: 'replace_outside', details: { path: '../lib' } }])
  })
})
