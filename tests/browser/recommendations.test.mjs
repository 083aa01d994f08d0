// A shopper follows what goes with a product into the cart; staff see that it was followed, and pin something else first.
import assert from 'node:assert/strict'
import { journeys } from './support/journeys.mjs'
import { look, sizes } from './support/browser.mjs'
import { staff } from './support/shop.mjs'
import { button, main, press, signIn } from './support/steps.mjs'
import { text } from './support/texts.mjs'

const say = text.recommendations

/** A browser that was here before, that may be recognised, and whose secret is one of the nine of ten that get what was learned. */
async function known(page) {
  const url = new URL('/', page.url()).href
  const cookies = { visitor: 'a-visitor-of-the-journey', trail: 'a-trail-of-the-journey' }
  await page.context().addCookies(Object.entries(cookies).map(([name, value]) => ({ name, value, url })))
}

const shelf = (page, heading) => page.getByRole('region', { name: heading })

/** The shop learns in the background from the moment it starts. */
async function learned(page, address, heading) {
  for (let tries = 0; tries < 60; tries += 1) {
    await page.goto(address)
    if (await shelf(page, heading).count()) return
    await page.waitForTimeout(500)
  }
  assert.fail(`nothing was learned for ${address}`)
}

/** What shelves did is counted a moment later. */
async function counted(page) {
  const row = main(page).getByRole('rowheader', { name: say.shelf })
  for (let tries = 0; tries < 20; tries += 1) {
    await page.goto('/admin/recommendations')
    if (await row.count()) return
    await page.waitForTimeout(500)
  }
  assert.fail('nothing was counted')
}

journeys('recommendations', (journey) => {
  journey('lead from a product over its companion into the cart', { script: false }, async (page) => {
    await page.goto('/')
    await known(page)
    await learned(page, say.page, say.together)
    const link = shelf(page, say.together).getByRole('link').first()
    const title = (await link.innerText()).trim()
    await press(page, link)
    await main(page).getByRole('heading', { level: 1, name: title }).waitFor()
    await page.goto(say.page)
    await press(page, button(page, text.add))
    await page.goto('/cart')
    await shelf(page, say.complete).getByRole('link', { name: title }).waitFor()
    await page.goto('/')
    await shelf(page, say.forYou).getByText(say.because).first().waitFor()
    assert.equal(await shelf(page, say.forYou).locator(`a[href^="${say.page}?"]`).count(), 0, 'what lies in the cart is not shown')
    await signIn(page, staff, '/admin/sign-in')
    await counted(page)
    await main(page).getByLabel(say.beside).fill('matcha-bowl')
    await main(page).getByLabel(say.first).fill('NAP-NAT')
    await press(page, button(page, say.pin))
    await main(page).getByText(say.saved).waitFor()
    // Signing in gave the browser another secret, which may be one of those that get what many bought.
    await known(page)
    await page.goto(say.page)
    await shelf(page, say.together).getByText(say.chosen).waitFor()
  })
  journey('are readable at both widths and in both languages', {}, async (page) => {
    await page.goto('/')
    await known(page)
    await learned(page, say.page, say.together)
    await signIn(page, staff, '/admin/sign-in')
    for (const [address, name] of [['/', 'home-for-you'], [say.page, 'product-together'], ['/admin/recommendations', 'admin-recommendations']]) {
      for (const [language, ending] of [['', ''], ['/zh', '-zh']]) {
        await page.goto(`${language}${address}`)
        for (const size of [sizes.narrow, sizes.wide]) {
          await page.setViewportSize(size)
          await look(page, name + ending)
        }
      }
    }
  })
})
