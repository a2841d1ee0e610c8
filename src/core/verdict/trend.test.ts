import { describe, expect, it } from 'vitest'
import { hamedRao, mannKendall, pairwiseSlopes, risingSlope, slopeOf, theilSen, upperTail, zOf } from './trend.ts'

/** Monthly rain in Bogra, 1981 to 2010, in mm; `-`: not measured. The series of pyMannKendall's own tests. */
const RAIN = `
  32 20 25 189 240 193 379 278 301 0 0 82   0 4 - - 121 234 360 262 120 30 11 1
  7 3 31 31 355 102 248 274 308 - 5 26   11 16 6 48 388 539 431 272 404 186 0 2
  0 4 1 54 272 459 235 164 365 135 2 -   - 4 0 128 210 163 446 225 462 467 19 13
  0 3 17 132 178 338 525 623 145 31 19 3   0 29 25 87 259 756 486 180 292 43 92 1
  0 16 2 0 130 253 594 111 273 30 0 4   0 27 24 41 292 378 499 265 320 227 4 0
  4 14 8 48 416 240 404 207 733 105 0 112   0 14 0 30 140 202 289 159 424 106 3 0
  65 3 14 58 268 466 432 266 240 95 1 0   10 26 4 114 94 289 173 208 263 156 5 0
  16 16 14 0 111 475 534 432 471 117 70 1   3 28 7 401 184 283 338 171 335 176 0 0
  10 11 9 140 102 208 298 245 220 29 2 27   10 13 26 84 143 367 749 563 283 353 10 0
  0 0 0 9 246 265 343 429 168 133 17 0   18 35 76 158 272 250 190 289 466 84 0 0
  0 0 0 22 217 299 185 115 344 203 8 -   - 0 5 284 123 254 476 496 326 27 20 0
  4 53 72 113 214 364 219 220 156 264 0 13   0 0 45 90 137 638 529 261 206 251 0 0
  5 9 58 72 138 130 471 328 356 523 0 1   0 0 12 143 193 184 192 138 174 69 1 0
  0 18 25 28 92 732 320 256 302 131 15 0   27 0 22 20 213 393 474 374 109 159 0 0
  0 3 3 49 205 128 194 570 169 89 0 0   0 0 0 26 185 286 92 225 244 190 3 20`

const months = RAIN.trim().split(/\s+/)
const measured = months.flatMap((text, at) => (text === '-' ? [] : [{ at, value: Number(text) }]))
const inARow = measured.map(({ value }, index) => ({ at: index + 1, value }))
const medianSlope = (points: typeof measured) => theilSen(pairwiseSlopes(points), 0, 0.05).estimate

describe('Mann and Kendall', () => {
  it('find in the rain of Bogra what pyMannKendall finds', () => {
    const { s, variance } = mannKendall(measured.map(({ value }) => value))
    expect(months).toHaveLength(360)
    expect(s).toBe(-1959)
    expect(variance).toBeCloseTo(4_889_800.3333, 3)
    expect(zOf(s, variance)).toBeCloseTo(-0.885_456_284_3, 10)
    expect(2 * upperTail(Math.abs(zOf(s, variance)))).toBeCloseTo(0.375_910_587_4, 10)
    expect(medianSlope(measured)).toBeCloseTo(-0.006_369_426_751_592_357, 15)
    expect(medianSlope(inARow)).toBeCloseTo(-0.006_451_612_903_225_806_4, 15)
  })
  it('count 64,620 in 360 points that rise, and nothing in what stays', () => {
    expect(mannKendall(Array.from({ length: 360 }, (_, i) => i)).s).toBe(64_620)
    expect(mannKendall([5, 5, 5, 5])).toEqual({ s: 0, variance: 0 })
    expect(zOf(0, 0)).toBe(0)
  })
  it('take ties out of the variance, as by hand', () => {
    // 4·3·13 = 156; one pair: 2·1·9 = 18; (156 − 18)/18
    expect(mannKendall([1, 2, 2, 3])).toEqual({ s: 5, variance: 138 / 18 })
    // 5·4·15 = 300; three alike: 3·2·11 = 66
    expect(mannKendall([7, 7, 7, 1, 9])).toEqual({ s: -3 + 4, variance: (300 - 66) / 18 })
  })
})

describe('Hamed and Rao', () => {
  it('find in the rain of Bogra what pyMannKendall finds', () => {
    const { variance } = mannKendall(measured.map(({ value }) => value))
    expect(variance * hamedRao(inARow, medianSlope(inARow))).toBeCloseTo(257_403.386_784_624, 4)
  })
  it('widen the variance of a series whose neighbours are alike', () => {
    const wave = Array.from({ length: 120 }, (_, at) => ({ at, value: Math.sin(at / 12) }))
    expect(hamedRao(wave, 0)).toBeGreaterThan(2)
  })
  it('leave a straight line as it is', () => {
    expect(
      hamedRao(
        [1, 2, 3, 4, 5].map((value) => ({ at: value, value: 2 * value })),
        2,
      ),
    ).toBe(1)
  })
})

describe('Sen', () => {
  const points = [1, 2, 4, 3, 6].map((value, at) => ({ at, value }))
  it('takes the median of all slopes between two points, as by hand', () => {
    // by lag: 1 2 −1 3 · 3/2 1/2 1 · 2/3 4/3 · 5/4
    expect([...pairwiseSlopes(points)]).toEqual([-1, 1 / 2, 2 / 3, 1, 1, 5 / 4, 4 / 3, 3 / 2, 2, 3])
    expect(slopeOf(points, 0.05)?.estimate).toBe(1.125)
  })
  it('bounds it by ranks: N = 10, Var = 50/3, C = 1.645 · 4.08', () => {
    expect(theilSen(pairwiseSlopes(points), 50 / 3, 0.1)).toEqual({ estimate: 1.125, lower: -1, upper: 3 })
    expect(theilSen(pairwiseSlopes(points), 50 / 3, 0.5)).toEqual({ estimate: 1.125, lower: 2 / 3, upper: 3 / 2 })
  })
  it('has no bounds for what is too short', () => {
    expect(theilSen(pairwiseSlopes(points.slice(0, 2)), 1, 1e-9)).toEqual({
      estimate: 1,
      lower: Number.NEGATIVE_INFINITY,
      upper: Number.POSITIVE_INFINITY,
    })
    expect(slopeOf(points.slice(0, 1), 0.05)).toBeNull()
  })
  it('says nothing of a rise that may be chance', () => {
    expect(risingSlope(points, 0.001)).toBeNull()
    expect(risingSlope(points, 0.2)?.estimate).toBe(1.125)
  })
})

describe('the tail of the normal distribution', () => {
  it('is that of the tables, near and far', () => {
    for (const [z, tail] of [
      [0, 0.5],
      [1, 0.158_655_253_931_457],
      [1.959_963_984_540_054, 0.025],
      [-1, 0.841_344_746_068_543],
      [3.090_232_306_167_813, 0.001],
      [6, 9.865_876_450_376_98e-10],
    ] as const) {
      expect(upperTail(z) / tail).toBeCloseTo(1, 9)
    }
  })
})
