'use strict'
const {readFileSync, renameSync, statSync, writeFileSync} = require('node:fs')
const {createRequire, getCompileCacheDir} = require('node:module')
const {join} = require('node:path')
const {setFlagsFromString} = require('node:v8')
const {constants, Script} = require('node:vm')

// Most runs end before what V8's last compiler makes of hot code has paid for its making, and before there is enough
// garbage to mark it bit by bit: without both 100 and 1,000 services take a tenth less time, 10,000 the same.
setFlagsFromString('--no-opt')
setFlagsFromString('--no-incremental-marking')

/**
 * Runs the program as it was built, with what V8 compiled of it when the same command ran before: half of a short run
 * is compiling. Node's own cache keeps what is compiled as a module is loaded, and none of the functions, which are
 * compiled as they are called. Where it keeps its own is the place for ours, one file a command.
 */
exports.runBuilt = async function runBuilt(file, call) {
  const cache = cacheFor(file, call)
  const cachedData = cache === null ? undefined : readIfThere(cache)
  // The build leaves nothing but ASCII, and a text of one byte a character is had without decoding.
  const script = new Script(readFileSync(file, 'latin1'), {
    filename: file,
    cachedData,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  })
  const built = {exports: {}}
  script.runInThisContext()(built.exports, createRequire(file), built, file)
  await built.exports.main(call)
  const known = cachedData !== undefined && !script.cachedDataRejected
  if (cache !== null && !known && process.exitCode <= 1) keep(cache, script.createCachedData())
}

/** V8 knows a source by its length only, so the name tells builds apart; null where Node is to keep no cache. */
function cacheFor(file, {argv, version}) {
  const folder = getCompileCacheDir()
  if (folder === undefined) return null
  const {size, mtimeMs} = statSync(file)
  const command = argv.includes('--help') ? 'help' : (argv.find(word => /^[a-z]+$/.test(word)) ?? 'home')
  return join(folder, `meshctl-${version}-${size}-${Math.round(mtimeMs)}-${command}`)
}

function readIfThere(file) {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}

/** Whole or not at all, as several may run at once; a cache that cannot be written is none. */
function keep(file, data) {
  try {
    const draft = `${file}.${process.pid}`
    writeFileSync(draft, data)
    renameSync(draft, file)
  } catch {
    // The next run compiles again.
  }
}
