// The rules by which a backend sends requests where they were drawn or sent on purpose, covers a candidate's failures, and counts. Pure text.
// All of it is passed over by one rule while there is no trial, nobody asks for a release, and somebody with a weight is up.
// Invariants: only a request that was drawn for a candidate is ever sent twice, and only if that changes nothing (S1); a request sent on purpose
// is answered by that release or not at all (S2); what was not drawn by chance is in no count (S3).
import { LATENCY_EDGES_MS } from '../../core/verdict/counts.ts'
import type { Sticky } from '../../core/trial.ts'
import type { TrafficRules } from '../../ports/traffic.ts'
import { halfOpenPerCent, streakLimit, trialTableEntries, watchMs, wordsPerCondition } from './limits.ts'
import { candidateKey, drawnKey, shareKey, shielded, standInKey, trialMapFile } from './trial-map.ts'

export const toHeader = 'X-Astern-To'
/** What X-Astern-To may also say: the release that is on trial. */
export const candidate = 'candidate'

/**
 * Indexes of what is counted per entry of the backend's table. An entry is a drawn server, or for each thread and share the release whose the rest
 * is. `notDrawn` are requests of clients that were seen before; `unusual` is whatever is no good answer within the first edge, which alone is looked
 * at further.
 */
export const gauge = {
  notDrawn: 0,
  answered: 1,
  unusual: 2,
  failed: 3,
  failedForUsers: 4,
  clientErrors: 5,
  declared: 6,
  latency: 7,
} as const
/** From `gauge.latency` on: answers that took longer than the edge before. */
export const gauges = gauge.latency + LATENCY_EDGES_MS.length + 1

/**
 * It does not go by weights: it asks for a release (in lower case), was drawn (`DRAWN`), or goes to the stand-in (`LOST`). One variable for all three,
 * since each look at one costs every request some 200 instructions.
 */
const way = '{ var(txn.astern_way) -m found }'
/** The client is on a network that may ask, at least for one service of this address. What others say in X-Astern-To means nothing. */
const near = '{ var(sess.astern_near) -m found }'
const to = '{ var(txn.astern_to) -m found }'
const proof = '{ var(txn.astern_proof) -m bool }'
/** There is a trial that it may be drawn in. */
const share = '{ var(txn.astern_share) -m found }'
const drawn = '{ var(txn.astern_drawn) -m found }'
const tracked = '{ sc_tracked(0) -m bool }'
const server = '{ var(txn.astern_server) -m found }'
const lost = '{ var(txn.astern_lost) -m found }'
const fresh = '{ var(txn.astern_fresh) -m found }'
const named = '{ var(txn.astern_named) -m found }'
const show = '{ var(txn.astern_show) -m found }'
const isDeclared = '{ var(txn.astern_declared) -m found }'
const usual = `{ status 200:399 } { res.timer.hdr le ${LATENCY_EDGES_MS[0]} }`
const nobodyServes = '{ nbsrv lt 1 }'

const watchTable = 'astern_watch'
const watchKey = 'astern'
/** Whoever judges trials says this each time: its absence tells the proxy that nobody does. */
export const watching = `set table ${watchTable} key ${watchKey} data.gpc0 1`

export function watchLines(): string[] {
  return [`backend ${watchTable}`, `  stick-table type string len 16 size 1 expire ${watchMs}ms store gpc0`]
}

export type Preview = {
  readonly backend: string
  readonly hosts: readonly string[]
  readonly previewFrom: readonly string[]
}

/** Of a frontend, once for a connection: who may not ask is looked at no further. */
export function nearLines(previews: readonly Preview[]): string[] {
  return [...new Set(previews.flatMap(from))].map(
    (some) => `  tcp-request connection set-var(sess.astern_near) bool(true) if ${some}`,
  )
}

/** Of a frontend, before it chooses a backend. `hosts` are all that somebody on this address has. */
export function askedForLines(previews: readonly Preview[], hosts: readonly string[]): string[] {
  const open = previews.filter(({ previewFrom }) => previewFrom.length > 0)
  const names = open.length === 0 ? [] : inConditions(hosts.map(hostWord))
  const like = `{ req.fhdr(host,1) -m beg r R ${candidate[0]} ${candidate[0]!.toUpperCase()} }`
  return [
    `  http-request set-var(txn.astern_way) req.fhdr(${toHeader},1),lower if ${near} or ${proof}`,
    ...names.map((known) => `  http-request set-var(txn.astern_named) bool(true) if ${near} ${like} ${known}`),
    ...open.flatMap((preview) =>
      from(preview).map(
        (some) =>
          `  http-request set-var(txn.astern_way) req.hdr(host),host_only,lower,field(1,.) if ${near} ${like} !${way} ${some} ${previewHost(preview)}${names.length === 0 ? '' : ` !${named}`}`,
      ),
    ),
  ]
}

/** Requests for one of these hosts. */
export function inConditions(hosts: readonly string[]): string[] {
  return chunked(hosts).map((some) => `{ req.hdr(host),host_only -i ${some} }`)
}

/** In as many conditions as it takes: a line of HAProxy holds no more than 64 words. */
function chunked(words: readonly (string | number)[]): string[] {
  const count = Math.ceil(words.length / wordsPerCondition)
  return Array.from({ length: count }, (_, index) =>
    words.slice(index * wordsPerCondition, (index + 1) * wordsPerCondition).join(' '),
  )
}

/** Of a frontend, after the choice by plain host names. */
export function askedForSwitch(preview: Preview): string[] {
  if (preview.hosts.length === 0) return []
  return from(preview).map((some) => `  use_backend ${preview.backend} if ${way} ${some} ${previewHost(preview)}`)
}

/** Requests from one of the networks. */
function from({ previewFrom }: Pick<Preview, 'previewFrom'>): string[] {
  return chunked(previewFrom.map(networkWord)).map((some) => `{ src ${some} }`)
}

// `r41.shop.example.com`; a service without a name of its own has `r41.localhost`
function previewHost({ hosts }: Preview): string {
  const names = (hosts.length > 0 ? hosts : ['localhost']).map((host) => hostWord(host).replaceAll(/[^\w\]-]/g, '[$&]'))
  return `{ req.hdr(host),host_only -m reg -i ^(r[0-9]+|${candidate})[.](${names.join('|')})$ }`
}

export function trialLines(backend: string, rules: TrafficRules): string[] {
  return [
    `  stick-table type string len 64 size ${trialTableEntries} store http_req_cnt,gpt(1),gpc(${gauges})`,
    // only a failed connection is tried again, unless the rules below let it be
    '  retry-on conn-failure empty-response response-timeout 500 502 503 504',
    ...requestLines(backend, rules),
    `  use-server %[var(txn.astern_server)] if ${server}`,
    '  use-server %[var(txn.astern_other)] if { var(txn.astern_other) -m found }',
    ...answerLines(rules),
  ]
}

function requestLines(backend: string, rules: TrafficRules): string[] {
  const map = `map(${trialMapFile(backend)})`
  const mapOr0 = `map(${trialMapFile(backend)},0)`
  const mayAsk = [...from(rules), proof]
  return [
    `  force-persist if ${way}`,
    `  http-request set-var(txn.astern_share) str(${shareKey}),${map} if !${way} !${proof}`,
    // by chance; most often it is not drawn, and goes by weights
    ...drawLines(rules.sticky),
    // an entry for each thread: they would wait for each other at one that nearly every request counts in
    `  http-request track-sc0 thread,concat(/,txn.astern_share) if ${share} !${way}`,
    ...seenBefore(rules.sticky, tracked),
    `  http-request disable-l7-retry if !${way}`,
    `  http-request allow if !${way} !${nobodyServes}`,
    `  http-request set-var(txn.astern_drawn) bool(true) if { var(txn.astern_way) -m str DRAWN }`,
    `  http-request set-var(txn.astern_to) str(${drawnKey}),${map} if ${drawn}`,
    // what has no release here has none of what follows from one either, and is not asked each time
    ...choiceLines(backend),
    // what was drawn is counted by the server that it was drawn for
    '  http-request track-sc0 var(txn.astern_server)',
    '  http-request track-sc0 var(txn.astern_to)',
    ...seenBefore(rules.sticky, drawn),
    // while nobody watches, a server that fails whatever it is given is given little
    `  http-request unset-var(txn.astern_server) if { sc_get_gpt(0,0) ge ${streakLimit} } !{ str(${watchKey}),in_table(${watchTable}) -m bool } { rand(100) ge ${halfOpenPerCent} }`,
    `  http-request disable-l7-retry unless ${server} { method GET HEAD OPTIONS } { var(txn.astern_share) -m end ${shielded} }`,
    // once: should the others fail too, they are not asked again and again
    '  .if version_atleast(3.2)',
    `  http-request set-retries 1 if ${server}`,
    '  .endif',
    `  http-request allow if ${drawn}`,
    // on purpose
    `  http-request del-header ${toHeader} if ${way}`,
    ...mayAsk.map((who) => `  http-request set-var(txn.astern_to) var(txn.astern_way) if ${way} ${who}`),
    `  http-request set-var(txn.astern_show) bool(true) if ${to}`,
    // and is told which release answered
    `  http-request set-var(txn.astern_proof) bool(true) if ${to}`,
    `  http-request set-var(txn.astern_to) str(${candidateKey}),${map} if ${show} { var(txn.astern_to) -m str ${candidate} }`,
    `  http-request set-var(txn.astern_to) str(${drawnKey}),${map} if ${show} { var(txn.astern_to) -m str ${candidate} }`,
    `  http-request return status 404 content-type text/plain lf-string "%[var(txn.astern_to)] has no server here that is ready\\n" if ${show} !{ var(txn.astern_to) -m reg ^r[0-9]+$ } or ${show} !{ var(txn.astern_to),${mapOr0} -m int gt 0 }`,
    // nobody else is there: one of the stand-in's servers, and should that one be down, the next
    `  http-request set-var(txn.astern_lost) bool(true) if !${to} ${nobodyServes}`,
    `  http-request set-var(txn.astern_way) str(LOST) if ${lost}`,
    `  http-request set-var(txn.astern_to) str(${standInKey}),${map} if ${lost}`,
    ...choiceLines(backend),
    `  http-request set-var(txn.astern_index) var(txn.astern_index),add(1),mod(txn.astern_count) if ${lost}`,
    `  http-request set-var(txn.astern_other) var(txn.astern_to),concat(/,txn.astern_index),${map} if ${lost}`,
  ]
}

/** One of the servers of the release in `astern_to`; nothing where there is none. */
function choiceLines(backend: string): string[] {
  const map = trialMapFile(backend)
  return [
    `  http-request set-var(txn.astern_count) var(txn.astern_to),map(${map},0)`,
    '  http-request set-var(txn.astern_index) rand(1000000),mod(txn.astern_count)',
    `  http-request set-var(txn.astern_server) var(txn.astern_to),concat(/,txn.astern_index),map(${map})`,
  ]
}

/**
 * By a number from 0 to 9,999: chance's own or, so that a client stays on its side while the share grows, the client's. Without a share there is no
 * difference that could be negative.
 */
function drawLines(sticky: Sticky | null): string[] {
  const draw = (number: string): string =>
    `  http-request set-var(txn.astern_way) str(DRAWN) if { ${number},sub(txn.astern_share) -m int lt 0 }`
  if (sticky === null) return [draw('rand(10000)')]
  const known = '{ var(txn.astern_number) -m found }'
  const byChance = `  http-request set-var(txn.astern_number) rand(10000) if ${share} !${known}`
  if (sticky.kind === 'header') {
    const ofClient = `req.hdr(${token(sticky.name)}),xxh32,mod(10000)`
    return [
      `  http-request set-var(txn.astern_number) ${ofClient} if ${share}`,
      byChance,
      draw('var(txn.astern_number)'),
    ]
  }
  const cookie = `req.cook(${token(sticky.name)})`
  return [
    `  http-request set-var(txn.astern_number) ${cookie} if ${share} { ${cookie} -m reg ^[0-9]{1,4}$ }`,
    `  http-request set-var(txn.astern_fresh) bool(true) if ${share} !${known}`,
    byChance,
    draw('var(txn.astern_number)'),
  ]
}

/** A draw is what happens to a client once; a hash is no draw at all. */
function seenBefore(sticky: Sticky | null, condition: string): string[] {
  if (sticky === null) return []
  const known = sticky.kind === 'cookie' ? ` !${fresh}` : ''
  return [`  http-request sc-inc-gpc(${gauge.notDrawn},0) if ${condition}${known}`]
}

function answerLines(rules: TrafficRules): string[] {
  const count = (what: number, condition = ''): string =>
    `  http-after-response sc-inc-gpc(${what},0)${condition === '' ? '' : ` if ${condition}`}`
  const declared = [
    ...(rules.failure.header === null ? [] : [`{ res.hdr(${token(rules.failure.header)}) -m found }`]),
    ...chunked(rules.failure.statuses.map(statusWord)).map((some) => `{ status ${some} }`),
    // whoever speaks gRPC posts; most do not, and are not searched for its header
    ...(rules.failure.grpc ? ['{ method POST } { res.hdr(grpc-status) -m found } !{ res.hdr(grpc-status) 0 }'] : []),
  ]
  return [
    ...(rules.sticky?.kind === 'cookie'
      ? [
          `  http-after-response add-header Set-Cookie "${token(rules.sticky.name)}=%[var(txn.astern_number)]; Path=/; HttpOnly; SameSite=Lax" if ${fresh}`,
        ]
      : []),
    `  http-after-response allow if !${tracked}`,
    count(gauge.answered),
    ...declared.map((each) => `  http-after-response set-var(txn.astern_declared) bool(true) if ${each}`),
    // the usual answer to who went by weights, which is that to most
    `  http-after-response allow if !${way} ${usual} !${isDeclared}`,
    // the side it was drawn for has not answered it
    `  http-after-response set-var(txn.astern_lost) bool(true) if ${drawn} !{ srv_name,field(1,-),strcmp(txn.astern_to) eq 0 }`,
    count(gauge.declared, `${isDeclared} !${lost} { status lt 500 }`),
    `  http-after-response sc-set-gpt(0,0) int(0) if { sc_get_gpt(0,0) gt 0 } ${drawn} !${lost} { status lt 500 }`,
    `  http-after-response allow if !${lost} ${usual}`,
    count(gauge.unusual),
    count(gauge.failed, `${lost} or { status ge 500 }`),
    count(gauge.failedForUsers, '{ status ge 500 }'),
    `  http-after-response sc-set-gpt(0,0) sc_get_gpt(0,0),add(1) if ${drawn} ${lost} or ${drawn} { status ge 500 }`,
    count(gauge.clientErrors, `{ status 400:499 } !${lost}`),
    `  http-after-response allow if ${lost} or { status 101 } or { txn.sess_term_state -m beg S s }`,
    count(gauge.latency),
    ...LATENCY_EDGES_MS.flatMap((edge, index) => [
      `  http-after-response allow if { res.timer.hdr le ${edge} }`,
      count(gauge.latency + index + 1),
    ]),
  ]
}

function token(text: string): string {
  return checked(text, /^[\w!#$%&'*+.^`|~-]+$/.test(text) && !/[#$%'`\\]/.test(text), 'the name of a header or cookie')
}
function networkWord(text: string): string {
  return checked(text, /^[0-9a-fA-F.:]+(?:\/\d{1,3})?$/.test(text), 'a network')
}
function hostWord(text: string): string {
  return checked(text, /^[\w.:*[\]-]+$/.test(text), 'a host name')
}
function statusWord(status: number): number {
  if (!Number.isSafeInteger(status) || status < 100 || status > 999)
    throw new Error(`not a status for HAProxy: ${status}`)
  return status
}
function checked(text: string, good: boolean, what: string): string {
  if (!good) throw new Error(`not ${what} for HAProxy: ${JSON.stringify(text)}`)
  return text
}
