// Starts the built shop with the demo catalogue and the Stripe double, each on a free port, and stops them again.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { closeSync, cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export const target = resolve(process.env.CARGO_TARGET_DIR ?? join(import.meta.dirname, '../../../target'))
const out = join(target, 'browser')
const webhookSecret = 'whsec_double'
export const staff = { email: 'owner@shop.test', password: 'celadon gaiwan 27 kettles' }

function binary(name) {
  const path = join(target, 'debug', name)
  assert.ok(existsSync(path), `${path} is missing: cargo build --workspace --bins`)
  return path
}

export function freePort() {
  return new Promise((done, failed) => {
    const server = createServer().on('error', failed)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => done(port))
    })
  })
}

// Whatever ends this process ends what it started.
const running = new Set()
const folders = new Set()
process.on('exit', () => {
  running.forEach((child) => child.kill('SIGKILL'))
  folders.forEach((folder) => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

/** Starts a program; its output goes to a log file that messages name. */
function start(name, args, { env = {}, input, log }) {
  mkdirSync(out, { recursive: true })
  const path = join(out, `${log}.log`)
  const file = openSync(path, 'w')
  const child = spawn(binary(name), args, { env: { ...process.env, ...env }, stdio: ['pipe', file, file] })
  closeSync(file)
  child.stdin.on('error', () => {}).end(input)
  running.add(child)
  const ended = new Promise((done) => child.on('close', (code, signal) => {
    running.delete(child)
    done(code ?? signal)
  }))
  return { child, ended, what: `${name} ${args[0] ?? ''}`, tail: () => `${path}:\n${readFileSync(path, 'utf8').slice(-3000)}` }
}

/** Runs a command of the shop to its end; a failure shows what it said. */
export async function command(dataDir, args, input) {
  const job = start('regulars', args, { env: { REGULARS_DATA_DIR: dataDir }, input, log: `command-${args[0]}-${process.pid}` })
  const code = await job.ended
  if (code !== 0) assert.fail(`regulars ${args.join(' ')} ended with ${code}; ${job.tail()}`)
}

/** Ends a program as an operator would and expects it to go in good order. */
async function stop(job) {
  if (!running.has(job.child)) return
  job.child.kill('SIGTERM')
  const code = await Promise.race([job.ended, sleep(15_000, 'no end within 15 s', { ref: false })])
  if (running.has(job.child)) job.child.kill('SIGKILL')
  if (code !== 0) assert.fail(`${job.what}: ${code} after SIGTERM; ${job.tail()}`)
}

async function answering(url, job) {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(100)) {
    if (!running.has(job.child)) assert.fail(`${job.what} ended before it answered; ${job.tail()}`)
    const answer = await fetch(url).catch(() => null)
    await answer?.arrayBuffer()
    if (answer && (answer.ok || job.what.startsWith('stripe-double'))) return
  }
  assert.fail(`${url} did not answer within 60 s; ${job.tail()}`)
}

/** The demo shop is made once per build and copied: making it again for every file would cost more than the tests. */
async function demoData() {
  const made = statSync(binary('regulars'))
  const template = join(out, `demo-${Math.trunc(made.mtimeMs)}-${made.size}`)
  if (!existsSync(template)) {
    mkdirSync(out, { recursive: true })
    const draft = mkdtempSync(join(out, 'draft-'))
    await command(draft, ['demo'])
    await command(draft, ['staff', 'add', staff.email, '--name', 'Mei Lin', '--password-stdin'], `${staff.password}\n`)
    try {
      renameSync(draft, template)
    } catch (error) {
      // Another file's tests may have made it meanwhile.
      rmSync(draft, { recursive: true, force: true })
      if (!existsSync(template)) throw error
    }
  }
  return template
}

/** A running demo shop of its own for the calling test file; nothing is left running when it cannot start. */
export async function startShop() {
  try {
    return await startBoth()
  } catch (error) {
    running.forEach((child) => child.kill('SIGKILL'))
    throw error
  }
}

async function startBoth() {
  const dataDir = mkdtempSync(join(tmpdir(), 'regulars-shop-'))
  folders.add(dataDir)
  cpSync(await demoData(), dataDir, { recursive: true })
  const [port, stripePort] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${port}`
  const stripe = `http://127.0.0.1:${stripePort}`
  const file = basename(process.argv[1], '.test.mjs')

  const double = start('stripe-double', ['--port', String(stripePort), '--webhook', `${url}/webhooks/stripe`], {
    env: { REGULARS_STRIPE_WEBHOOK_SECRET: webhookSecret },
    log: `${file}-stripe`,
  })
  await answering(`${stripe}/`, double)
  const shop = start('regulars', ['serve'], {
    env: {
      REGULARS_LISTEN: `127.0.0.1:${port}`,
      REGULARS_DATA_DIR: dataDir,
      REGULARS_STRIPE_SECRET_KEY: 'sk_test_double',
      REGULARS_STRIPE_WEBHOOK_SECRET: webhookSecret,
      REGULARS_STRIPE_API_BASE: stripe,
      // All visitors come from one address.
      REGULARS_LIMITS_SIGN_IN_PER_MINUTE: '1000',
      REGULARS_LIMITS_CHECKOUT_PER_MINUTE: '1000',
      REGULARS_LIMITS_SEARCH_PER_MINUTE: '1000',
    },
    log: `${file}-shop`,
  })
  await answering(`${url}/readyz`, shop)

  return {
    url,
    dataDir,
    async stop() {
      try {
        await stop(shop)
        await command(dataDir, ['doctor'])
      } finally {
        double.child.kill('SIGKILL')
      }
    },
  }
}
