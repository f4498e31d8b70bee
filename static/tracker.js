/*
 * FizzStat's tracker: tells the collector what is seen and done on a page. It keeps nothing in the browser.
 *
 *   <script defer src="https://stats.example/tracker.js"></script>
 *
 * Attributes: data-site (else the page's host), data-endpoint (else /hit where the script came from), data-client-hash.
 * For pages: fizzstat.event(name, value, data, callback); all but the name may be left out. The callback is called once,
 * with true when the collector took the event, with false when it did not, or has not yet after two seconds.
 *
 * A hit is JSON, posted as text/plain: that needs no preflight.
 */
(() => {
  const script = document.currentScript
  if (!script || (window.fizzstat && window.fizzstat.event)) return

  const PAUSES = [1000, 4000, 0] // ms after each failed try
  const CALLBACK_WITHIN = 2000 // ms
  const TITLE_LENGTH = 512
  const TITLE_WITHIN = 100 // ms that an app has to set the title of a view that it moved to

  const endpoint = script.dataset.endpoint || new URL('/hit', script.src).href
  // Not before a prerendered page is really seen.
  const seen = new Promise(resolve => {
    if (document.prerendering) document.addEventListener('prerenderingchange', resolve)
    else resolve()
  })

  // The view
  let view, url, referrer
  let announced = true
  // Its engagement: ms engaged, pixels down to the lowest line seen, and what of both was reported
  let engaged, depth, reportedEngaged, reportedScroll
  let since = 0 // when the clock was started; 0: it stands

  // crypto.randomUUID is missing on http pages.
  const random = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), part => part.toString(36)).join('')
  const address = () => location.href.split('#')[0]
  const path = url => url.split('?')[0]
  const host = link => link.hostname.replace(/^www\./, '')
  const isExternal = link => link.hostname && host(link) !== host(location)
  const page = () => document.scrollingElement || document.documentElement
  // Half a pair, as in a title cut within an emoji, is not valid JSON.
  const wellFormed = (key, value) => (value && value.toWellFormed ? value.toWellFormed() : value)

  const send = async (kind, fields, callback) => {
    const answer = taken => {
      const call = callback
      callback = 0
      if (call) call(taken)
    }
    if (callback) setTimeout(answer, CALLBACK_WITHIN, false)
    announce()
    const hit = {
      kind,
      id: random(),
      site: script.dataset.site,
      client_hash: script.dataset.clientHash,
      view,
      url,
      referrer,
      title: document.title.slice(0, TITLE_LENGTH),
      screen: screen.width + 'x' + screen.height,
      screen_depth: screen.colorDepth,
      language: navigator.language,
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone
    }
    const body = JSON.stringify(Object.assign(hit, fields), wellFormed)
    await seen
    for (const pause of PAUSES) {
      const status = await post(body, pause === PAUSES[0])
      if (status < 500) return answer(status < 300)
      await new Promise(resolve => setTimeout(resolve, pause))
    }
    answer(false)
  }

  // Kept alive, it outlives the page; but browsers refuse more than 64 KiB of that at a time.
  const post = (body, keepalive) =>
    fetch(endpoint, { method: 'POST', body, keepalive, credentials: 'omit' }).then(
      response => response.status,
      () => 599
    )

  const begin = from => {
    announce()
    referrer = from
    url = address()
    view = random()
    engaged = depth = reportedEngaged = reportedScroll = since = 0
    announced = false
    clock()
  }

  const announce = () => {
    if (announced) return
    announced = true
    send('view')
  }

  // Counts what has passed, and goes on only while the page is seen and in focus.
  const clock = isLeft => {
    const now = performance.now()
    if (since) {
      engaged += now - since
      look()
    }
    since = !isLeft && document.visibilityState === 'visible' && document.hasFocus() ? now : 0
  }

  const look = () => {
    depth = Math.max(depth, page().scrollTop + page().clientHeight)
  }

  const report = () => {
    const milliseconds = Math.round(engaged)
    const percent = Math.min(100, Math.round((100 * depth) / page().scrollHeight) || 0)
    if (milliseconds <= reportedEngaged && percent <= reportedScroll) return
    reportedEngaged = milliseconds
    reportedScroll = Math.max(percent, reportedScroll)
    send('engagement', { engaged: reportedEngaged, scroll: reportedScroll })
  }

  const move = replaces => {
    const to = address()
    if (replaces === true && path(to) === path(url)) url = to
    if (to === url) return
    clock()
    report()
    begin(url)
    setTimeout(announce, TITLE_WITHIN)
  }

  for (const method of ['pushState', 'replaceState']) {
    const original = history[method]
    history[method] = function () {
      original.apply(this, arguments)
      move(method === 'replaceState')
    }
  }
  addEventListener('popstate', move, true) // before the app's own listener changes the page

  for (const type of ['visibilitychange', 'pagehide', 'focus', 'blur']) {
    addEventListener(
      type,
      () => {
        clock(type === 'pagehide')
        if (type === 'pagehide' || document.visibilityState === 'hidden') report()
      },
      true
    )
  }
  addEventListener('scroll', look)

  // Back from the browser's cache of whole pages: the script does not run again.
  addEventListener('pageshow', event => {
    if (!event.persisted) return
    begin(document.referrer)
    announce()
  })

  for (const type of ['click', 'auxclick']) {
    addEventListener(
      type,
      event => {
        const link = event.composedPath().find(node => /^a(rea)?$/i.test(node.localName) && node.href)
        if (link && event.button < 2 && isExternal(link)) send('event', { name: 'exit', value: link.href })
      },
      true
    )
  }

  window.fizzstat = {
    event(name, value, data, callback) {
      send('event', { name, value: value == null ? undefined : '' + value, data: data || undefined }, callback)
    }
  }

  begin(document.referrer)
  announce()
  if (referrer && isExternal(new URL(referrer))) {
    send('event', { name: 'entry', value: referrer, interactive: false })
  }
})()
