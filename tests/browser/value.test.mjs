// Money and goods that go both ways: a gift card is issued and pays, store credit is granted, parcels come back.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { look, lookTwice, visit } from './support/browser.mjs'
import { journeys } from './support/journeys.mjs'
import { linkIn, mailTo } from './support/mail.mjs'
import { staff } from './support/shop.mjs'
import { button, fill, fillCart, main, place, press, signIn, toReview } from './support/steps.mjs'
import { text } from './support/texts.mjs'

const say = text.value
const ann = 'ann@value.test'

/** Looks at the page at both widths. */
const typed = (page, name, value) => main(page).getByLabel(name).first().fill(value)

journeys('gift cards and returns', (journey, the) => {
  journey('a card is issued, mailed, pays, and goods come back for money', {}, async (page) => {
    await signIn(page, staff, '/admin/sign-in')
    await page.goto('/admin/gift-cards/new')
    await lookTwice(page, 'admin-gift-card-new')
    await typed(page, say.amount, '15.00')
    await typed(page, say.recipient, ann)
    await typed(page, say.message, 'Happy birthday!')
    await press(page, button(page, say.issue))
    await main(page).getByText(say.issued).waitFor()
    await lookTwice(page, 'admin-gift-card')
    await page.goto('/admin/gift-cards')
    await lookTwice(page, 'admin-gift-cards')
    await page.goto('/zh/admin/gift-cards')
    await look(page, 'admin-gift-cards-chinese')
    const code = /\b[A-Z0-9]{4}(?:-[A-Z0-9]{4}){3}\b/.exec(await mailTo(the.shop, ann, /Happy birthday/))[0]

    let number, link
    await visit(the.browser, the.shop.url, {}, async (guest) => {
      await fillCart(guest)
      await toReview(guest, { email: ann, method: text.bank })
      await guest.goto('/checkout/payment')
      await main(guest).getByText(say.haveCard).click()
      await typed(guest, say.code, 'ABCD')
      await press(guest, button(guest, say.useCard))
      await main(guest).getByText(say.unknown).first().waitFor()
      await lookTwice(guest, 'checkout-payment-card-refused')
      await typed(guest, say.code, code.toLowerCase())
      await press(guest, button(guest, say.useCard))
      await lookTwice(guest, 'checkout-payment-card')
      await press(guest, button(guest, text.continue))
      await lookTwice(guest, 'checkout-review-card')
      number = await place(guest)
      link = new URL(guest.url()).pathname + new URL(guest.url()).search
      await lookTwice(guest, 'order-card')
    })

    const order = `/admin/orders/${number}`
    await page.goto(order)
    await press(page, main(page).getByRole('link', { name: text.staff.ship }))
    await press(page, button(page, text.staff.shipNow))
    await page.goto(order)
    await press(page, main(page).getByRole('link', { name: say.receipt }))
    await press(page, button(page, say.receiptNow))

    await visit(the.browser, the.shop.url, {}, async (guest) => {
      await guest.goto(link)
      await press(guest, main(guest).getByRole('link', { name: say.returnItems }))
      await lookTwice(guest, 'return')
      await press(guest, button(guest, say.ask))
      await lookTwice(guest, 'return-refused')
      await typed(guest, say.units, '1')
      await main(guest).getByLabel(say.reason).first().selectOption('damaged')
      await typed(guest, say.comment, 'The rim is chipped.')
      await press(guest, button(guest, say.ask))
      await lookTwice(guest, 'order-return')
    })

    await page.goto('/admin/returns')
    await lookTwice(page, 'admin-returns')
    await press(page, main(page).getByRole('link', { name: `${number}-1` }))
    await lookTwice(page, 'admin-return-requested')
    const file = join(the.shop.dataDir, 'label.pdf')
    writeFileSync(file, '%PDF-1.4 a label')
    await main(page).getByLabel(say.file).setInputFiles(file)
    await press(page, button(page, say.attach))
    await typed(page, say.answer, 'Please use the label.')
    await press(page, button(page, say.approve))
    await lookTwice(page, 'admin-return-approved')
    await press(page, button(page, say.arrived))
    await lookTwice(page, 'admin-return-received')
    await press(page, button(page, say.inspect))
    await lookTwice(page, 'admin-return-inspected')
    await press(page, button(page, text.staff.refundReview))
    await lookTwice(page, 'admin-return-refund')
    await press(page, button(page, text.staff.refundConfirm))
    await lookTwice(page, 'admin-return-closed')
    await page.goto(order)
    await lookTwice(page, 'admin-order-return')
    await page.goto(link)
    await lookTwice(page, 'order-returned')
    await page.goto(`/zh${link}`)
    await look(page, 'order-returned-chinese')
    assert.match(await mailTo(the.shop, ann, /Please use the label/), new RegExp(`${number}-1`))
  })

  journey('store credit is granted, seen and used by a customer', {}, async (page) => {
    const bea = { email: 'bea@value.test', password: 'a long walk to the kiln', name: 'Bea' }
    await page.goto('/account/register')
    await fill(page, bea)
    await press(page, button(page, text.register))
    await page.goto(linkIn(await mailTo(the.shop, bea.email, /\/account\/verify/), '/account/verify'))
    await press(page, button(page, text.verify))
    await visit(the.browser, the.shop.url, {}, async (owner) => {
      await signIn(owner, staff, '/admin/sign-in')
      await owner.goto('/admin/store-credit')
      await fill(owner, { email: bea.email })
      await typed(owner, say.amount, '5.00')
      await typed(owner, say.why, 'A late parcel')
      await press(owner, button(owner, say.book))
      await lookTwice(owner, 'admin-store-credit')
      await owner.goto('/admin/store-credit')
      await lookTwice(owner, 'admin-store-credits')
    })
    for (const path of ['/account', '/account/store-credit']) {
      await page.goto(path)
      await lookTwice(page, path.slice(1).replace('/', '-'))
    }
    await fillCart(page)
    await toReview(page, { email: bea.email, method: text.bank })
    await page.goto('/checkout/payment')
    await press(page, button(page, say.useCredit))
    await lookTwice(page, 'checkout-payment-credit')
    await press(page, button(page, text.continue))
    await place(page)
    await page.goto('/account/store-credit')
    assert.equal(await main(page).getByText(say.spent).count(), 1)
  })
})
