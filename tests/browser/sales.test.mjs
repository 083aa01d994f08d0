// Somebody of the staff sells to a company: an opportunity goes through its stages, a quote is asked, priced and accepted, and what comes of
// it stands in the forecast, in the account plan and among the commissions. Each journey goes on where the one before ended.
import assert from 'node:assert/strict'
import { look, lookTwice, visit } from './support/browser.mjs'
import { journeys } from './support/journeys.mjs'
import { linkIn, mailTo } from './support/mail.mjs'
import { staff } from './support/shop.mjs'
import { button, main, placed, press, register, signIn } from './support/steps.mjs'
import { text } from './support/texts.mjs'

const say = text.sales
const firm = text.companies
const ann = { email: 'ann@kiln.test', password: 'a long walk to the kiln', name: 'Ann Taylor' }

const region = (page, name) => main(page).getByRole('region', { name })
const type = (page, name, value) => main(page).getByLabel(name).and(page.locator('input, textarea')).first().fill(value)
const pick = (page, name, choice) => main(page).getByLabel(name).and(page.locator('select')).first().selectOption(choice)
const inDays = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

journeys('sales', (journey, the) => {
  const asStaff = (work) => visit(the.browser, the.shop.url, {}, async (desk) => {
    await signIn(desk, staff, '/admin/sign-in')
    await work(desk)
  })
  const kiln = { path: '', opportunity: '', quote: '', order: '' }

  journey('a company is taken up by somebody, who hopes to sell to it', {}, async (page) => {
    await register(page, the.shop, ann)
    await page.goto('/company/register')
    for (const [label, value] of firm.registration) await type(page, label, value)
    await press(page, button(page, firm.apply))
    await page.getByText(firm.applied).waitFor()

    await asStaff(async (desk) => {
      await desk.goto('/admin/companies')
      await press(desk, main(desk).getByRole('link', { name: firm.name }))
      kiln.path = new URL(desk.url()).pathname
      await press(desk, button(desk, firm.approve))
      await desk.goto(`${kiln.path}/plan`)
      await lookTwice(desk, 'admin-plan-empty')
      await pick(desk, say.owner, { label: 'Mei Lin' })
      await press(desk, region(desk, say.whoseCompany).getByRole('button', { name: say.save }))
      for (const part of ['', '/board', '/forecast', '/calls', '/commissions', '/stages']) {
        await desk.goto(`/admin/sales${part}`)
        await lookTwice(desk, `admin-sales${part.replace('/', '-')}-empty`)
      }

      await desk.goto(`${kiln.path}/plan`)
      await press(desk, main(desk).getByRole('link', { name: say.fresh }))
      await press(desk, button(desk, say.save))
      await lookTwice(desk, 'admin-sales-new-refused')
      await type(desk, say.title, 'Bowls for the summer')
      await type(desk, say.amount, '1200')
      await type(desk, say.nextStep, 'Call about the glaze')
      await type(desk, say.nextOn, inDays(2))
      await type(desk, say.expectedOn, inDays(40))
      await type(desk, say.source, 'Fair')
      await press(desk, button(desk, say.save))
      kiln.opportunity = new URL(desk.url()).pathname
      await pick(desk, say.stage, { label: 'Qualified (25%)' })
      await press(desk, button(desk, say.move))
      await desk.getByText(say.moved).waitFor()
      await press(desk, button(desk, say.log))
      await lookTwice(desk, 'admin-sales-one-refused')
      await pick(desk, say.kind, { label: 'Call' })
      await type(desk, say.said, 'Twelve bowls, matte black, before the first of July.')
      await press(desk, button(desk, say.log))
      await desk.getByText(say.logged).waitFor()
      await lookTwice(desk, 'admin-sales-one')

      await desk.goto('/admin/sales')
      await main(desk).getByText('€1,200.00').waitFor()
      await lookTwice(desk, 'admin-sales')
      await desk.goto('/admin/sales/board')
      await lookTwice(desk, 'admin-sales-board')
      await press(desk, region(desk, say.qualified).getByRole('button', { name: say.move }))
      await desk.goto('/admin/sales/forecast')
      await main(desk).getByText('€300.00').waitFor()
      await lookTwice(desk, 'admin-sales-forecast')
    })
  })

  journey('a buyer asks what goods cost, and gets an offer', {}, async (page) => {
    await signIn(page, ann)
    await page.goto('/account/quotes')
    await lookTwice(page, 'quotes-empty')
    await page.goto('/account/company')
    await main(page).locator('label', { hasText: firm.name }).click()
    await press(page, button(page, firm.choose))
    await page.goto('/quick-order')
    await type(page, firm.sku, 'BWL-MAT-BLK')
    await type(page, firm.units, '12')
    await press(page, button(page, firm.put))
    await page.goto('/cart')
    await press(page, button(page, say.askCart))
    await page.getByText(say.asked).waitFor()
    kiln.quote = new URL(page.url()).pathname.split('/').at(-1)
    await lookTwice(page, 'quote-asked')
    await type(page, say.message, 'Can we have them before July?')
    await press(page, button(page, say.sendMessage))
    await page.goto('/account/quotes')
    await lookTwice(page, 'quotes')

    await asStaff(async (desk) => {
      await desk.goto('/admin/quotes')
      await lookTwice(desk, 'admin-quotes')
      await desk.goto(`/admin/quotes/${kiln.quote}`)
      await lookTwice(desk, 'admin-quote-asked')
      await press(desk, button(desk, say.take))
      await type(desk, say.priceOfFirst, 'cheap')
      await press(desk, button(desk, say.saveVersion))
      await main(desk).getByRole('alert').waitFor()
      await lookTwice(desk, 'admin-quote-refused')
      await type(desk, say.priceOfFirst, '30.00')
      await type(desk, say.delivery, '0')
      await type(desk, say.words, 'With our thanks for the nice talk.')
      await press(desk, button(desk, say.saveVersion))
      await desk.goto(kiln.opportunity)
      await type(desk, say.quoteNumber, kiln.quote)
      await press(desk, region(desk, say.change).getByRole('button', { name: say.save }))
      await desk.goto(`/admin/quotes/${kiln.quote}`)
      await press(desk, button(desk, say.sendOffer))
      await desk.getByText(say.offerSent).waitFor()
      await lookTwice(desk, 'admin-quote-offered')
      // A quote that is sent moves its opportunity.
      await desk.goto(kiln.opportunity)
      await main(desk).getByText(say.quoteSent).first().waitFor()
      await desk.goto(`${kiln.path}/plan`)
      await lookTwice(desk, 'admin-plan')
    })

    const link = linkIn(await mailTo(the.shop, ann.email, /Here is our offer/), '/quotes/')
    await visit(the.browser, the.shop.url, {}, async (guest) => {
      await guest.goto(link)
      await main(guest).getByText('€360.00').first().waitFor()
      await lookTwice(guest, 'quote-link')
    })
    await page.goto(`/zh/account/quotes/${kiln.quote}`)
    await look(page, 'quote-offered-zh')
  })

  journey('the buyer accepts by one click into one order', {}, async (page) => {
    await signIn(page, ann)
    await page.goto(`/account/quotes/${kiln.quote}`)
    await lookTwice(page, 'quote-offered')
    const paper = await page.request.get(await main(page).getByRole('link', { name: say.pdf }).getAttribute('href'))
    assert.equal(paper.headers()['content-type'], 'application/pdf')
    await main(page).locator('label', { hasText: say.bank }).click()
    await press(page, button(page, say.accept))
    kiln.order = await placed(page)
    await main(page).getByText('€360.00').first().waitFor()
    await page.goto(`/account/quotes/${kiln.quote}`)
    await main(page).getByText(kiln.order).waitFor()
    assert.equal(await button(page, say.accept).count(), 0)
    await lookTwice(page, 'quote-accepted')
    await page.goto('/account/orders')
    assert.equal(await main(page).locator('tbody tr').count(), 1)
  })

  journey('the opportunity is won, and whoever looks after the company gets a share', {}, async (desk) => {
    await signIn(desk, staff, '/admin/sign-in')
    await desk.goto(kiln.opportunity)
    await main(desk).getByRole('link', { name: kiln.order }).first().waitFor()
    await main(desk).getByText(say.quoteAccepted).first().waitFor()
    await lookTwice(desk, 'admin-sales-one-won')
    await desk.goto('/admin/sales/forecast')
    assert.equal(await main(desk).locator('tbody tr').count(), 0)
    await desk.goto('/admin/sales?state=won')
    await main(desk).getByRole('link', { name: 'Bowls for the summer' }).waitFor()

    await desk.goto('/admin/sales/commissions')
    await press(desk, button(desk, say.save))
    await lookTwice(desk, 'admin-sales-commissions-refused')
    await pick(desk, say.owner, { label: 'Mei Lin' })
    await type(desk, say.rate, '5')
    await press(desk, button(desk, say.save))
    await desk.goto(`/admin/orders/${kiln.order}`)
    await press(desk, main(desk).getByRole('link', { name: text.value.receipt }))
    await press(desk, button(desk, text.value.receiptNow))
    await desk.goto('/admin/sales/commissions')
    await main(desk).getByText('€18.00').waitFor()
    await lookTwice(desk, 'admin-sales-commissions')
    await desk.goto(`${kiln.path}/plan`)
    await main(desk).getByText('€360.00').first().waitFor()
    await lookTwice(desk, 'admin-plan-won')

    await desk.goto(`/admin/quotes/${kiln.quote}`)
    await press(desk, button(desk, say.contract))
    await desk.getByText(say.contractMade).waitFor()
    await lookTwice(desk, 'admin-quote-won')
    for (const path of ['/sales', '/sales/board', '/sales/forecast', '/sales/commissions', '/sales/stages', '/quotes', `/quotes/${kiln.quote}`]) {
      await desk.goto(`/zh/admin${path}`)
      await look(desk, `admin${path.replace(kiln.quote, 'one').replaceAll('/', '-')}-zh`)
    }
  })
})
