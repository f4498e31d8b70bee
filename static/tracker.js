/*
 * FizzStat's tracker: tells the collector what is seen and done on a page. It sets no cookie. In the browser it keeps an
 * opt-out, and, as long as the tab is open, hits that could not be sent.
 *
 *   <script defer src="https://stats.example/tracker.js"></script>
 *
 * docs/sending.md lists the attributes and the calls: fizzstat.event, .view, .identify, .optOut, .optIn. A hit is JSON, posted
 * as text/plain: that needs no preflight. static/build makes a script of this function, and a module for npm.
 */
(script => {
  const AGAIN = 3000 // ms between tries to send what is kept
  const ALIVE = 20000 // characters
  const CALLBACK_WITHIN = 2000 // ms
  const TITLE_LENGTH = 512
  const TITLE_WITHIN = 100 // ms that an app has to set the title of a view that it moved to
  const FILES = 'pdf,doc*,xls*,ppt*,txt,csv,*z*,rar,exe,dmg,mp*'
  const LOCAL = /^127\.|localhost$|^\[::|^$/ // hosts; a file's is ""

  const says = script.dataset
  const on = (name, usual) => (name in says ? says[name] !== 'false' : usual)
  const endpoint = says.endpoint || new URL('hit', script.src)
  const key = endpoint + says.site
  const api = (self.fizzstat = self.fizzstat || {})
  let isOut
  let kept = {} // hits that could not be sent; where a page may not keep things, they live as long as the page
  let room = 99 // for so many
  let who = { client_hash: says.clientHash }
  // The view: what all of its hits say, and whether it is still to be told
  let view, isNew
  // Its engagement: ms, clicks and keys and touches, pixels down to the lowest line seen; since when the clock runs, if it does
  let engaged, activity, depth, since

  const listen = (types, listener) => types.split(' ').map(type => addEventListener(type, listener, true))
  const address = () => location.href.replace(on('hash') ? '' : /#.*/, '')
  let here = address()
  const path = url => url.replace(/\?[^#]*/g, '')
  const isExternal = link => link.hostname.replace(/^www\./, '') !== location.hostname.replace(/^www\./, '')
  // Whether a path, or a URL's, is in a list such as `/blog/*, /shop`
  const isIn = (list, text) =>
    RegExp(`^(.+//[^/]*)?(${list.replace(/\*+/g, '.*').replace(/, */g, '|')})(\\?|$)`, 'i').test(text)

  // ── sending

  const send = (kind, fields, callback) =>
    new Promise(async answer => {
      setTimeout(answer, CALLBACK_WITHIN, false)
      announce()
      if (
        isOut ||
        navigator.globalPrivacyControl ||
        (!on('local') && (navigator.webdriver || LOCAL.test(location.hostname))) ||
        (says.exclude && isIn(says.exclude, here)) ||
        (says.include && !isIn(says.include, here))
      )
        return answer(false)
      const body = JSON.stringify({
        kind,
        id: '' + Math.random(), // crypto.randomUUID is missing on http pages
        site: says.site,
        url: here,
        hash: on('hash'),
        title: document.title.slice(0, TITLE_LENGTH),
        screen: screen.width + 'x' + screen.height,
        screen_depth: screen.colorDepth,
        language: navigator.language,
        time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
        ...view,
        ...fields
      })
      // A page that is made ready before anybody sees it becomes visible when somebody does.
      if (document.prerendering) await new Promise(seen => listen('visibilitychange', seen))
      const status = await post(body)
      if (status > 499 && room-- > 0) kept[key + Math.random()] = body
      answer(status < 300)
    }).then(callback)

  // Kept alive, it outlives the page; but browsers refuse more than 64 KiB of that at a time.
  const post = body =>
    navigator.onLine
      ? fetch(endpoint, { method: 'POST', body, keepalive: body.length < ALIVE, credentials: 'omit' }).then(
          response => response.status,
          () => 599
        )
      : 599

  const again = async () => {
    for (const name in kept) if (name.includes(key) && (await post(kept[name])) < 500) delete kept[name]
    setTimeout(again, AGAIN)
  }

  // What the tracker tells by itself can be switched off by an attribute of the event's name.
  const notice = (name, value, data) => {
    if (on(name, true)) calls.event(name, value, data)
  }

  // ── views

  const begin = (overrides, wait) => {
    clock()
    view = { view: '' + Math.random(), referrer: view ? here : document.referrer, url: (here = address()), ...overrides }
    engaged = activity = depth = 0
    isNew = true
    clock(true)
    setTimeout(announce, wait)
  }

  // All that is told of a view is told by who began it.
  const announce = () => {
    if (!isNew) return
    isNew = false
    view = { ...view, ...who }
    send('view')
    if (view.referrer && isExternal(new URL(view.referrer))) notice('entry', view.referrer, { interactive: false })
    if (document.querySelector('[data-404]')) notice('404', undefined, { interactive: false })
  }

  const move = replaces => {
    const to = address()
    if (replaces === true && path(to) === path(here)) here = to
    if (to !== here) begin({}, TITLE_WITHIN)
  }

  // Counts what has passed, and goes on while the page is seen and in focus, unless it is left.
  const clock = stays => {
    const now = performance.now() | 0
    if (!stays) announce()
    const runs = stays && !document.hidden && document.hasFocus()
    if (since) {
      engaged += now - since
      depth = Math.max(depth, scrollY + innerHeight)
      if (!runs && on('engagement', true))
        send('engagement', {
          engaged,
          scroll: Math.min(100, Math.round((100 * depth) / document.scrollingElement.scrollHeight)),
          activity
        })
    }
    since = runs && now
  }

  // ── calls

  const calls = {
    event(name, value, data, callback) {
      const { revenue, interactive, ...others } = data || {}
      send(
        'event',
        { ...who, name, value: value?.toString(), data: data ? others : undefined, revenue, interactive },
        callback
      )
    },
    view: begin,
    identify(client_hash, traits) {
      who = { client_hash, traits }
    },
    optOut() {
      localStorage.fizzstat = isOut = 1
    },
    optIn() {
      localStorage.fizzstat = isOut = ''
    }
  }
  // ── now

  if (api[key]) return
  api[key] = true

  try {
    isOut = localStorage.fizzstat
    kept = sessionStorage
  } catch {}

  // A call is for all trackers of the page.
  for (const name in calls) {
    const other = api[name]
    api[name] = (...given) => {
      other?.(...given)
      calls[name](...given)
    }
  }

  again()
  listen('pagehide', () => clock())
  listen('visibilitychange focus blur scroll', clock)
  if (on('activity', true)) listen('pointerdown keydown', () => activity++)
  listen('click auxclick submit input', event => {
    const { type, button } = event
    const closest = selector => event.composedPath()[0].closest?.(selector)
    const form = closest('form')
    const link = closest('a,area')
    const tag = closest('[data-fizzstat-event],[class*=plausible-event]')
    const isSent = type === 'submit'
    if (button > 1) return
    if (link?.hostname) {
      if (on('download', true) && isIn(`*[.](${says.download || FILES})`, link.pathname)) notice('download', link.href)
      else if (isExternal(link)) notice('exit', link.href)
    }
    if (form && on('form', true) && (isSent || !form.fizzstat)) {
      form.fizzstat = true
      notice(isSent ? 'form' : 'form_start', form.getAttribute('id'))
    }
    if (tag && type !== 'input' && (tag === form) === isSent) {
      const said = {}
      for (const { name, value } of tag.attributes) {
        const text = name + '=' + value
        text.replace(/^data-fizzstat-(.+?)=(.*)|plausible-event-(.+?)=(\S+)/gs, (all, ours, value, theirs, text) => {
          said[ours || theirs] = ours ? value : text.replace(/\+/g, ' ')
        })
      }
      const { name, event = name, value, ...data } = said
      calls.event(event, value, data)
    }
  })
  if (!on('manual')) {
    for (const method of ['pushState', 'replaceState']) {
      const original = history[method]
      history[method] = (...given) => {
        original.apply(history, given)
        move(method === 'replaceState')
      }
    }
    listen('popstate', move) // before the app's own listener changes the page
    // Back from the browser's cache of whole pages: the script does not run again.
    listen('pageshow', event => event.persisted && begin())
    begin()
  }
  // Those that were made before this came
  for (const [name, ...given] of api.q || []) calls[name](...given)
  if (on('vitals')) import(script.src.replace('tracker', 'vitals'))
})(document.currentScript || document.querySelector('[src*=tracker]'))
