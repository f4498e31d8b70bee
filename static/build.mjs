// Minifies the tracker with the terser that package-lock.json pins, and says its sizes. ./build runs this.
import { readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { parse } from 'acorn'
import { minify } from 'terser'

const ECMASCRIPT = 2017 // what browsers must know
const here = name => new URL(name, import.meta.url)
const [option] = process.argv.slice(2)

const source = readFileSync(here('tracker.js'), 'utf8')
parse(source, { ecmaVersion: ECMASCRIPT })
const { code } = await minify(source, {
  ecma: ECMASCRIPT,
  compress: { passes: 3, unsafe_arrows: true },
  mangle: true,
  format: { comments: false }
})

if (option === '--check') {
  let built = ''
  try {
    built = readFileSync(here('tracker.min.js'), 'utf8')
  } catch {}
  if (built !== code) {
    console.error('static/tracker.min.js is not what static/tracker.js makes: run static/build')
    process.exit(1)
  }
} else {
  writeFileSync(here('tracker.min.js'), code)
}
console.log(`tracker.min.js: ${code.length} bytes, ${gzipSync(code, { level: 9 }).length} bytes gzip -9`)
