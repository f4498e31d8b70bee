/*
 * FizzStat's second script: a page's web vitals, as the web-vitals library counts them, and its uncaught errors. The tracker loads
 * it where its tag says data-vitals; a tag of its own does as well. What it finds it tells as events of the tracker: `vitals`
 * with the number as its value and {metric: 'LCP'}, each once a page; `error` with the message and {source: 'file:line'}.
 */
(() => {
  const ERRORS = 10 // told of a page, at most
  const TYPES = 'paint largest-contentful-paint layout-shift event first-input'

  const api = (self.fizzstat = self.fizzstat || {})
  if (api.vitals) return
  api.vitals = true

  const listen = (types, listener) => types.split(' ').map(type => addEventListener(type, listener, true))
  const tell = (name, value, data) => api.event?.(name, value, { ...data, interactive: false })

  const measure = () => {
    // Values by metric: ms since the page was asked for or, made ready before, was shown; of shifts a sum
    const found = {}
    const told = {}
    const latencies = {} // by interaction
    let worst = 0
    let shifts, first, last
    const { activationStart = 0, responseStart } = performance.getEntriesByType('navigation')[0]
    // What is painted after the page was hidden for the first time says nothing.
    let hiddenAt = performance
      .getEntriesByType('visibility-state')
      .find(({ name, startTime }) => name === 'hidden' && startTime >= activationStart)?.startTime

    const put = (metric, time) => {
      if (!(time > hiddenAt)) found[metric] = Math.max(0, time - activationStart)
    }
    const see = ({ entryType, name, startTime, value, hadRecentInput, interactionId, duration }) => {
      if (name === 'first-contentful-paint') put('FCP', startTime)
      if (entryType === 'largest-contentful-paint') put('LCP', startTime)
      // The worst window of shifts with less than a second between them, five seconds long at most
      if (hadRecentInput === false) {
        if (!(startTime - last < 1000 && startTime - first < 5000)) {
          shifts = 0
          first = startTime
        }
        last = startTime
        shifts += value
        worst = Math.max(worst, shifts)
      }
      // The longest interaction, but for one in 50. Each has an entry for each of its events.
      if (interactionId || entryType === 'first-input') {
        latencies[interactionId] = Math.max(latencies[interactionId] || 0, duration)
        const longest = Object.values(latencies).sort((a, b) => b - a)
        found.INP = longest[Math.min(longest.length - 1, 9, (performance.interactionCount / 50) | 0)]
      }
    }
    const observer = new PerformanceObserver(list => list.getEntries().map(see))
    TYPES.split(' ').map(type => observer.observe({ type, buffered: true, durationThreshold: 40 }))
    found.TTFB = Math.max(0, responseStart - activationStart)

    // The first input ends what is about loading; shifts and interactions may grow until the page is hidden.
    listen('click keydown visibilitychange', ({ isTrusted, timeStamp }) => {
      observer.takeRecords().map(see)
      if ('FCP' in found) found.CLS = worst
      for (const metric in found) {
        if (told[metric] || !isTrusted || (!document.hidden && /N|S/.test(metric))) continue
        told[metric] = true
        tell('vitals', found[metric], { metric })
      }
      if (document.hidden) hiddenAt = hiddenAt || timeStamp
    })
  }
  if (document.prerendering) document.addEventListener('prerenderingchange', measure)
  else measure()

  const known = []
  listen('error unhandledrejection', ({ message, filename, lineno, reason }) => {
    // An image that did not load is none of them.
    const text = message || (reason && (reason.message || '' + reason))
    if (!text || known.includes(text) || known.push(text) > ERRORS) return
    tell('error', text, { source: filename && filename.split(/[?#]/)[0] + ':' + lineno })
  })
})()
