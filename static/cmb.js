window.cmb={event:(name,value)=>fizzstat.event(name,value)}
