// What a merchant does all day: goods put on sale and received, prices changed for many, files brought in and taken back, promotions
// tried, orders taken by telephone, pages written. Every page is looked at in both widths.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { lookTwice } from './support/browser.mjs'
import { journeys } from './support/journeys.mjs'
import { staff } from './support/shop.mjs'
import { button, main, press, signIn } from './support/steps.mjs'
import { merchant as say } from './support/texts.mjs'

const SKU = 'MUG-ST-WHI-250'

/** Fills fields by their labels. */
async function type(page, fields) {
  for (const [name, value] of Object.entries(fields)) {
    await main(page).getByLabel(say[name]).and(page.locator('input, textarea')).first().fill(value)
  }
}

/** Waits for a job: the page is loaded again until it says so. */
async function until(page, words) {
  for (const deadline = Date.now() + 30_000; !(await main(page).getByText(words).count()); await sleep(300)) {
    assert.ok(Date.now() < deadline, `no ${words} on ${page.url()}: ${await main(page).innerText()}`)
    await page.reload()
  }
}

/** The page of the first product that a search in the back office finds. */
async function openProduct(page, query) {
  await page.goto(`/admin/products?q=${encodeURIComponent(query)}`)
  await press(page, main(page).locator('td a[href*="/admin/products/"], th a[href*="/admin/products/"]').first())
}

journeys('a merchant', (journey, the) => {
  journey('drags pictures into their order', {}, async (page) => {
    await signIn(page, staff, '/admin/sign-in')
    await page.goto('/admin/products/1')
    const marks = () => page.locator('.picture input[name$=_of]').evaluateAll((all) => all.map((one) => one.value))
    const [first, second, third, ...rest] = await marks()
    const row = (at) => page.locator('.picture').nth(at)
    await row(2).scrollIntoViewIfNeeded()
    await page.mouse.wheel(0, 150)
    await sleep(300)
    const [from, to] = [await row(0).locator('[data-handle]').boundingBox(), await row(2).boundingBox()]
    await page.mouse.move(from.x + 9, from.y + 9)
    await page.mouse.down()
    await page.mouse.move(from.x + 9, to.y + to.height * 0.8, { steps: 6 })
    await page.mouse.up()
    assert.deepEqual(await marks(), [second, third, first, ...rest])
    assert.equal(await row(2).getByLabel(say.position).inputValue(), '3', 'the numbers follow')
    // By keyboard the number is typed.
    await row(2).getByLabel(say.position).fill('0')
    await press(page, button(page, say.save))
    assert.deepEqual(await marks(), [first, second, third, ...rest])
  })

  journey('puts a product with variants on sale', {}, async (page) => {
    await signIn(page, staff, '/admin/sign-in')
    await page.goto('/admin/products/new')
    await type(page, { title: 'Moon Jar', options: 'Glaze', values: 'White', sku: 'JAR-WHI', price: '89.00', onHand: '3' })
    await press(page, button(page, say.rows))
    // What was typed is still there, and there is room for a second variant.
    assert.equal(await main(page).getByLabel(say.title).inputValue(), 'Moon Jar')
    const second = main(page).getByRole('group', { name: say.secondVariant })
    await second.getByLabel(say.values).fill('Celadon')
    await second.getByLabel(say.sku).fill('JAR-CEL')
    await second.getByLabel(say.price).fill('95.00')
    await second.getByLabel(say.onHand).fill('2')
    await main(page).getByLabel(say.status).selectOption('active')
    await main(page).getByLabel(say.vases).check()
    await lookTwice(page, 'admin-product-new')
    await press(page, button(page, say.save))
    await lookTwice(page, 'admin-product-made')
    await page.goto('/products/moon-jar')
    await page.getByRole('heading', { name: 'Moon Jar', level: 1 }).waitFor()
    await page.getByText('Celadon').first().waitFor()
  })

  journey('receives goods and finds the movement', {}, async (page) => {
    await signIn(page, staff, '/admin/sign-in')
    await page.goto('/admin/stock/goods')
    await type(page, { goods: `${SKU} 12`, reference: 'Delivery note 4711' })
    await lookTwice(page, 'admin-stock-goods')
    await press(page, button(page, say.book))
    await page.goto(`/admin/stock?q=${SKU}`)
    await press(page, main(page).locator('a[href*="/admin/stock/"]').filter({ hasText: 'Straight Mug' }).first())
    await main(page).getByText('Delivery note 4711').waitFor()
    await lookTwice(page, 'admin-stock-variant')
  })

  journey('raises the prices of what a filter found, and sees what changes first', {}, async (page) => {
    await signIn(page, staff, '/admin/sign-in')
    await page.goto('/admin/products?q=vase')
    await press(page, main(page).getByRole('link', { name: say.changeAll }))
    await main(page).getByLabel(say.priceRule).selectOption('percent')
    await type(page, { priceValue: '10' })
    await lookTwice(page, 'admin-product-rules')
    await press(page, button(page, say.preview))
    await lookTwice(page, 'admin-batch-preview')
    await press(page, button(page, say.changeNow))
    await until(page, say.batchDone)
    await lookTwice(page, 'admin-batch-done')
  })

  journey('brings a file in, sees the difference, and takes it back', {}, async (page) => {
    await signIn(page, staff, '/admin/sign-in')
    const file = ['Handle,Title,Vendor,Status,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Qty',
      'reed-mat,Reed Mat,Kilnyard,active,Size,Small,MAT-S,14.00,5', 'reed-mat,,,,,Large,MAT-L,19.00,4'].join('\n')
    await page.goto('/admin/products/import')
    await main(page).getByLabel(say.file).setInputFiles({ name: 'mats.csv', mimeType: 'text/csv', buffer: Buffer.from(file) })
    await lookTwice(page, 'admin-import')
    await press(page, button(page, say.compare))
    await until(page, 'reed-mat')
    await lookTwice(page, 'admin-import-difference')
    await press(page, button(page, say.importNow))
    await until(page, say.batchDone)
    const imported = page.url()
    assert.equal((await page.goto('/products/reed-mat')).status(), 200)
    await page.goto(imported)
    await press(page, main(page).getByRole('link', { name: say.undo }))
    await lookTwice(page, 'admin-import-undo')
    await press(page, button(page, say.undoNow))
    await until(page, say.batchUndone)
    assert.equal((await page.goto('/products/reed-mat')).status(), 404, 'what the file made is gone')
  })

  journey('makes a promotion and tries it before anybody gets it', {}, async (page) => {
    await signIn(page, staff, '/admin/sign-in')
    await page.goto('/admin/promotions/new')
    await type(page, { promotion: 'Mug week', percent: '15', code: 'MUGWEEK' })
    await main(page).getByLabel(say.opens).selectOption('code')
    await lookTwice(page, 'admin-promotion-new')
    await press(page, button(page, say.save))
    await page.goto('/admin/promotions/bench')
    await type(page, { goods: `${SKU} 2`, codes: 'MUGWEEK' })
    await press(page, button(page, say.tryIt))
    await main(page).getByText('Mug week').first().waitFor()
    await lookTwice(page, 'admin-promotion-bench')
  })

  journey('takes an order by telephone', {}, async (page) => {
    await signIn(page, staff, '/admin/sign-in')
    await page.goto('/admin/new-order')
    await type(page, { goods: `${SKU} 2`, email: 'caller@guest.test', name: 'Ann Ash', street: 'Hauptstraße 1', postcode: '10115', city: 'Berlin' })
    await lookTwice(page, 'admin-order-new')
    await press(page, button(page, say.costs))
    await lookTwice(page, 'admin-order-new-confirm')
    await press(page, button(page, say.placeOrder))
    await main(page).getByText('caller@guest.test').first().waitFor()
    await page.goto('/admin/orders?q=caller%40guest.test')
    await main(page).getByText('caller@guest.test').first().waitFor()
  })

  journey('writes a page that shoppers read', {}, async (page) => {
    await signIn(page, staff, '/admin/sign-in')
    await page.goto('/admin/pages/new')
    await type(page, { address: 'kiln-days', pageTitle: 'Kiln days', pageText: 'We fire every second **Friday**.' })
    await lookTwice(page, 'admin-page-new')
    await press(page, button(page, say.save))
    await page.goto('/pages/kiln-days')
    await page.getByRole('heading', { name: 'Kiln days', level: 1 }).waitFor()
  })

  journey('finds an order, a customer and a product from one field', {}, async (page) => {
    await signIn(page, staff, '/admin/sign-in')
    await page.goto('/admin')
    await lookTwice(page, 'admin-overview')
    await page.keyboard.press('/')
    await page.keyboard.type('straight mug')
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')])
    await main(page).getByText('Straight Mug').first().waitFor()
    await lookTwice(page, 'admin-search')
  })
})
