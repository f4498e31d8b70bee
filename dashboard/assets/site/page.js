// The page without loading it anew. What a link or a form would load is asked for part by part, at once, and only those parts whose
// parameters changed: a part says in data-own what it alone depends on. The HTML is the server's, as on the page itself.

import { besides, openBeside } from './beside.js'
import { dressChart } from './chart.js'
import { keys } from './keys.js'
import { suggest } from './suggest.js'
import { dressTabs } from './tabs.js'

const base = document.body.dataset.base
const said = document.getElementById('said')
const asking = new Map() // a part's name -> what stops its request
let shown = new URL(location.href)

const parts = () => [...document.querySelectorAll('[data-part]')]
const isOurs = url => url.origin === location.origin && url.pathname === base

function changed(before, after) {
  const names = new Set([...before.searchParams.keys(), ...after.searchParams.keys()])
  return [...names].filter(name => before.searchParams.getAll(name).join('\n') !== after.searchParams.getAll(name).join('\n'))
}

const own = part => part.dataset.own.split(' ')

function concerned(names) {
  const owned = new Set(parts().flatMap(own))
  return parts().filter(part => names.some(name => !owned.has(name) || own(part).includes(name)))
}

// Links of parts that stay carry the whole state: what other parts changed is put into them.
function carry(part, names) {
  for (const link of part.querySelectorAll('a[href]')) {
    const url = new URL(link.getAttribute('href'), location.href)
    if (!url.pathname.startsWith(base)) continue
    for (const name of names) {
      url.searchParams.delete(name)
      for (const value of shown.searchParams.getAll(name)) url.searchParams.append(name, value)
    }
    link.setAttribute('href', url.pathname + url.search)
  }
  for (const form of part.querySelectorAll('form')) {
    for (const name of names) {
      if (form.querySelector(`[name="${name}"]:not([type=hidden])`)) continue
      form.querySelectorAll(`[name="${name}"]`).forEach(field => field.remove())
      for (const value of shown.searchParams.getAll(name)) {
        form.prepend(Object.assign(document.createElement('input'), { type: 'hidden', name, value }))
      }
    }
  }
}

function dress(part) {
  dressTabs(part)
  suggest(part, base)
  if (part.dataset.part === 'top') dressChart(part, go)
}

// The place in the part that has the focus, to be found again in the part that takes its place.
function focusIn(part) {
  const at = document.activeElement
  if (!part.contains(at)) return () => null
  const all = root => [...root.querySelectorAll('a[href], button, input, select, summary, [tabindex]')]
  const place = all(part).indexOf(at)
  return fresh => (at.id && fresh.querySelector(`#${CSS.escape(at.id)}`)) || all(fresh)[place]
}

function swap(part, html) {
  const fresh = new DOMParser().parseFromString(html, 'text/html').querySelector('[data-part]')
  if (!fresh || (part.served ?? '') === html) {
    part.removeAttribute('aria-busy')
    return
  }
  for (const open of part.querySelectorAll('details[id][open]')) fresh.querySelector(`#${open.id}`)?.setAttribute('open', '')
  if (part.dataset.closes) fresh.querySelectorAll('details.choose[open]').forEach(one => one.removeAttribute('open'))
  const focus = focusIn(part)
  fresh.served = html
  const again = focus(fresh)
  part.replaceWith(fresh)
  dress(fresh)
  again?.focus({ preventScroll: true })
}

function failed(part, sentence) {
  const box = document.createElement('div')
  box.className = 'problem-box'
  box.setAttribute('role', 'alert')
  const text = Object.assign(document.createElement('p'), { textContent: sentence })
  const again = Object.assign(document.createElement('button'), { textContent: 'Try again' })
  again.addEventListener('click', () => load(part))
  box.append(text, again)
  const body = part.querySelector('.panel-body') ?? part
  body.replaceChildren(box)
  part.served = null
  part.removeAttribute('aria-busy')
}

async function load(part, quietly = false) {
  const name = part.dataset.part
  asking.get(name)?.abort()
  const stop = new AbortController()
  asking.set(name, stop)
  if (!quietly) part.setAttribute('aria-busy', 'true')
  try {
    const answer = await fetch(`${base}/parts/${name}${shown.search}`, {
      headers: { Accept: 'application/json, text/html;q=0.5' },
      signal: stop.signal,
    })
    const text = await answer.text()
    if (stop.signal.aborted) return
    if (answer.status === 401) location.reload()
    else if (answer.ok) swap(part, text)
    else if (!quietly) failed(part, sentence(text) ?? `The dashboard answered ${answer.status}.`)
  } catch {
    if (!stop.signal.aborted && !quietly) failed(part, 'The dashboard does not answer.')
  }
}

function sentence(text) {
  try {
    return JSON.parse(text).error
  } catch {
    return null
  }
}

export async function go(address, { push = true } = {}) {
  const url = new URL(address, location.href)
  if (!isOurs(url)) return location.assign(url)
  const isRealtime = one => one.searchParams.get('period') === 'realtime'
  if (isRealtime(url) !== isRealtime(shown)) return location.assign(url) // other parts
  const names = changed(shown, url)
  shown = url
  if (push) history.pushState(null, '', url)
  const loaded = concerned(names)
  for (const part of parts()) if (!loaded.includes(part)) carry(part, names)
  document.getElementById('part-bar').dataset.closes = 'yes'
  said.textContent = ''
  await Promise.all(loaded.map(part => load(part)))
  said.textContent = 'The numbers are those of what was chosen.'
}

document.addEventListener('click', event => {
  const link = event.target.closest('a[href]')
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || link.hasAttribute('download')) return
  if (link.closest('[aria-busy="true"]')) return event.preventDefault() // it would lead back to what was shown before
  const url = new URL(link.getAttribute('href'), location.href)
  if (link.dataset.again) {
    event.preventDefault()
    load(document.getElementById(`part-${link.dataset.again}`))
  } else if (besides(url, base)) {
    event.preventDefault()
    openBeside(url, base, go)
  } else if (isOurs(url) && document.getElementById('part-bar')) {
    event.preventDefault()
    document.getElementById('beside')?.close()
    go(url)
  }
})

document.addEventListener('submit', event => {
  const form = event.target
  if (form.method !== 'get' || form.closest('dialog') || !document.getElementById('part-bar')) return
  event.preventDefault()
  const given = [...new FormData(form)].filter(([, value]) => value)
  go(`${base}?${new URLSearchParams(given)}`)
})

document.addEventListener('click', event => {
  for (const open of document.querySelectorAll('details.choose[open]')) if (!open.contains(event.target)) open.open = false
})
document.addEventListener('keydown', event => {
  if (event.key !== 'Escape') return
  for (const open of document.querySelectorAll('details.choose[open]')) {
    open.open = false
    open.querySelector('summary').focus()
  }
})

addEventListener('popstate', () => {
  const url = new URL(location.href)
  if (besides(url, base)) return openBeside(url, base, go, { push: false })
  document.getElementById('beside')?.close()
  if (isOurs(url)) go(url, { push: false })
})

keys()
parts().forEach(dress)

// Times that go on are looked at again; what has not changed is left alone.
const EVERY = { now: 1, today: 6 } // of TICK
const TICK = 5000
let ticks = 0

function refresh() {
  const every = EVERY[document.getElementById('part-bar')?.dataset.goesOn]
  ticks += 1
  if (!every || ticks % every || document.hidden || document.querySelector('dialog[open], details.choose[open], [aria-busy]')) return
  const at = document.activeElement
  for (const part of parts()) {
    const isUsed = part.contains(at) && at.matches('input, .plot')
    if (part.dataset.part !== 'bar' && !isUsed) load(part, true)
  }
}

setInterval(refresh, TICK)
if ('waits' in document.body.dataset) {
  setInterval(async () => {
    const page = await fetch(location.href).then(answer => answer.text(), () => '')
    if (page.includes('data-part=')) location.reload()
  }, 3000)
}
