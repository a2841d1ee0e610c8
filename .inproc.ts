import { compose } from './src/daemon.ts'
import { rollback } from './src/operations/rollback.ts'
import { deploy } from './src/operations/deploy.ts'
import { loadConfig } from './src/config/load-config.ts'
const app = compose(process.env.ASTERN_STATE!, process.env)
const def = loadConfig({ cwd: '/tmp/try', variables: process.env }).definitions[0]!
const actor = { name: 'x', automated: false }
const d = { ...def, process: { ...def.process, env: { N: String(Date.now()) } } }
const r = await deploy(app, d, { tag: 'v1.0.0', force: new Set(), actor, reason: null })
console.log(r.answer.outcome, r.answer.from, r.answer.to)
const a = r.answer.from!.release, b = r.answer.to!.release
const t: number[] = [], plan: number[] = [], shift: number[] = [], prove: number[]=[]
const N = Number(process.argv[2] ?? 300)
for (let i = 0; i < N; i++) {
  const x = await rollback(app, { service: 'gin-shop', environment: 'prod' }, { to: i % 2 ? b : a, force: new Set(['quarantine']), actor, reason: null })
  if (x.answer.outcome !== 'succeeded' || x.answer.rung !== 'warm') { console.log(x.answer); break }
  t.push(x.answer.duration_ms.total!); plan.push(x.answer.duration_ms.plan!); shift.push(x.answer.duration_ms.shift_traffic!); prove.push(x.answer.duration_ms.prove!)
}
const q = (v: number[]) => { const s = [...v].slice(20).sort((p, c) => p - c); return [s[Math.floor(s.length / 2)]!.toFixed(2), s[Math.floor(s.length * .99)]!.toFixed(2)] }
console.log('total', q(t), 'plan', q(plan), 'shift', q(shift), 'prove', q(prove))
process.exit()
