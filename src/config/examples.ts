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
