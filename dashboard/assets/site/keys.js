// Single keys choose a time: what a key does, the element with that data-key does when it is clicked. C opens the dates.

export function keys() {
  document.addEventListener('keydown', event => {
    const at = event.target
    if (event.ctrlKey || event.metaKey || event.altKey || at.closest('input, textarea, select, dialog, [role=tablist], .plot')) return
    const name = event.key.length === 1 ? event.key.toUpperCase() : event.key
    const times = document.getElementById('times')
    if (name === 'C' && times) {
      event.preventDefault()
      times.open = true
      document.getElementById('from').focus()
      return
    }
    const found = document.querySelector(`[data-key="${CSS.escape(name)}"]`)
    if (!found) return
    event.preventDefault()
    found.click()
  })
}
