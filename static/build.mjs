// Makes what is served of what is read, with the terser that package-lock.json pins, and says the sizes. ./build runs this.
//
//   tracker.js → tracker.min.js     vitals.js → vitals.min.js     module.js, with the tracker in it → fizzstat.mjs
//
// With --check it only fails if one of them is not what its source makes. With --release it also puts both scripts, under
// names with package.json's version, into released/, where no file ever changes again; released/hashes.json has their hashes.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { parse } from 'acorn'
import { minify } from 'terser'

const ECMASCRIPT = 2020 // what browsers must know
// Names of variables, the most used first: of all orders that were tried this one makes the tracker smallest under gzip.
const LETTERS = 'eronasdhplzSyugLNv$ctbiwxMEfmkOAUJPHC_BTRQDKZYFjWVqIGX'
const IMPORT = "import start from './tracker.js'"
const here = name => new URL(name, import.meta.url)
const read = name => readFileSync(here(name), 'utf8')
const [option] = process.argv.slice(2)

const made = {
  'tracker.min.js': await minified(read('tracker.js'), false, LETTERS),
  'vitals.min.js': await minified(read('vitals.js'), false),
  'fizzstat.mjs': await minified(read('module.js').replace(IMPORT, () => `const start = ${tracker()}`), true)
}
for (const [name, code] of Object.entries(made)) {
  if (option === '--check') check(name, code)
  else writeFileSync(here(name), code)
  console.log(`${name}: ${code.length} bytes, ${gzipSync(code, { level: 9 }).length} bytes gzip -9`)
}
if (option === '--release') release(JSON.parse(read('package.json')).version)

async function minified(source, module, names) {
  const { code } = await minify(withoutConst(source, module), {
    ecma: ECMASCRIPT,
    module,
    compress: { passes: 4, unsafe_arrows: true },
    mangle: !names || { nth_identifier: { get: nth => names[nth % names.length] + (nth < names.length ? '' : nth) } },
    format: { comments: false }
  })
  return code
}

// Where nothing is assigned twice, `let` is the same as `const`, and shorter, and can be joined with other `let`s.
function withoutConst(source, module) {
  const starts = []
  const visit = node => {
    if (node.type === 'VariableDeclaration' && node.kind === 'const') starts.push(node.start)
    for (const child of Object.values(node)) {
      for (const one of [child].flat()) if (one && typeof one.type === 'string') visit(one)
    }
  }
  visit(parsed(source, module))
  for (const start of starts.sort((a, b) => b - a)) source = source.slice(0, start) + 'let' + source.slice(start + 'const'.length)
  return source
}

// The function that tracker.js calls with its tag.
function tracker() {
  const source = read('tracker.js')
  const { callee } = parsed(source, false).body[0].expression
  return source.slice(callee.start, callee.end)
}

function parsed(source, module) {
  return parse(source, { ecmaVersion: ECMASCRIPT, sourceType: module ? 'module' : 'script' })
}

function check(name, code) {
  if (existsSync(here(name)) && read(name) === code) return
  console.error(`static/${name} is not what its source makes: run static/build`)
  process.exitCode = 1
}

function release(version) {
  mkdirSync(here('released/'), { recursive: true })
  const hashes = existsSync(here('released/hashes.json')) ? JSON.parse(read('released/hashes.json')) : {}
  for (const script of ['tracker', 'vitals']) {
    const name = `${script}-${version}.js`
    const code = made[`${script}.min.js`]
    const hash = 'sha384-' + createHash('sha384').update(code).digest('base64')
    if ((hashes[name] || hash) !== hash) {
      console.error(`static/released/${name} is out already, and is another: raise the version in package.json`)
      process.exitCode = 1
      continue
    }
    hashes[name] = hash
    writeFileSync(here(`released/${name}`), code)
  }
  writeFileSync(here('released/hashes.json'), JSON.stringify(hashes, null, 2) + '\n')
}
