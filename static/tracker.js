/*
 * FizzStat's tracker: tells the collector what is seen and done on a page. It sets no cookie. In the browser it keeps an
 * opt-out, and, as long as the tab is open, hits that could not be sent.
 *
 *   <script defer src="https://stats.example/tracker.js"></script>
 *
 * docs/sending.md lists the attributes and the calls: fizzstat.event, .view, .identify, .optOut, .optIn. A hit is an array,
 * whose places collect/row.py names; what can be worked out there is not said here. It is posted as text/plain: that needs
 * no preflight. static/build makes a script of this function, and a module for npm.
 */
(script => {
  const api = (self.fizzstat = self.fizzstat || {})

  const AGAIN = 2000 // ms between tries to send what is kept
  const ALIVE = 20000 // characters
  const CALLBACK_WITHIN = 2000 // ms
  const TITLE_LENGTH = 512
  const TITLE_WITHIN = 100 // ms that an app has to set the title of a view that it moved to
  const FILES = 'pdf,doc*,xls*,ppt*,txt,csv,*z*,rar,exe,dmg,mp*'

  const says = script.dataset
  // What an attribute of the tag switches; what is off unless it is `asked` for
  const on = (name, asked) => (name in says ? says[name] != 'false' : !asked)
  const endpoint = says.endpoint || new URL('hit', script.src)
  const key = endpoint + says.site
  let isOut
  let isNew // the view, which is still to be told then
  let kept = {} // hits that could not be sent; where a page may not keep things, they live as long as the page
  let room = 100 // for less than that
  let who = [says.clientHash, null]

  const listen = (types, listener) => types.split(' ').map(type => addEventListener(type, listener, true))
  // Routers make an app's `#/` of nothing when they start.
  const address = () => location.href.replace(on('hash', 1) ? /#\/?$/ : /#.*/, '')
  const isExternal = link => link.hostname.replace(/^www\./, '') != location.hostname.replace(/^www\./, '')
  // Whether the path of a URL is in a list such as `/blog/*, /shop`
  const isIn = (list, url) =>
    RegExp(`^[^/]*//[^/]*(${list.replace(/\*+/g, '[^?#]*').replace(/, */g, '|')})([?#]|$)`, 'i').test(url)

  // Where the page was last; at first, where it was come from
  let here = document.referrer
  // What all hits of the view say
  let view = { url: address() }
  // Its engagement: ms, clicks and keys and touches, pixels down to the lowest line seen; since when the clock runs, if it does
  let engaged, activity, depth, since

  // ── sending

  const send = (kind, callback, name, ...more) =>
    new Promise(async answer => {
      setTimeout(answer, CALLBACK_WITHIN, false)
      announce()
      if (
        isOut ||
        (on('gpc') && navigator.globalPrivacyControl) ||
        // This machine's hosts; a file's is ""
        (!on('local', 1) && (navigator.webdriver || /^127\.|localhost$|^\[::|^$/.test(location.hostname))) ||
        (says.exclude && isIn(says.exclude, view.url)) ||
        (says.include && !isIn(says.include, view.url))
      )
        return answer(false)
      const body = JSON.stringify([
        kind,
        Math.random(), // the hit's id; crypto.randomUUID is missing on http pages
        view.site || says.site,
        view.url,
        on('hash', 1),
        view.view,
        view.referrer,
        view.title || document.title.slice(0, TITLE_LENGTH),
        screen.width,
        screen.height,
        screen.colorDepth,
        navigator.language,
        Intl.DateTimeFormat().resolvedOptions().timeZone,
        ...(name ? who : view.who),
        name,
        ...more
      ])
      // A page that is made ready before anybody sees it becomes visible when somebody does.
      if (document.prerendering) await new Promise(seen => listen('visibilitychange', seen))
      post(body).then(answer)
    }).then(callback)

  // Whether a hit was taken; `name` is that of one that was kept. Sent alive, it outlives the page; but browsers refuse more
  // than 64 KiB of that at a time.
  const post = async (body, name) => {
    const { status } = await fetch(endpoint, { method: 'POST', body, keepalive: !body[ALIVE] }).catch(() => 0)
    if (status < 500) delete kept[name]
    else if (!name && --room > 0) kept[key + Math.random()] = body
    return status < 300
  }

  const again = async () => {
    for (const name in kept) if (name.includes(key)) await post(kept[name], name)
    setTimeout(again, AGAIN)
  }

  // What the tracker tells by itself can be switched off by an attribute of the event's name.
  const notice = (name, value) => {
    if (on(name)) calls.event(name, value)
  }

  // ── views

  const begin = (overrides, wait) => {
    clock()
    view = { view: Math.random(), referrer: here, url: (here = address()), ...overrides }
    engaged = activity = depth = 0
    isNew = 1
    clock(1)
    setTimeout(announce, wait)
  }

  // All that is told of a view is told by who began it.
  const announce = () => {
    if (!isNew) return
    isNew = 0
    view.who = who
    send('view')
    if (view.referrer && isExternal(new URL(view.referrer))) notice('entry', view.referrer)
    // CSS closes a bracket that is left open.
    if (document.querySelector('[data-404')) notice('404')
  }

  const move = method => {
    const to = address()
    // A query that is only replaced is no move.
    if (method != 'replaceState' || to.replace(/\?[^#]*/g, '') != here.replace(/\?[^#]*/g, '')) {
      if (to != here) begin(0, TITLE_WITHIN)
    } else here = to
  }

  // Counts what has passed, and goes on while the page is seen and in focus, unless it is left.
  const clock = stays => {
    const now = performance.now()
    if (!stays) announce()
    const runs = stays && !document.hidden && document.hasFocus()
    if (since) {
      engaged += now - since
      depth = Math.max(depth, scrollY + innerHeight)
      if (!runs && on('engagement'))
        send(
          'engagement',
          null,
          null,
          null,
          null,
          engaged,
          (100 * depth) / document.scrollingElement.scrollHeight + 0.5, // percent, to be cut to 100, and to a whole number
          activity
        )
    }
    since = runs && now
  }

  // ── calls

  const calls = {
    event(name, value, data, callback) {
      send('event', callback, name, value && '' + value, data)
    },
    view: begin,
    identify(hash, traits) {
      who = [hash, traits]
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
  api[key] = 1

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
  listen('pointerdown keydown', () => (activity += on('activity')))
  listen('click auxclick submit input', event => {
    const closest = selector => event.composedPath()[0].closest?.(selector)
    const form = closest('form')
    const link = closest('a,area')
    const tag = closest('[data-fizzstat-event],[class*=plausible-event]')
    const isSent = event.type == 'submit'
    if (event.button > 1) return
    if (link?.hostname) {
      if (isIn(`*[.](${says.download || FILES})`, link.href)) notice('download', link.href)
      else if (isExternal(link)) notice('exit', link.href)
    }
    if (form && on('form') && (isSent || !form.fizzstat)) {
      form.fizzstat = 1
      notice(isSent ? 'form' : 'form_start', form.attributes.id?.value)
    }
    // What it says is read by the collector.
    if (tag && event.type != 'input' && (tag == form) == isSent) {
      const said = [...tag.attributes].map(({ name, value }) => /class|fizzstat/.test(name) && [name, value])
      calls.event('tag', null, said)
    }
  })
  if (!on('manual', 1)) {
    for (const method of ['pushState', 'replaceState']) {
      const original = history[method]
      history[method] = (...given) => {
        original.apply(history, given)
        move(method)
      }
    }
    listen('popstate', move) // before the app's own listener changes the page
    // Back from the browser's cache of whole pages: the script does not run again.
    listen('pageshow', event => event.persisted && begin())
    begin()
  }
  // Those that were made before this came
  for (const [name, ...given] of api.q || []) calls[name](...given)
  if (on('vitals', 1)) import(script.src.replace('tracker', 'vitals'))
})(document.currentScript || document.querySelector('[src*=tracker]'))
