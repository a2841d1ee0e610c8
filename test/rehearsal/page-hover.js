// Runs in the page: shows the numbers of the 100 ms under the pointer. The page is complete without it.
const data = JSON.parse(document.getElementById('data').textContent)
const tip = document.getElementById('tip')
const ms = (value) =>
  value === null ? '–' : `${value < 10 ? value.toFixed(2) : Math.round(value).toLocaleString('en')} ms`

for (const chart of document.querySelectorAll('svg[data-buckets]')) {
  const { left, right, top, bottom } = Object.fromEntries(
    ['left', 'right', 'top', 'bottom'].map((side) => [side, Number(chart.dataset[side])]),
  )
  const cursor = document.createElementNS('http://www.w3.org/2000/svg', 'line')
  cursor.setAttribute('class', 'cursor')
  cursor.setAttribute('y1', top)
  cursor.setAttribute('y2', bottom)
  cursor.setAttribute('visibility', 'hidden')
  chart.append(cursor)
  const hide = () => {
    tip.hidden = true
    cursor.setAttribute('visibility', 'hidden')
  }
  chart.addEventListener('pointerleave', hide)
  chart.addEventListener('pointermove', (event) => {
    const frame = chart.getBoundingClientRect()
    const x = ((event.clientX - frame.left) / frame.width) * chart.viewBox.baseVal.width
    const bucket = data.timeline[Math.floor(((x - left) / (right - left)) * data.timeline.length)]
    if (!bucket) return hide()
    for (const end of ['x1', 'x2']) cursor.setAttribute(end, x)
    cursor.setAttribute('visibility', 'visible')
    const rows = [
      [data.good, bucket.good],
      [data.bad, bucket.bad],
      [`failed by ${data.bad}`, bucket.failed],
      ['lost', bucket.lost],
      ['median', ms(bucket.p50_ms)],
      ['p99', ms(bucket.p99_ms)],
    ].filter(([, value]) => value !== 0)
    tip.replaceChildren(
      Object.assign(document.createElement('strong'), { textContent: `${(bucket.at_ms / 1000).toFixed(1)} s` }),
      ...rows.map(([name, value]) => {
        const row = document.createElement('div')
        row.append(
          Object.assign(document.createElement('span'), { textContent: name }),
          Object.assign(document.createElement('b'), { textContent: value }),
        )
        return row
      }),
    )
    tip.hidden = false
    const width = tip.offsetWidth
    const leftSide = event.clientX + width + 24 > document.documentElement.clientWidth
    tip.style.left = `${Math.max(4, event.clientX + (leftSide ? -width - 14 : 14)) + scrollX}px`
    tip.style.top = `${event.clientY + 14 + scrollY}px`
  })
}
