// Debian's Chromium, the two widths we support, and what every page must withstand: axe, no sideways scrolling, no script error.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { target } from './shop.mjs'

const axeSource = createRequire(import.meta.url)('axe-core').source
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
const flags = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run']

export const sizes = { wide: { width: 1280, height: 900 }, narrow: { width: 390, height: 844 } }

export function openBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags })
}

/**
 * A visitor with cookies of their own. `close` fails when a page threw an error, broke the content security policy or asked
 * another host for something.
 */
export async function visitor(browser, url, { size = 'wide', script = true, locale = 'en-GB' } = {}) {
  const context = await browser.newContext({ baseURL: url, viewport: sizes[size], javaScriptEnabled: script, locale, reducedMotion: 'reduce' })
  context.setDefaultTimeout(15_000)
  const faults = []
  context.on('weberror', (fault) => faults.push(`${fault.page()?.url()}: ${fault.error()}`))
  context.on('console', (line) => {
    if (/content security policy/i.test(line.text())) faults.push(`${line.page()?.url()}: ${line.text()}`)
  })
  context.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url())
    const ours = ['127.0.0.1', new URL(url).hostname]
    if (protocol.startsWith('http') && !ours.includes(hostname)) faults.push(`request to ${request.url()}`)
  })
  const page = await context.newPage()
  return {
    context,
    page,
    async close() {
      await context.close()
      assert.deepEqual(faults, [])
    },
  }
}

/** Runs `journey(page, visitor)` as a new visitor. */
export async function visit(browser, url, options, journey) {
  const guest = await visitor(browser, url, options)
  try {
    await journey(guest.page, guest)
  } catch (error) {
    const seen = await shot(guest.page, `failed-${Date.now()}`).catch(() => 'no screenshot')
    const where = guest.page.url()
    await guest.context.close()
    throw new Error(`on ${where}, see ${seen}: ${error.message}`, { cause: error })
  }
  await guest.close()
}

/**
 * Fails with the rule, the elements and the advice when the page breaks WCAG 2.2 at level AA. Only for visitors with script:
 * without it axe's own timers never fire.
 */
export async function axe(page) {
  // Evaluated, not added as a script element: the shop's policy rightly refuses foreign script elements.
  await page.evaluate(axeSource)
  const { violations } = await page.evaluate((tags) => window.axe.run(document, { runOnly: { type: 'tag', values: tags } }), tags)
  const report = violations.map(({ id, impact, help, nodes }) =>
    [`${id} (${impact}): ${help}`, ...nodes.map(({ target, failureSummary }) => `    ${target.join(' ')}\n      ${failureSummary.replaceAll('\n', '\n      ')}`)].join('\n'))
  assert.ok(report.length === 0, `axe on ${page.url()} at ${page.viewportSize().width} px:\n${report.join('\n')}`)
}

/** Stores a screenshot of the whole page and returns its path. */
export async function shot(page, name) {
  const folder = join(target, 'screenshots')
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${name}-${page.viewportSize().width}.png`)
  // What loads only once it is scrolled to is wanted, too.
  await page.evaluate(() => Promise.race([
    Promise.allSettled([...document.images].map((image) => {
      image.loading = 'eager'
      return image.decode()
    })),
    new Promise((done) => setTimeout(done, 3000)),
  ]))
  await page.screenshot({ path, fullPage: true })
  return path
}

/** The page is accessible, has no text without words, does not scroll sideways, and is kept as a screenshot. */
export async function look(page, name) {
  await shot(page, name)
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  assert.ok(over <= 0, `${page.url()} is ${over} px wider than the window of ${page.viewportSize().width} px`)
  // A text that is missing shows its key.
  const keys = /\b(admin|order|payment|fulfilment|refund|history|checkout|cart|account|request|ticket|contact|company|approval|budget|statement|requisition|quick)-[a-z]+[-_][a-z_]+\b/.exec(await page.locator('main').first().innerText())
  assert.equal(keys, null, `${page.url()} shows a key instead of a text: ${keys?.[0]}`)
  await axe(page)
}

/** `look` at both widths. */
export async function lookTwice(page, name) {
  for (const size of [sizes.narrow, sizes.wide]) {
    await page.setViewportSize(size)
    await look(page, name)
  }
}
