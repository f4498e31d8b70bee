// Reading the chart: by pointer or arrow keys a part of the time is told; a click or Enter shows it alone, dragging shows several.
// The numbers are those of the table below the chart.

function element(name, parent) {
  const made = document.createElement('div')
  made.className = name
  made.hidden = true
  parent.append(made)
  return made
}

const line = (name, text) => Object.assign(document.createElement('p'), { className: name, textContent: text })

export function dressChart(part, go) {
  const plot = part.querySelector('.plot')
  const rows = [...part.querySelectorAll('.numbers-of-chart tbody tr')]
  if (!plot || !rows.length) return
  const points = rows.map(row => ({
    x: Number(row.dataset.x),
    y: Number(row.dataset.y),
    from: row.dataset.from,
    to: row.dataset.to,
    url: row.querySelector('a').href,
    label: row.cells[0].textContent,
    value: row.cells[1].textContent,
    then: row.cells[3] ? `${row.cells[2].textContent}: ${row.cells[3].textContent}` : '',
    row,
  }))
  const height = 220
  const [cursor, mark, range, readout] = ['line', 'mark', 'range', 'readout'].map(name => element(name, plot))
  let at = -1
  let begun = null

  plot.tabIndex = 0
  plot.setAttribute('role', 'slider')
  plot.setAttribute('aria-label', `${plot.dataset.label} over time`)
  plot.setAttribute('aria-valuemin', '1')
  plot.setAttribute('aria-valuemax', String(points.length))
  plot.setAttribute('aria-valuenow', String(points.length))
  plot.querySelector('.plane').setAttribute('aria-hidden', 'true')
  describe(points.length - 1)

  function describe(n) {
    const { label, value, then } = points[n]
    plot.setAttribute('aria-valuenow', String(n + 1))
    plot.setAttribute('aria-valuetext', `${label}: ${value}${then ? `; ${then}` : ''}`)
  }

  function show(n) {
    at = n
    const point = points[n]
    const width = plot.clientWidth
    const x = (point.x / 100) * width
    for (const one of [cursor, mark, readout]) one.hidden = false
    cursor.style.left = `${x}px`
    mark.style.left = `${x}px`
    mark.style.top = `${(point.y / 100) * height}px`
    const value = line('', plot.dataset.label + ' ')
    value.append(Object.assign(document.createElement('b'), { textContent: point.value }))
    readout.replaceChildren(line('', point.label), value, ...(point.then ? [line('then', point.then)] : []))
    const left = x + 14 + readout.offsetWidth > width ? x - 14 - readout.offsetWidth : x + 14
    readout.style.left = `${Math.max(0, Math.min(left, width - readout.offsetWidth))}px`
    describe(n)
  }

  function hide() {
    at = -1
    for (const one of [cursor, mark, range, readout]) one.hidden = true
  }

  function nearest(event) {
    const box = plot.getBoundingClientRect()
    const x = ((event.clientX - box.left) / box.width) * 100
    let best = 0
    points.forEach((point, n) => {
      if (Math.abs(point.x - x) < Math.abs(points[best].x - x)) best = n
    })
    return best
  }

  function stretch() {
    const [first, last] = [begun, at].sort((one, other) => one - other).map(n => (points[n].x / 100) * plot.clientWidth)
    range.hidden = begun === at
    range.style.left = `${first}px`
    range.style.width = `${last - first}px`
  }

  function choose(first, last) {
    if (first === last) return go(points[first].url)
    const url = new URL(location.href)
    for (const name of ['date', 'interval']) url.searchParams.delete(name)
    url.searchParams.set('period', 'custom')
    url.searchParams.set('from', points[first].from)
    url.searchParams.set('to', points[last].to)
    return go(url)
  }

  plot.addEventListener('pointermove', event => {
    show(nearest(event))
    if (begun !== null) stretch()
  })
  plot.addEventListener('pointerleave', () => begun === null && hide())
  plot.addEventListener('pointerdown', event => {
    if (event.button || event.target.closest('a')) return
    begun = nearest(event)
    show(begun)
    if (event.pointerType === 'mouse') plot.setPointerCapture(event.pointerId)
  })
  plot.addEventListener('pointercancel', () => (begun = null))
  plot.addEventListener('pointerup', event => {
    if (begun === null) return
    const [first, last] = [begun, nearest(event)].sort((one, other) => one - other)
    begun = null
    if (first !== last || event.pointerType === 'mouse') choose(first, last)
  })
  plot.addEventListener('keydown', event => {
    const last = points.length - 1
    const now = at < 0 ? last : at
    const next = { ArrowLeft: now - 1, ArrowDown: now - 1, ArrowRight: now + 1, ArrowUp: now + 1, Home: 0, End: last }[event.key]
    if (next !== undefined) {
      event.preventDefault()
      show(Math.max(0, Math.min(last, next)))
    } else if (event.key === 'Enter' && at >= 0) choose(at, at)
    else if (event.key === 'Escape') hide()
  })
  plot.addEventListener('blur', hide)
}
