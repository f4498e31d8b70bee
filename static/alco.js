// Calls by Alcolytics' snippet, which queues them until this is loaded. Views are counted by the tracker itself.
((alco, calls) => {
  if (!alco) return
  alco.doCall = ([name, ...given]) => calls[name] && calls[name](...given)
  ;(alco.queue || []).forEach(alco.doCall)
  alco.queue = []
})(window.alco, { event: (name, data) => fizzstat.event(name, undefined, data) })
