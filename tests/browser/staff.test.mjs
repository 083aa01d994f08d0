// The back office handles an order that was paid by card: capture, ship with tracking, refund.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { lookTwice, visit } from './support/browser.mjs'
import { journeys } from './support/journeys.mjs'
import { mailTo } from './support/mail.mjs'
import { staff } from './support/shop.mjs'
import { button, fill, fillCart, main, payWith, placed, press, signIn, toReview } from './support/steps.mjs'
import { double, text } from './support/texts.mjs'

const say = text.staff
const email = 'handled@guest.test'

/** Looks at the page at both widths. */
/** Waits for a word that follows once the payment provider answered: the page is loaded again until it is there. */
async function follows(page, where, words) {
  for (const deadline = Date.now() + 30_000; !(await main(page).locator(where).getByText(words).count());) {
    assert.ok(Date.now() < deadline, `no ${words} in ${where}: ${await main(page).locator(where).allInnerTexts()}`)
    await sleep(300)
    await page.reload()
  }
}

journeys('the back office', (journey, the) => {
  journey('captures, ships and refunds an order', {}, async (page) => {
    let number
    await visit(the.browser, the.shop.url, {}, async (guest) => {
      await fillCart(guest)
      await toReview(guest, { email, method: text.card })
      await press(guest, button(guest, text.place))
      await payWith(guest, double.good)
      number = await placed(guest)
    })
    await signIn(page, staff, '/admin/sign-in')
    const order = `/admin/orders/${number}`
    const open = async (name) => {
      await page.goto(order)
      await press(page, main(page).getByRole('link', { name }))
    }

    await open(say.capture)
    await lookTwice(page, 'admin-order-capture')
    await press(page, button(page, say.captureNow))
    await main(page).getByText(say.captureAsked).waitFor()
    await page.goto(order)
    await follows(page, '.badges', say.paid)
    assert.equal(await main(page).getByRole('link', { name: say.capture }).count(), 0, 'a payment is captured once')

    await open(say.ship)
    await lookTwice(page, 'admin-order-ship')
    await main(page).getByLabel(say.tracking).fill('1Z999AA10123456784')
    await press(page, button(page, say.shipNow))
    await main(page).getByText(say.shipped).waitFor()
    await page.goto(order)
    await follows(page, '.badges', say.sent)
    await mailTo(the.shop, email, /1Z999AA10123456784/)

    await open(say.refund)
    await main(page).getByLabel(say.giveBack).first().fill('1')
    await lookTwice(page, 'admin-order-refund')
    // The amounts are shown first, and nothing has gone back yet.
    await press(page, button(page, say.refundReview))
    await lookTwice(page, 'admin-order-refund-confirm')
    const amount = await main(page).locator('.sum dd').innerText()
    assert.match(amount, /[1-9]/)
    await press(page, button(page, say.refundConfirm))
    await main(page).getByText(say.refundAsked).waitFor()
    await page.goto(order)
    await follows(page, '.badges', say.refunded)
    await follows(page, '[aria-labelledby=refunds]', say.done)
    await main(page).locator('[aria-labelledby=refunds]').getByText(amount).first().waitFor()
    await lookTwice(page, 'admin-order-refunded')
  })

  journey('lets nobody in without the password', {}, async (page) => {
    const closed = async () => {
      for (const path of ['/admin', '/admin/orders', '/admin/mails', '/admin/settings']) {
        await page.goto(path)
        assert.equal(new URL(page.url()).pathname, '/admin/sign-in', path)
      }
    }
    await closed()
    await fill(page, { email: staff.email, password: 'not the password' })
    await press(page, button(page, text.signIn))
    await page.getByRole('alert').first().waitFor()
    await closed()
  })
})
