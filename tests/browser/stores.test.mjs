// A merchant makes a second store, prices a product for it, and shoppers meet it at a host of its own.
import assert from 'node:assert/strict'
import { look, lookTwice, visit } from './support/browser.mjs'
import { journeys } from './support/journeys.mjs'
import { staff } from './support/shop.mjs'
import { button, main, press, signIn } from './support/steps.mjs'
import { text } from './support/texts.mjs'

const say = text.stores
// Browsers know where every host below localhost is.
const host = 'berg.localhost'

journeys('the stores', (journey, the) => {
  const there = () => the.shop.url.replace('127.0.0.1', host)

  journey('are made in a form, priced, met at their hosts and closed', {}, async (page) => {
    await signIn(page, staff, '/admin/sign-in')
    await page.goto('/admin/stores')
    await lookTwice(page, 'admin-stores')
    await press(page, main(page).getByRole('link', { name: say.add }))
    await main(page).getByLabel(say.name).fill('Bergladen')
    await main(page).getByLabel(say.domain).fill('https://berg.example/')
    await press(page, button(page, say.save))
    await main(page).getByRole('alert').getByText(say.wrong).waitFor()
    await lookTwice(page, 'admin-store-refused')
    await main(page).getByLabel(say.domain).fill(host)
    await main(page).getByLabel(say.currency).selectOption('CHF')
    await main(page).getByLabel(say.first).selectOption('zh')
    await main(page).getByLabel(say.english).check()
    await press(page, button(page, say.save))
    await main(page).getByText(say.saved).waitFor()
    await lookTwice(page, 'admin-store')
    for (const [path, name] of [['theme', 'theme'], ['menus', 'menus'], ['home-page', 'home-page']]) {
      await page.goto(`/admin/${path}?store=2`)
      await lookTwice(page, `admin-store-${name}`)
    }

    await page.goto('/admin/products?status=active')
    await press(page, main(page).getByRole('link', { name: say.francs }))
    await lookTwice(page, 'admin-products-francs')
    await press(page, main(page).locator('tbody a').first())
    await main(page).locator('input[name="v0_price"]').fill('21.00')
    await press(page, button(page, say.save))
    await main(page).getByText(say.saved).waitFor()
    await lookTwice(page, 'admin-product-francs')
    await page.goto('/admin?store=2')
    await lookTwice(page, 'admin-home-store')

    for (const size of ['wide', 'narrow']) {
      await visit(the.browser, there(), { size }, async (guest) => {
        await guest.goto('/')
        await look(guest, 'store-home')
        const product = main(guest).locator('a[href^="/products/"]').first()
        await press(guest, product)
        await guest.getByText('CHF').first().waitFor()
        assert.equal(await guest.locator('html').getAttribute('lang'), 'zh-Hans')
        await look(guest, 'store-product')
        await press(guest, button(guest, say.addToCart))
        await guest.getByText(/CHF/).first().waitFor()
        assert.equal((await main(guest).innerText()).includes('€'), false)
      })
    }

    await page.goto('/admin/stores/2')
    await main(page).getByLabel(say.open).uncheck()
    await press(page, button(page, say.save))
    await visit(the.browser, there(), { size: 'narrow' }, async (guest) => {
      await guest.goto('/')
      await guest.getByText(say.closed).first().waitFor()
      await lookTwice(guest, 'store-closed')
    })
  })
})
