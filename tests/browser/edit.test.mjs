// An order is changed before it is shipped: staff see the money first, and the buyer pays the balance by the link of the mail.
import { lookTwice, visit } from './support/browser.mjs'
import { journeys } from './support/journeys.mjs'
import { linkIn, mailTo } from './support/mail.mjs'
import { staff } from './support/shop.mjs'
import { button, fillCart, main, payWith, place, press, signIn, toReview } from './support/steps.mjs'
import { demo, double, label, text } from './support/texts.mjs'

const say = text.edit
const ann = 'ann@edit.test'

/** Looks at the page at both widths. */
const typed = (page, name, value) => main(page).getByLabel(name).first().fill(value)

journeys('changing an order', (journey, the) => {
  journey('staff add goods to an order that was paid by card', {}, async (page) => {
    let number, link
    await visit(the.browser, the.shop.url, {}, async (guest) => {
      await fillCart(guest)
      await guest.goto('/cart')
      await main(guest).getByText(text.couponOpen).click()
      await guest.getByLabel(label.coupon).first().fill(demo.coupon)
      await press(guest, button(guest, text.applyCoupon))
      await toReview(guest, { email: ann, method: text.card })
      await press(guest, button(guest, text.place))
      await payWith(guest, double.good)
      number = decodeURIComponent(new URL(guest.url()).pathname.split('/').at(-1))
    })
    await signIn(page, staff, '/admin/sign-in')
    await page.goto(`/admin/orders/${number}`)
    await press(page, main(page).getByRole('link', { name: say.open }))
    await lookTwice(page, 'admin-order-edit')
    await typed(page, say.goods, 'MUG-ST-WHI-250 500')
    await press(page, button(page, say.review))
    await main(page).getByText(say.short).waitFor()
    await lookTwice(page, 'admin-order-edit-short')
    await page.goBack()
    await typed(page, say.goods, 'MUG-ST-WHI-250 2\nMUG-ST-IND-350')
    await main(page).getByText(say.address).click()
    await typed(page, say.city, 'Potsdam')
    await typed(page, say.reason, 'She called: two more mugs')
    await press(page, button(page, say.review))
    await main(page).getByText(say.due).waitFor()
    await lookTwice(page, 'admin-order-edit-confirm')
    await press(page, button(page, say.make))
    await main(page).getByText(say.made).waitFor()
    await lookTwice(page, 'admin-order-edited')
    await page.goto(`/zh/admin/orders/${number}/edit`)
    await lookTwice(page, 'admin-order-edit-chinese')
    await press(page, button(page, /^查看金额$/))
    await lookTwice(page, 'admin-order-edit-confirm-chinese')
    await page.goto(`/admin/orders/${number}/ship`)
    await main(page).getByText(say.waits).waitFor()
    await lookTwice(page, 'admin-order-ship-balance')

    link = linkIn(await mailTo(the.shop, ann, say.mail), `/orders/${number}`)
    await visit(the.browser, the.shop.url, {}, async (guest) => {
      await guest.goto(link)
      await main(guest).getByText(say.asks).first().waitFor()
      await lookTwice(guest, 'order-balance')
      await press(guest, button(guest, say.pay))
      await payWith(guest, double.good)
      await main(guest).locator('.statuses').getByText(text.paidOrHeld).waitFor()
      await lookTwice(guest, 'order-balance-paid')
    })
    // A smaller order: money goes back, or is not captured.
    await page.goto(`/admin/orders/${number}/edit`)
    await typed(page, say.units, '0')
    await press(page, button(page, say.review))
    await lookTwice(page, 'admin-order-edit-smaller')
    await press(page, button(page, say.make))
    await main(page).getByText(say.made).waitFor()
    await lookTwice(page, 'admin-order-edited-smaller')
  })
})
