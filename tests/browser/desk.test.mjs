// The desk of orders: an open list hears of new orders, a stale form is refused, documents open.
import assert from 'node:assert/strict'
import { lookTwice, visit } from './support/browser.mjs'
import { journeys } from './support/journeys.mjs'
import { staff } from './support/shop.mjs'
import { button, buy, main, press, signIn } from './support/steps.mjs'
import { text } from './support/texts.mjs'

const say = text.staff

/** Somebody else buys; returns the number of the order. */
async function bought(the, email) {
  let number
  await visit(the.browser, the.shop.url, {}, async (guest) => {
    number = await buy(guest, email)
  })
  return number
}

journeys('the desk of orders', (journey, the) => {
  journey('tells an open list of new orders and an open order that it changed', {}, async (page) => {
    const number = await bought(the, 'first@guest.test')
    await signIn(page, staff, '/admin/sign-in')
    await page.goto('/admin/orders?q=guest.test')
    assert.equal(await page.getByRole('status').filter({ hasText: say.newOrders }).count(), 0)
    await bought(the, 'second@guest.test')
    await page.getByRole('status').filter({ hasText: say.newOrders }).waitFor()
    await lookTwice(page, 'admin-orders-news')
    await press(page, main(page).getByRole('link', { name: say.reload }))
    await main(page).getByText('second@guest.test').first().waitFor()

    const order = `/admin/orders/${number}`
    await page.goto(order)
    const colleague = await page.context().newPage()
    await colleague.goto(order)
    await colleague.getByLabel(say.note).fill('Please wait with the parcel.')
    await press(colleague, button(colleague, say.addNote))
    await page.bringToFront()
    await main(page).getByText(say.orderChanged).waitFor()
    await colleague.close()
  })

  journey('refuses a form of an older order, prints its papers', {}, async (page) => {
    const number = await bought(the, 'third@guest.test')
    await signIn(page, staff, '/admin/sign-in')
    const order = `/admin/orders/${number}`
    await page.goto(`${order}/ship`)
    const colleague = await page.context().newPage()
    await colleague.goto(order)
    await colleague.getByLabel(say.note).fill('Please wait with the parcel.')
    await press(colleague, button(colleague, say.addNote))
    await colleague.close()
    await press(page, button(page, say.shipNow))
    await main(page).getByText('Please wait with the parcel.').waitFor()
    await lookTwice(page, 'admin-order-stale')
    await press(page, button(page, say.shipNow))
    await main(page).getByText(say.shipped).waitFor()
    const links = main(page).getByRole('link', { name: say.paper })
    assert.ok((await links.count()) >= 3, 'an invoice and two packing slips')
    for (const link of await links.evaluateAll((all) => all.map((a) => a.getAttribute('href')))) {
      const pdf = await page.request.get(link)
      assert.equal(pdf.headers()['content-type'], 'application/pdf')
      assert.equal((await pdf.body()).subarray(0, 5).toString(), '%PDF-')
    }
    await lookTwice(page, 'admin-order-papers')
  })
})
