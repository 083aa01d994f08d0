// Goods are exchanged for others with the difference seen first, and a card order taken down by staff is paid by a link.
import { lookTwice, visit } from './support/browser.mjs'
import { journeys } from './support/journeys.mjs'
import { linkIn, mailTo } from './support/mail.mjs'
import { staff } from './support/shop.mjs'
import { button, fillCart, main, payWith, place, press, signIn, toReview } from './support/steps.mjs'
import { double, text } from './support/texts.mjs'

const say = text.exchange
const ann = 'ann@exchange.test'
const bea = 'bea@exchange.test'

/** Looks at the page at both widths. */
const typed = (page, name, value) => main(page).getByLabel(name).first().fill(value)

journeys('exchanges and links', (journey, the) => {
  journey('a mug comes back and a dearer one goes out', {}, async (page) => {
    let number, link
    await visit(the.browser, the.shop.url, {}, async (guest) => {
      await fillCart(guest)
      await toReview(guest, { email: ann, method: text.bank })
      number = await place(guest)
      link = new URL(guest.url()).pathname + new URL(guest.url()).search
    })
    await signIn(page, staff, '/admin/sign-in')
    const order = `/admin/orders/${number}`
    await page.goto(order)
    await press(page, main(page).getByRole('link', { name: text.staff.ship }))
    await press(page, button(page, text.staff.shipNow))
    await page.goto(order)
    await press(page, main(page).getByRole('link', { name: text.value.receipt }))
    await press(page, button(page, text.value.receiptNow))

    await visit(the.browser, the.shop.url, {}, async (guest) => {
      await guest.goto(link)
      await press(guest, main(guest).getByRole('link', { name: text.value.returnItems }))
      await typed(guest, text.value.units, '1')
      await main(guest).getByLabel(text.value.reason).first().selectOption('does_not_fit')
      await main(guest).getByLabel(say.other).check()
      await main(guest).getByLabel(say.instead).first().selectOption({ index: 2 })
      await lookTwice(guest, 'return-exchange')
      await press(guest, button(guest, text.value.ask))
      await lookTwice(guest, 'order-return-exchange')
    })

    await page.goto('/admin/returns')
    await press(page, main(page).getByRole('link', { name: `${number}-1` }))
    await lookTwice(page, 'admin-return-wants-exchange')
    await press(page, button(page, text.value.approve))
    await press(page, button(page, text.value.arrived))
    await press(page, button(page, text.value.inspect))
    await press(page, main(page).getByRole('link', { name: say.open }))
    await lookTwice(page, 'admin-exchange')
    await typed(page, say.goods, 'MUG-ST-IND-350 2')
    await main(page).getByLabel(say.method).selectOption('stripe')
    await press(page, button(page, say.price))
    await main(page).getByText(say.due).waitFor()
    await lookTwice(page, 'admin-exchange-due')
    await page.goto(page.url().replace('/admin/', '/zh/admin/'))
    await lookTwice(page, 'admin-exchange-due-chinese')
    await page.goto(page.url().replace('/zh/admin/', '/admin/'))
    await press(page, button(page, say.make))
    await main(page).getByText(say.made).waitFor()
    await lookTwice(page, 'admin-return-exchanged')

    const paying = linkIn(await mailTo(the.shop, ann, say.mail), '/orders/')
    await visit(the.browser, the.shop.url, {}, async (guest) => {
      await guest.goto(paying)
      await lookTwice(guest, 'order-exchange')
      await press(guest, button(guest, text.edit.pay))
      await payWith(guest, double.good)
      await main(guest).locator('.statuses').getByText(text.paidOrHeld).waitFor()
      await guest.goto(link)
      await lookTwice(guest, 'order-exchanged')
    })
  })

  journey('staff take an order down that is paid by a link', {}, async (page) => {
    await signIn(page, staff, '/admin/sign-in')
    await page.goto('/admin/new-order')
    await main(page).getByRole('textbox', { name: say.items }).fill('MUG-ST-WHI-250 1')
    for (const [name, value] of say.address(bea)) await main(page).getByRole('textbox', { name }).fill(value)
    await main(page).getByLabel(say.pay).selectOption('stripe')
    await press(page, button(page, say.price))
    await lookTwice(page, 'admin-new-order-link')
    await press(page, button(page, say.place))
    await main(page).getByText(say.linked).waitFor()
    await lookTwice(page, 'admin-order-link')
    const link = linkIn(await mailTo(the.shop, bea, say.mail), '/orders/')
    await visit(the.browser, the.shop.url, {}, async (guest) => {
      await guest.goto(link)
      await lookTwice(guest, 'order-link')
      await press(guest, button(guest, text.edit.pay))
      await payWith(guest, double.good)
      await main(guest).locator('.statuses').getByText(text.paidOrHeld).waitFor()
    })
  })
})
