// One shop and one browser for the journeys of a file.
import { after, before, describe, test } from 'node:test'
import { openBrowser, visit } from './browser.mjs'
import { startShop } from './shop.mjs'

/**
 * `journeys(title, (journey, the) => { journey('does this', options, async (page, visitor) => …) })`: every journey is a new
 * visitor; `the.shop` and `the.browser` are there once the journeys run.
 */
export function journeys(title, define) {
  const the = {}
  describe(title, () => {
    before(async () => {
      the.shop = await startShop()
      the.browser = await openBrowser()
    }, { timeout: 300_000 })
    after(async () => {
      await the.browser?.close()
      await the.shop?.stop()
    })
    define((name, options, journey) => {
      test(name, { timeout: 120_000 }, () => visit(the.browser, the.shop.url, options, journey))
    }, the)
  })
}
