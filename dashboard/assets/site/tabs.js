// Tabs as the keyboard has them: one of a list is reached by Tab, the others by the arrows.

export function dressTabs(root) {
  for (const list of root.querySelectorAll('[role=tablist]')) {
    const tabs = [...list.querySelectorAll('[role=tab]')]
    tabs.forEach(tab => (tab.tabIndex = tab.ariaSelected === 'true' ? 0 : -1))
    list.addEventListener('keydown', event => {
      const step = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key]
      if (!step) return
      event.preventDefault()
      event.stopPropagation()
      const at = tabs.indexOf(document.activeElement)
      const next = Math.abs(step) === 1 ? (at + step + tabs.length) % tabs.length : step < 0 ? 0 : tabs.length - 1
      tabs[next].focus()
    })
    list.addEventListener('keydown', event => {
      if (event.key !== ' ') return
      event.preventDefault()
      document.activeElement.click()
    })
  }
}
