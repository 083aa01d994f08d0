// A company buys: it registers, staff give it prices and an account, its people order by SKU and on account, and what is dear waits for a
// colleague's yes. Each journey goes on where the one before ended.
import assert from 'node:assert/strict'
import { lookTwice, visit } from './support/browser.mjs'
import { journeys } from './support/journeys.mjs'
import { linkIn, mailTo } from './support/mail.mjs'
import { staff } from './support/shop.mjs'
import { button, main, place, press, register, signIn, toReview } from './support/steps.mjs'
import { text } from './support/texts.mjs'

const say = text.companies
const ann = { email: 'ann@kiln.test', password: 'a long walk to the kiln', name: 'Ann Taylor' }
const ben = { email: 'ben@kiln.test', password: 'twelve bowls for the café', name: 'Ben Ash' }
const SKU = 'BWL-MAT-BLK'

const region = (page, name) => main(page).getByRole('region', { name })
const type = (page, name, value) => main(page).getByLabel(name).and(page.locator('input, textarea')).first().fill(value)

/** The addresses that links of the page lead to, below `path`. */
async function linksBelow(page, path) {
  const all = await main(page).locator('a[href]').evaluateAll((links) => links.map((link) => new URL(link.href).pathname))
  return [...new Set(all)].filter((link) => link.startsWith(path) && !link.endsWith('.csv'))
}

/** Looks at the pages that the company's menu leads to. */
async function lookAround(page, name) {
  await page.goto('/account/company')
  await lookTwice(page, `${name}-company`)
  for (const link of await linksBelow(page, '/account/company/')) {
    await page.goto(link)
    await lookTwice(page, `${name}${link.replace('/account', '').replaceAll('/', '-')}`)
  }
}

/** Puts units of a SKU into the cart by quick order. */
async function quickOrder(page, units) {
  await page.goto('/quick-order')
  await type(page, say.sku, SKU)
  await type(page, say.units, units)
  await press(page, button(page, say.put))
  await page.goto('/cart')
  await main(page).getByRole('link', { name: say.bowl }).first().waitFor()
}

journeys('a company', (journey, the) => {
  const asStaff = (work) => visit(the.browser, the.shop.url, {}, async (desk) => {
    await signIn(desk, staff, '/admin/sign-in')
    await work(desk)
  })
  const kiln = { path: '' }

  journey('registers and is approved', {}, async (page) => {
    await register(page, the.shop, ann)
    await page.goto('/company/register')
    await lookTwice(page, 'company-register')
    for (const [label, value] of say.registration) await type(page, label, value)
    await type(page, say.vatId, 'DE 136695977')
    await press(page, button(page, say.apply))
    await main(page).getByRole('alert').waitFor()
    await lookTwice(page, 'company-register-refused')
    await type(page, say.vatId, 'DE 136695976')
    await press(page, button(page, say.apply))
    await page.getByText(say.applied).waitFor()
    await lookTwice(page, 'applied-company')
    await asStaff(async (desk) => {
      await desk.goto('/admin/companies')
      await lookTwice(desk, 'admin-companies')
      await press(desk, main(desk).getByRole('link', { name: say.name }))
      kiln.path = new URL(desk.url()).pathname
      await lookTwice(desk, 'admin-company-applied')
      await press(desk, button(desk, say.approve))
      await main(desk).getByText(say.approved).waitFor()
      await type(desk, say.group, 'cafés')
      await press(desk, region(desk, say.settings).getByRole('button', { name: say.save }))
      await lookTwice(desk, 'admin-company')
    })
    await mailTo(the.shop, ann.email, /Kiln & Co/)
  })

  journey('gets a price list and an account from staff', {}, async (desk) => {
    await signIn(desk, staff, '/admin/sign-in')
    await desk.goto('/admin/price-lists/new')
    await lookTwice(desk, 'admin-price-list-new')
    await type(desk, say.listName, 'Cafés of the town')
    await main(desk).getByLabel(say.status).selectOption('active')
    await type(desk, say.adjust, '10')
    await press(desk, button(desk, say.save))
    const list = new URL(desk.url()).pathname
    await lookTwice(desk, 'admin-price-list')
    await desk.goto(`${list}/buyers`)
    await type(desk, say.group, 'cafés')
    await press(desk, region(desk, say.groups).getByRole('button', { name: say.add }))
    await lookTwice(desk, 'admin-price-list-buyers')
    await desk.goto(`${list}/prices`)
    await main(desk).getByRole('searchbox').fill(SKU)
    await press(desk, button(desk, say.openGoods))
    for (const [field, value] of [['from_0', '1'], ['price_0', '40.00'], ['from_1', '6'], ['price_1', '36.00']]) {
      await main(desk).locator(`input[name="${field}"]`).fill(value)
    }
    await lookTwice(desk, 'admin-price-entry')
    await press(desk, button(desk, say.save))
    await desk.goto(`${list}/prices`)
    await lookTwice(desk, 'admin-price-entries')
    await desk.goto(`${list}/import`)
    await lookTwice(desk, 'admin-price-import')
    await desk.goto('/admin/price-lists')
    await lookTwice(desk, 'admin-price-lists')
    await desk.goto('/admin/price-lists/explain')
    await type(desk, say.goods, SKU)
    await type(desk, say.company, 'Kiln')
    await type(desk, say.quantity, '6')
    await press(desk, button(desk, say.explain))
    await main(desk).getByText('36.00').first().waitFor()
    await lookTwice(desk, 'admin-price-explain')

    await desk.goto(`${kiln.path}/account`)
    await lookTwice(desk, 'admin-account-none')
    await type(desk, say.limit, '1000')
    await type(desk, say.days, '14')
    await press(desk, region(desk, say.terms).getByRole('button', { name: say.save }))
    await lookTwice(desk, 'admin-account')
  })

  journey('orders by SKU at its prices and buys on account', {}, async (page) => {
    await signIn(page, ann)
    await page.goto('/account/company')
    await main(page).locator('label', { hasText: say.name }).click()
    await press(page, button(page, say.choose))
    await page.getByText(say.chosen).waitFor()
    await page.goto('/products/matcha-bowl')
    await main(page).getByText(say.yourPrice).first().waitFor()
    await main(page).getByText('€36').first().waitFor()
    await lookTwice(page, 'company-product')
    await page.goto('/zh/products/matcha-bowl')
    await lookTwice(page, 'company-product-zh')

    await page.goto('/quick-order')
    await type(page, say.sku, SKU)
    await type(page, say.units, '6')
    await type(page, say.secondSku, 'NO-SUCH')
    await type(page, say.secondUnits, '1')
    await press(page, button(page, say.check))
    await lookTwice(page, 'quick-order-wrong')
    await press(page, button(page, say.putRest))
    await page.goto('/cart')
    await main(page).getByText('€216').first().waitFor()
    await lookTwice(page, 'company-cart')

    await page.goto('/checkout')
    await main(page).locator('label', { hasText: 'Hauptstraße 1' }).first().click()
    await type(page, say.poNumber, 'PO 77')
    await lookTwice(page, 'company-checkout')
    await press(page, button(page, text.continue))
    await toReview(page, { email: ann.email, method: say.onAccount, address: {} })
    await lookTwice(page, 'company-review')
    await page.goto('/checkout/payment')
    await lookTwice(page, 'company-payment')
    await press(page, button(page, text.continue))
    const number = await place(page)
    await main(page).getByText('PO 77').waitFor()
    await main(page).getByText(say.paidBy).first().waitFor()
    await lookTwice(page, 'company-order')
    await page.goto('/account/company/statement')
    await main(page).getByText(number).waitFor()
    await lookTwice(page, 'company-statement')
    await page.goto('/account/company/orders')
    await main(page).getByText('PO 77').waitFor()
    await page.goto('/account/lists')
    await type(page, say.newList, 'Every month')
    await press(page, button(page, say.makeList))
    await type(page, say.listSku, SKU)
    await press(page, button(page, say.putOnList))
    await lookTwice(page, 'company-list')
    await asStaff(async (desk) => {
      for (const [path, name] of [[`${kiln.path}/account`, 'account-owed'], [`${kiln.path}/account/ledger`, 'account-ledger'], [`/admin/orders/${number}`, 'company-order'], ['/admin/receivables', 'receivables'], ['/admin/receivables/reminders', 'reminders']]) {
        await desk.goto(path)
        await lookTwice(desk, `admin-${name}`)
      }
    })
  })

  journey('takes in a colleague, who asks and gets the yes of the administrator', {}, async (page) => {
    await signIn(page, ann)
    await page.goto('/account/company/members')
    await type(page, say.email, ben.email)
    await main(page).getByLabel(say.role).first().selectOption({ label: say.buyer })
    await press(page, button(page, say.invite))
    await page.getByText(say.invited).waitFor()
    await page.goto('/account/company/approval-rules/new')
    await type(page, say.ruleName, 'Large orders')
    await type(page, say.over, '200')
    await lookTwice(page, 'company-rule')
    await press(page, button(page, say.save))
    await page.goto('/account/company/budgets/new')
    await type(page, say.ruleName, 'Kitchen')
    await type(page, say.amount, '500')
    await lookTwice(page, 'company-budget')
    await press(page, button(page, say.save))
    await page.goto('/account/company/approval-rules')
    await lookTwice(page, 'company-rules')
    await lookAround(page, 'administrator')

    await visit(the.browser, the.shop.url, {}, async (colleague) => {
      const link = linkIn(await mailTo(the.shop, ben.email, /Kiln & Co/), '/company/invitations/')
      await colleague.goto(link)
      await lookTwice(colleague, 'company-invited')
      await register(colleague, the.shop, ben)
      await colleague.goto(link)
      await lookTwice(colleague, 'company-invited-signed-in')
      await press(colleague, button(colleague, say.accept))
      await colleague.getByText(say.joined).waitFor()
      await lookAround(colleague, 'buyer')
      await quickOrder(colleague, '6')
      await colleague.goto('/checkout')
      await main(colleague).locator('label', { hasText: 'Hauptstraße 1' }).first().click()
      await press(colleague, button(colleague, text.continue))
      await toReview(colleague, { email: ben.email, method: say.onAccount, address: {} })
      await main(colleague).getByText('Large orders').waitFor()
      await lookTwice(colleague, 'company-review-asks')
      await type(colleague, say.note, 'For the summer')
      await press(colleague, button(colleague, say.ask))
      await colleague.getByText(say.asked).waitFor()
      await lookTwice(colleague, 'approval-mine')
      await colleague.goto('/zh/checkout/review')
      await lookTwice(colleague, 'company-review-waits-zh')

      await page.goto(linkIn(await mailTo(the.shop, ann.email, /Large orders/), '/account/company/approvals/'))
      await main(page).getByText('For the summer').waitFor()
      await lookTwice(page, 'approval')
      await press(page, button(page, say.yes))
      await page.getByText(say.placed).waitFor()
      await lookTwice(page, 'approval-placed')
      await mailTo(the.shop, ben.email, /approved and placed/)
      await colleague.goto('/account/orders')
      assert.equal(await main(colleague).locator('tbody tr').count(), 1)
    })
    for (const part of ['', '/members', '/approvals?show=all', '/statement', '/approval-rules/new']) {
      await page.goto(`/zh/account/company${part}`)
      await lookTwice(page, `company${part.replaceAll(/[^a-z]/g, '-')}-zh`)
    }
    await asStaff(async (desk) => {
      for (const [path, name] of [['', 'full'], ['/approvals', 'approvals'], ['/approval-rules/new', 'rule'], ['/budgets/new', 'budget']]) {
        await desk.goto(`${kiln.path}${path}`)
        await lookTwice(desk, `admin-company-${name}`)
      }
    })
  })
})
