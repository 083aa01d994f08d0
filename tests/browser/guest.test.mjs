// A guest buys: without JavaScript, by card, through a decline and 3-D Secure, impatiently, and only once.
import assert from 'node:assert/strict'
import { visit } from './support/browser.mjs'
import { journeys } from './support/journeys.mjs'
import { mailTo } from './support/mail.mjs'
import { staff } from './support/shop.mjs'
import { button, buy, fillCart, ordersOf, payWith, place, placed, signIn, toReview } from './support/steps.mjs'
import { demo, double, text } from './support/texts.mjs'

journeys('a guest', (journey, the) => {
  const countOrders = async (email) => {
    let count
    await visit(the.browser, the.shop.url, {}, async (page) => {
      await signIn(page, staff, '/admin/sign-in')
      count = (await ordersOf(page, email)).length
    })
    return count
  }

  journey('buys by bank transfer without JavaScript', { script: false, size: 'narrow' }, async (page) => {
    const number = await buy(page, 'plain@guest.test')
    assert.match(page.url(), /[?&]key=/, 'the page of thanks is reached by its signed link')
    const mail = await mailTo(the.shop, 'plain@guest.test', new RegExp(number))
    assert.match(mail, /\/orders\//, 'the mail leads to the order')
  })

  journey('is not shown an order without its key', {}, async (page, guest) => {
    const number = await buy(page, 'secret@guest.test')
    await guest.context.clearCookies()
    for (const path of [`/orders/${number}`, `/orders/${number}?key=wrong`]) {
      assert.equal((await page.goto(path)).status(), 404, path)
    }
  })

  journey('pays by card', {}, async (page) => {
    await fillCart(page)
    await toReview(page, { email: 'card@guest.test', method: text.card })
    await button(page, text.place).click()
    await payWith(page, double.good)
    await placed(page)
    assert.equal(await countOrders('card@guest.test'), 1)
  })

  journey('has a card declined, takes another and gets one order', {}, async (page) => {
    await fillCart(page)
    await toReview(page, { email: 'declined@guest.test', method: text.card })
    await button(page, text.place).click()
    await payWith(page, double.declined)
    await page.getByText(text.declined).first().waitFor()
    // The provider's page asks again, or the shop does and leads there once more.
    if (!(await page.getByLabel(double.number).count())) await button(page, text.retry).click()
    await payWith(page, double.good)
    await placed(page)
    assert.equal(await countOrders('declined@guest.test'), 1)
  })

  journey('passes 3-D Secure', {}, async (page) => {
    await fillCart(page)
    await toReview(page, { email: 'secure@guest.test', method: text.card })
    await button(page, text.place).click()
    await payWith(page, double.secure)
    await button(page, double.authenticate).click()
    await placed(page)
    assert.equal(await countOrders('secure@guest.test'), 1)
  })

  journey('clicks twice and gets one order', {}, async (page) => {
    await fillCart(page)
    await toReview(page, { email: 'twice@guest.test', method: text.bank })
    await button(page, text.place).dblclick({ noWaitAfter: true })
    await placed(page)
    assert.equal(await countOrders('twice@guest.test'), 1)
  })

  journey('goes back and places again in two tabs: one order', {}, async (page, guest) => {
    await fillCart(page)
    await toReview(page, { email: 'back@guest.test', method: text.bank })
    const tab = await guest.context.newPage()
    await tab.goto('/checkout/review')
    const number = await place(page)
    // The second tab still shows the review; whatever it gets, it is not a second order.
    await button(tab, text.place).click()
    await tab.waitForLoadState()
    await page.goBack()
    const again = button(page, text.place)
    if (await again.count()) {
      await again.click()
      await page.waitForLoadState()
    }
    assert.equal(await countOrders('back@guest.test'), 1, `only ${number}`)
  })

  journey('uses a coupon, and one that does not exist', {}, async (page) => {
    await fillCart(page)
    const enter = async (code) => {
      await page.getByLabel(text.coupon).first().fill(code)
      await button(page, text.applyCoupon).click()
      await page.waitForLoadState()
    }
    await enter('NO-SUCH-CODE')
    await page.getByRole('alert').first().waitFor()
    assert.equal(await page.getByLabel(text.coupon).first().inputValue(), 'NO-SUCH-CODE', 'what was typed is kept')
    await enter(demo.coupon)
    await page.getByRole('main').getByText(demo.coupon).first().waitFor()
    await page.getByRole('main').getByText(text.discount).first().waitFor()
    await toReview(page, { email: 'coupon@guest.test', method: text.bank })
    await page.getByRole('main').getByText(demo.coupon).first().waitFor()
    await place(page)
  })
})
