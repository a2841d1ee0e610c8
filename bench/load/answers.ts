// Which version answered when, as the users of the service saw it. Pure: from single answers to unbroken spans of one version, and from spans to
// how long a switch took.

/** One answer that names its version; its time is its end, in milliseconds since the Unix epoch. */
export type Answer = { readonly version: string; readonly endedAt: number }

/** Answers of one version with none of another one between them, as one connection pool saw them. */
export type Span = { readonly version: string; readonly firstAt: number; readonly lastAt: number }

export type Traffic = {
  readonly spans: readonly Span[]
  readonly sent: number
  readonly failed: number
  /** Why requests failed, and how many for each reason. */
  readonly failures: Readonly<Record<string, number>>
}

export function spansOf(answers: readonly Answer[]): Span[] {
  const spans: { version: string; firstAt: number; lastAt: number }[] = []
  for (const { version, endedAt } of answers.toSorted((a, b) => a.endedAt - b.endedAt)) {
    const last = spans.at(-1)
    if (last?.version === version) last.lastAt = endedAt
    else spans.push({ version, firstAt: endedAt, lastAt: endedAt })
  }
  return spans
}

/** A time in which one switch was asked for and ended, and nothing else moved. */
export type Window = { readonly from: number; readonly to: number }

/** Milliseconds from the window's begin to the end of the first answer of `version` in it; `null`: there was none. */
export function firstAnswerMs(spans: readonly Span[], version: string, window: Window): number | null {
  const times = spans.filter((span) => span.version === version).map(({ firstAt }) => firstAt)
  const within = times.filter((at) => at >= window.from && at <= window.to)
  return within.length === 0 ? null : Math.min(...within) - window.from
}

/** Milliseconds from the window's begin to the end of the last answer of `version` in it; `null`: there was none. */
export function lastAnswerMs(spans: readonly Span[], version: string, window: Window): number | null {
  const within = spans
    .filter((span) => span.version === version && span.lastAt >= window.from && span.firstAt <= window.to)
    .map(({ lastAt }) => Math.min(lastAt, window.to))
  return within.length === 0 ? null : Math.max(...within) - window.from
}
