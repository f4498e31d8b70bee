// What may stand in a field, as it is typed: the most frequent values of what the field is about.

const token = () => document.querySelector('meta[name=csrf-token]')?.content ?? ''
const FULL = { page: 'event:page', name: 'event:name', goal: 'event:goal', hostname: 'event:hostname', country: 'visit:country_name' }

function about(field) {
  if (field.dataset.suggest) return FULL[field.dataset.suggest]
  const form = field.form
  const chosen = form.elements.about.value
  if (chosen === 'props') return form.elements.property.value ? `event:props:${form.elements.property.value}` : ''
  return FULL[chosen] ?? `visit:${chosen}`
}

// Today among them, which 91d is without.
const day = ago => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10)

async function values(base, dimension, text) {
  const filters = text ? [['contains', dimension, [text], { case_sensitive: false }]] : []
  const question = { metrics: ['visitors'], date_range: [day(91), day(0)], dimensions: [dimension], filters, pagination: { limit: 12 } }
  const answer = await fetch(`${base}/ask/query`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRF-Token': token() },
    body: JSON.stringify(question),
  })
  return answer.ok ? (await answer.json()).results.map(row => row.dimensions[0]) : []
}

export function suggest(root, base) {
  const form = root.querySelector('.filter-form')
  if (form) {
    const named = () => (form.querySelector('#property-field').hidden = form.elements.about.value !== 'props')
    form.elements.about.addEventListener('change', named)
    named()
  }
  root.querySelectorAll('[data-suggest]').forEach((field, n) => {
    const list = document.createElement('datalist')
    list.id = `values-${root.id}-${n}`
    field.after(list)
    field.setAttribute('list', list.id)
    let waiting
    const look = () => {
      clearTimeout(waiting)
      waiting = setTimeout(async () => {
        const dimension = about(field)
        if (!dimension) return
        const found = await values(base, dimension, field.value).catch(() => [])
        list.replaceChildren(...found.map(value => Object.assign(document.createElement('option'), { value })))
      }, 150)
    }
    field.addEventListener('input', look)
    field.addEventListener('focus', look, { once: true })
  })
}
