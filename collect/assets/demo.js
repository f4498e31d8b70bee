// What the demo does beside being counted. The tracker comes after it, and needs none of it.

const sent = document.querySelector('#sent')
const answer = document.querySelector('#answer')
const shown = new Set()

const words = {
  view: hit => new URL(hit.url).pathname,
  event: hit => (hit.value ? `${hit.name}: ${hit.value}` : hit.name),
  engagement: hit => `${(hit.engaged / 1000).toFixed(1)} s in sight, ${hit.scroll} % seen`
}

function show(hit) {
  if (shown.has(hit.id)) return
  shown.add(hit.id)
  const kind = document.createElement('b')
  kind.className = hit.kind
  kind.textContent = hit.kind
  const item = document.createElement('li')
  item.append(kind, ` ${words[hit.kind](hit)}`)
  sent.prepend(item)
}

// The tracker posts its hits by fetch, as arrays (collect/row.py names their places): listen in.
const { fetch } = window
window.fetch = (target, options) => {
  if (String(target).endsWith('/hit')) {
    const [kind, id, , url, ...more] = JSON.parse(options.body)
    const [name, value, , engaged, scroll] = more.slice(11)
    show({ kind, id, url, name, value, engaged, scroll: Math.min(100, Math.floor(scroll)) })
  }
  return fetch(target, options)
}

for (const button of document.querySelectorAll('[data-event]')) {
  button.addEventListener('click', () => {
    const { event, value } = button.dataset
    const current = document.querySelector('[data-soft][aria-current]')
    answer.textContent = 'Sending …'
    window.fizzstat.event(event, value, current && { period: current.dataset.soft }, taken => {
      answer.textContent = taken ? `The collector took “${event}: ${value}”.` : 'The collector did not take it.'
    })
  })
}

// The form is a demo's: what is written in it goes nowhere.
document.querySelector('#letter')?.addEventListener('submit', event => {
  event.preventDefault()
  answer.textContent = 'Thank you. Nothing was sent but that a form was: there is no such letter.'
})

// A part of the page that behaves as an app's does.
const links = [...document.querySelectorAll('[data-soft]')]

function turn(link) {
  for (const other of links) other.removeAttribute('aria-current')
  link.setAttribute('aria-current', 'true')
  for (const price of document.querySelectorAll('[data-period]')) price.hidden = price.dataset.period !== link.dataset.soft
  document.title = link.dataset.title
}

for (const link of links) {
  link.addEventListener('click', event => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    history.pushState(null, '', link.href)
    turn(link)
  })
}

addEventListener('popstate', () => {
  const link = links.find(one => one.href === location.href)
  if (link) turn(link)
})
