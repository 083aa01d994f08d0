// A merchant changes how the shop looks: tries a colour, sees it, publishes it; without script, too.
import assert from 'node:assert/strict'
import { lookTwice, visit } from './support/browser.mjs'
import { journeys } from './support/journeys.mjs'
import { staff } from './support/shop.mjs'
import { button, main, press, signIn } from './support/steps.mjs'
import { text } from './support/texts.mjs'

const say = text.theme
const colour = (page, name) => page.evaluate((name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim(), name)

/** The value of a custom property in the frame of the page. */
const inFrame = (page, name) => page.frameLocator('iframe').locator('html').evaluate((html, name) => getComputedStyle(html).getPropertyValue(name).trim(), name)

async function until(what, wanted) {
  for (let tries = 0; tries < 50; tries++) {
    if ((await what()) === wanted) return
    await new Promise((done) => setTimeout(done, 100))
  }
  assert.equal(await what(), wanted)
}

journeys('the theme', (journey, the) => {
  const shopper = (see) => visit(the.browser, the.shop.url, {}, see)

  journey('is tried in the preview, published and worn by the shop', {}, async (page) => {
    await signIn(page, staff, '/admin/sign-in')
    await page.goto('/admin/theme')
    await lookTwice(page, 'admin-theme')
    const before = await inFrame(page, '--clay')
    await main(page).getByLabel(say.accent).fill('#1f6b4a')
    await until(() => inFrame(page, '--clay'), '#1f6b4a')
    await shopper(async (guest) => {
      await guest.goto('/')
      assert.equal(await colour(guest, '--clay'), before, 'a draft is not worn')
    })

    // What cannot be read is told at once, with a colour that would do.
    await main(page).getByLabel(say.accent).fill('#9fd8bd')
    await main(page).getByRole('status').getByText(say.faint).first().waitFor()
    await lookTwice(page, 'admin-theme-faint')
    await press(page, button(page, say.publish))
    await main(page).getByRole('alert').getByText(say.faint).first().waitFor()
    await lookTwice(page, 'admin-theme-refused')
    await main(page).getByLabel(say.accent).fill('#1f6b4a')
    await main(page).getByRole('status').getByText(say.fine).waitFor()

    // Links in the frame lead on in the draft.
    await page.frameLocator('iframe').locator('a[href*="/categories/"]').first().click()
    await page.frameLocator('iframe').locator('.listing-count').waitFor()
    await until(() => inFrame(page, '--clay'), '#1f6b4a')

    await press(page, button(page, say.publish))
    await main(page).getByText(say.published).waitFor()
    await shopper(async (guest) => {
      await guest.goto('/')
      assert.equal(await colour(guest, '--clay'), '#1f6b4a')
      await lookTwice(guest, 'themed-home')
    })
  })

  journey('is dressed in a ready one and brought back without script', { script: false }, async (page) => {
    await signIn(page, staff, '/admin/sign-in')
    await page.goto('/admin/theme')
    await press(page, button(page, say.night))
    await main(page).getByText(say.kept).waitFor()
    await page.frameLocator('iframe').locator('link#theme').waitFor({ state: 'attached' })
    await press(page, button(page, say.publish))
    await main(page).getByText(say.published).waitFor()
    await shopper(async (guest) => {
      for (const path of ['/', '/search?q=tea', '/account/sign-in', '/cart']) {
        await guest.goto(path)
        await lookTwice(guest, `themed-night${path.replace(/\W+/g, '-')}`)
      }
      await guest.goto('/')
      await guest.goto(await guest.locator('main a[href*="/products/"]').first().getAttribute('href'))
      await lookTwice(guest, 'themed-night-product')
    })
    await press(page, button(page, say.restore))
    await press(page, button(page, say.publish))
    await main(page).getByText(say.published).waitFor()
  })
})
