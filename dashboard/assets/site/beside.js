// Details, documents and filters open beside the page, in a dialog; each has an address of its own, as without scripts.

export const besides = (url, base) =>
  url.origin === location.origin && ['details', 'documents', 'filter'].some(name => url.pathname.startsWith(`${base}/${name}`))

let back = null // the page's address, below the dialog
let opener = null

export async function openBeside(url, base, go, { push = true } = {}) {
  const dialog = document.getElementById('beside')
  if (!dialog) return location.assign(url)
  const { suggest } = await import('./suggest.js')
  let page
  try {
    const answer = await fetch(url, { headers: { Accept: 'text/html' } })
    if (!answer.ok) return location.assign(url)
    page = new DOMParser().parseFromString(await answer.text(), 'text/html')
  } catch {
    return location.assign(url)
  }
  const view = page.getElementById('view')
  if (!view) return location.assign(url)
  if (!dialog.open) {
    back = push ? location.href : `${base}${url.search}`
    opener = document.activeElement
  }
  if (push) history.pushState(null, '', url)
  const close = view.querySelector('[data-close]')
  close.textContent = 'Close'
  dialog.setAttribute('aria-label', view.querySelector('h1').textContent)
  dialog.replaceChildren(view)
  dialog.scrollTop = 0
  suggest(view, base)
  if (!dialog.open) dialog.showModal()
  const first = view.querySelector('input:not([type=hidden]), select') ?? close
  first.focus()
  dialog.onclose = () => {
    dialog.replaceChildren()
    if (location.href !== back && location.pathname !== base) history.pushState(null, '', back)
    if (opener?.isConnected) opener.focus()
  }
  dialog.onclick = event => {
    if (event.target === dialog || event.target === close) {
      event.preventDefault()
      event.stopPropagation()
      dialog.close()
    }
  }
  dialog.onsubmit = async event => {
    event.preventDefault()
    const form = event.target
    const sent = new URL(form.getAttribute('action') ?? url, location.href)
    const asked = [...new FormData(form)].filter(([, value]) => value)
    sent.search = new URLSearchParams(asked)
    if (!form.classList.contains('filter-form')) return openBeside(sent, base, go)
    const answer = await fetch(sent, { headers: { Accept: 'application/json, text/html;q=0.5' } })
    if (answer.ok) {
      dialog.close()
      return go(answer.url)
    }
    const { error } = await answer.json().catch(() => ({ error: 'That did not work: try again.' }))
    const said = form.querySelector('.problem') ?? form.appendChild(document.createElement('p'))
    said.className = 'problem'
    said.setAttribute('role', 'alert')
    said.textContent = error
  }
}
