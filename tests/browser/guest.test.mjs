// A guest buys: without JavaScript, by card, through a decline and 3-D Secure, impatiently, and only once.
import assert from 'node:assert/strict'
import { visit } from './support/browser.mjs'
import { journeys } from './support/journeys.mjs'
import { mailTo } from './support/mail.mjs'
import { staff } from './support/shop.mjs'
import { button, buy, fillCart, main, orderNumber, ordersOf, payWith, place, placed, press, signIn, toReview } from './support/steps.mjs'
import { demo, double, label, text } from './support/texts.mjs'

journeys('a guest', (journey, the) => {
  const onlyOrder = async (email, number) => {
    await visit(the.browser, the.shop.url, {}, async (page) => {
      await signIn(page, staff, '/admin/sign-in')
      assert.deepEqual(await ordersOf(page, email), [`/admin/orders/${number}`])
    })
  }
  const toPayment = async (page, email) => {
    await fillCart(page)
    await toReview(page, { email, method: text.card })
    await press(page, button(page, text.place))
  }
  const isPaid = async (page, email) => {
    const number = await placed(page)
    await main(page).locator('.statuses').getByText(text.paidOrHeld).waitFor()
    await onlyOrder(email, number)
  }

  journey('buys by bank transfer without JavaScript', { script: false, size: 'narrow' }, async (page) => {
    const number = await buy(page, 'plain@guest.test')
    assert.match(page.url(), /[?&]key=/, 'the page of thanks is reached by its signed link')
    await main(page).locator('.statuses').getByText(text.notPaid).waitFor()
    const mail = await mailTo(the.shop, 'plain@guest.test', new RegExp(number))
    assert.match(mail, /\/orders\//, 'the mail leads to the order')
  })

  journey('is not shown an order without its key', {}, async (page, guest) => {
    const number = await buy(page, 'secret@guest.test')
    const signed = page.url()
    await guest.context.clearCookies()
    for (const path of [`/orders/${number}`, `/orders/${number}?key=wrong`]) {
      assert.equal((await page.goto(path)).status(), 404, path)
    }
    assert.equal((await page.goto(signed)).status(), 200, 'the signed link opens it')
  })

  journey('pays by card', {}, async (page) => {
    await toPayment(page, 'card@guest.test')
    await payWith(page, double.good)
    await isPaid(page, 'card@guest.test')
  })

  journey('has a card declined, takes another and gets one order', {}, async (page) => {
    await toPayment(page, 'declined@guest.test')
    await payWith(page, double.declined)
    await page.getByRole('alert').getByText(double.wasDeclined).waitFor()
    await payWith(page, double.good)
    await isPaid(page, 'declined@guest.test')
  })

  journey('passes 3-D Secure', {}, async (page) => {
    await toPayment(page, 'secure@guest.test')
    await payWith(page, double.secure)
    assert.match(page.url(), /\/authenticate$/)
    await press(page, button(page, double.authenticate))
    await isPaid(page, 'secure@guest.test')
  })

  // Without script nothing but the server stands between two clicks and two orders.
  for (const script of [true, false]) {
    const email = `twice-${script}@guest.test`
    journey(`clicks twice and gets one order (${script ? 'with' : 'without'} JavaScript)`, { script }, async (page) => {
      await fillCart(page)
      await toReview(page, { email, method: text.bank })
      await button(page, text.place).dblclick({ noWaitAfter: true })
      await page.waitForURL(/\/orders\/[^/?]+\?/)
      await onlyOrder(email, orderNumber(page))
    })
  }

  journey('goes back and places again in two tabs: one order', {}, async (page, guest) => {
    await fillCart(page)
    await toReview(page, { email: 'back@guest.test', method: text.bank })
    const tab = await guest.context.newPage()
    await tab.goto('/checkout/review')
    const number = await place(page)
    // The second tab still shows the review.
    await press(tab, button(tab, text.place))
    assert.equal(orderNumber(tab), number, 'the second tab is led to the same order')
    await page.goBack()
    const again = button(page, text.place)
    if (await again.count()) await press(page, again)
    assert.equal(orderNumber(page), number, 'so is who goes back')
    await onlyOrder('back@guest.test', number)
  })

  journey('uses a coupon, and is told of one that does not exist', {}, async (page) => {
    await fillCart(page)
    const total = async () => Number((await main(page).locator('.totals-total dd').first().innerText()).replace(/[^\d]/g, ''))
    const before = await total()
    await page.getByText(text.couponOpen).click()
    const code = page.getByLabel(label.coupon)
    await code.fill('NO-SUCH-CODE')
    await press(page, button(page, text.applyCoupon))
    await page.getByText(text.couponUnknown).first().waitFor()
    assert.equal(await code.inputValue(), 'NO-SUCH-CODE', 'what was typed is kept')
    assert.equal(await total(), before)
    await code.fill(demo.coupon)
    await press(page, button(page, text.applyCoupon))
    await page.getByText(text.couponUsed).first().waitFor()
    const after = await total()
    assert.ok(after > 0 && after < before, `${after} instead of ${before}`)
    await toReview(page, { email: 'coupon@guest.test', method: text.bank })
    await main(page).getByText(demo.coupon).first().waitFor()
    await place(page)
    await main(page).getByText(demo.coupon).first().waitFor()
  })
})
