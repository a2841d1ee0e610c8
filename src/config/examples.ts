// The files that the documentation shows. They are loaded by a test, so that they cannot drift from what is taken.

export const SMALLEST = `services:
  gin-shop:
    image: gin-shop             # repository; a release adds tag and digest
    port: 8080                  # where the process listens in its container
    health: /healthz
environments:
  prod:
    listen: 127.0.0.1:18080     # where users connect
`

export const MORE = `services:
  gin-shop:
    image: registry.example.com/shop/gin-shop
    compose: compose.yaml#web   # or take the definition from there; what stands here wins
    port: 8080
    health: { path: /healthz, interval: 500ms, timeout: 2s, rise: 1, fall: 2, start_period: 30s }
    replicas: 2
    command: [/app, serve]
    env: { GIN_MODE: release }
    env_file: .env
    secrets:
      DATABASE_URL: { file: secrets/database_url }
      PAYMENT_KEY: { exec: [sops, -d, payment.enc], on_rollback: keep_current }
    volumes: [uploads:/data]    # a writable volume means stop-first unless shared: true
    memory: 128m
    cpus: 0.5
    stop: { signal: SIGTERM, timeout: 10s, drain: 30s }
    standby: { warm: 1, warm_for: 1h, frozen: 1, cold: 5 }
    processes:
      worker: { command: [/app, worker], replicas: 1, standby: { frozen: 1 } }
      report: { command: [/app, report], schedule: "0 3 * * *" }
    hooks:
      release: { run: [/app, migrate, up], timeout: 5m }    # once per deploy, in the new image, before traffic
      after_rollback: { host: [./notify.sh], timeout: 10s }
environments:
  prod:
    listen: 0.0.0.0:80
    hosts: [shop.example.com]
    replicas: 4
    env: { TZ: Asia/Shanghai }
    freeze: Fri 16:00–Mon 08:00 Asia/Shanghai   # no deploys then; a rollback is never refused
    autopilot: act
  staging: { listen: 127.0.0.1:8081 }
`

export const ON_TRIAL = `services:
  gin-shop:
    image: gin-shop
    port: 8080
    canary:
      steps: [1% 30s, { share: 5%, for: 1m, at_most: 5m }, { share: 25%, for: 2m, gate: manual }]
      requests: 100             # of each side, before a step can be passed
      shield: true              # users do not see what fails on the new release
      sticky: { cookie: astern }                # or { header: X-User }
    bake: { for: 15m, holdback: 1% }
    failure: { header: X-Failed, statuses: [429], grpc: true }    # beside 5xx
    verdict: { alpha: 0.001, error_rate: 1%, latency: { shift: 20%, at_least: 50ms }, memory: true, undecided: go_on }
    signals:                    # what the proxy cannot see
      checkout-errors: { prometheus: http://127.0.0.1:9090, query: 'sum(rate(errors_total[1m]))', above: 0.05, for: 30s }
      partner: { http: http://127.0.0.1:8000/ok, every: 10s, timeout: 5s }
      queue: { command: [./queue-length], above: 1000, for: 1m }
environments:
  prod: { listen: 0.0.0.0:80, autopilot: act, preview_from: [10.0.0.0/8] }    # advise | ask | act
  staging: { listen: 127.0.0.1:8081, canary: [50% 10s], bake: off }           # said anew
`

export const SEVERAL = `services:
  shop: { image: shop, port: 8080, health: /healthz }
  admin: { image: shop-admin, port: 3000 }
environments:
  prod:
    listen: 0.0.0.0:80
    services:
      shop: { hosts: [shop.example.com], replicas: 3 }
      admin: { hosts: [admin.example.com] }
sets:
  all: [admin, shop]            # astern deploy --set all, astern rollback --set all
`
