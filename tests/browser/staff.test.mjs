// The back office handles an order that was paid by card: capture, ship with tracking, refund.
import assert from 'node:assert/strict'
import { visit } from './support/browser.mjs'
import { journeys } from './support/journeys.mjs'
import { mailTo } from './support/mail.mjs'
import { staff } from './support/shop.mjs'
import { button, fillCart, payWith, placed, signIn, toReview } from './support/steps.mjs'
import { double, text } from './support/texts.mjs'

const say = text.staff
const email = 'handled@guest.test'

/** Opens an action of the order page and confirms it, on the spot or on a page of its own. */
async function act(page, name, done, details = async () => {}) {
  const main = page.getByRole('main')
  await main.getByRole('button', { name }).or(main.getByRole('link', { name })).first().click()
  await page.waitForLoadState()
  await details(main)
  // A refund shows its amounts first and asks once more.
  for (let step = 0; step < 2 && !(await main.getByText(done).count()); step++) {
    await main.getByRole('button', { name: say.confirm }).first().click()
    await page.waitForLoadState()
  }
  await main.getByText(done).first().waitFor()
}

journeys('the back office', (journey, the) => {
  journey('captures, ships and refunds an order', {}, async (page) => {
    let number
    await visit(the.browser, the.shop.url, {}, async (guest) => {
      await fillCart(guest)
      await toReview(guest, { email, method: text.card })
      await button(guest, text.place).click()
      await payWith(guest, double.good)
      number = await placed(guest)
    })
    await signIn(page, staff, '/admin/sign-in')
    const order = `/admin/orders/${number}`
    await page.goto(order)
    await act(page, say.capture, say.captured)
    await page.goto(order)
    await act(page, say.ship, say.shipped, (main) => main.getByLabel(say.tracking).first().fill('1Z999AA10123456784'))
    await mailTo(the.shop, email, /1Z999AA10123456784/)
    await page.goto(order)
    await act(page, say.refund, say.refunded, async (main) => {
      const quantity = main.getByRole('spinbutton').first()
      if (await quantity.count()) await quantity.fill('1')
    })
    await page.goto(order)
    await page.getByRole('main').getByText(say.refunded).first().waitFor()
  })

  journey('lets nobody in without the password', {}, async (page) => {
    for (const path of ['/admin', '/admin/orders', '/admin/mails']) {
      await page.goto(path)
      assert.equal(new URL(page.url()).pathname, '/admin/sign-in', path)
    }
  })
})
