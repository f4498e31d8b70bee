/*
 * The tracker as an ES module, for who bundles: init() stands for the script's tag, and takes the tag's attributes as options.
 * The build puts the tracker where it is imported here, and calls the result fizzstat.mjs.
 */
import start from './tracker.js'

// On a server there is no page: nothing happens. What is called before init() is kept for it.
const call =
  name =>
  (...given) => {
    if (typeof document === 'undefined') return
    const api = (self.fizzstat = self.fizzstat || {})
    if (api[name]) api[name](...given)
    else (api.q = api.q || []).push([name, ...given])
  }

export const init = (options = {}) => {
  if (typeof document === 'undefined') return
  const dataset = {}
  for (const name in options) if (options[name] != null) dataset[name] = String(options[name])
  start({ dataset, src: import.meta.url.replace(/[^/]*$/, 'tracker.js') })
}
export const event = call('event')
export const view = call('view')
export const identify = call('identify')
export const optOut = call('optOut')
export const optIn = call('optIn')
