// Every kind of page at both widths: WCAG 2.2 AA, no sideways scrolling, a screenshot.
import assert from 'node:assert/strict'
import { look } from './support/browser.mjs'
import { journeys } from './support/journeys.mjs'
import { staff } from './support/shop.mjs'
import { button, fillCart, main, orderNumber, payWith, place, press, signIn, someProduct, toReview } from './support/steps.mjs'
import { demo, double, text } from './support/texts.mjs'

const open = ['/', '/privacy', '/zh/privacy', '/zh/', `/zh/search?q=${encodeURIComponent('茶')}`, '/zh/cart', `/search?q=${demo.query}`, '/search?q=qqqqqq', '/cart', '/gift-cards', '/help', '/zh/help', '/help?q=parcel', '/help/arrived-broken', '/account/sign-in', '/account/register', '/account/forgot', '/no-such-page']
const office = ['', '/products', '/categories', '/categories/new', '/categories/1', '/orders', '/stock', '/shipping', '/taxes', '/promotions', '/jobs', '/mails', '/cases', '/settings', '/api-keys', '/webhooks', '/doctor', '/new-order', '/pages', '/pages/about', '/pages/new', '/home-page', '/theme', '/menus', '/menus/footer/new', '/search?q=tea', '/account', '/staff', '/staff/roles', '/audit', '/products/new', '/promotions/new', '/promotions/bench', '/collections', '/collections/new', '/redirects', '/stock/waiting', '/stock/locations', '/stock/goods', '/products/table', '/products/batches', '/attributes', '/attributes/new', '/segments', '/segments/new', '/returns', '/stores', '/stores/new', '/staff/roles/new', '/gift-cards', '/store-credit', '/forecasts', '/recommendations', '/offers', '/customers', '/carts', '/carts?state=placed', '/articles', '/articles/new', '/articles/arrived-broken', '/inbound', '/tickets', '/disputes', '/levels', '/levels/calendars/new', '/levels/policies/new', '/routing', '/routing/rules/new', '/wall', '/reports/service'].map((page) => `/admin${page}`)
// The same pages in the other language, which is set in other letters.
const chinese = ['', '/orders', '/products', '/products/new', '/categories', '/stock', '/shipping', '/settings', '/promotions/new', '/collections/new', '/pages/about', '/staff/roles', '/audit', '/carts', '/api-keys'].map((page) => `/zh/admin${page}`)
// Lists that lead to a page for each of their rows.
const lists = ['products', 'orders', 'categories', 'mails', 'shipping', 'attributes', 'promotions', 'customers', 'stock', 'collections', 'webhooks', 'staff/roles']
const named = (path) => path.replace(/\?.*/, '').replaceAll('/', '-').slice(1) || 'home'

journeys('every kind of page', (journey) => {
  for (const size of ['wide', 'narrow']) {
    journey(`pages anyone can open (${size})`, { size }, async (page) => {
      for (const path of open) {
        await page.goto(path)
        await look(page, path.includes('qqq') ? 'search-empty' : named(path))
      }
      await page.goto('/')
      await page.goto(await page.locator('a[href*="/categories/"]').first().getAttribute('href'))
      await look(page, 'category')
    })

    journey(`from the product to the order (${size})`, { size }, async (page) => {
      await page.goto(await someProduct(page))
      await look(page, 'product')
      await fillCart(page)
      await look(page, 'cart-filled')
      await page.goto('/checkout')
      await look(page, 'checkout')
      // The same page with its mistakes marked.
      await press(page, button(page, text.continue))
      await page.getByRole('alert').first().waitFor()
      await look(page, 'checkout-mistakes')
      await toReview(page, { email: `look-${size}@guest.test`, method: text.bank })
      await look(page, 'checkout-review')
      for (const step of ['shipping', 'payment']) {
        await page.goto(`/checkout/${step}`)
        await look(page, `checkout-${step}`)
      }
      await page.goto('/checkout/review')
      await place(page)
      await look(page, 'order')
    })

    journey(`the back office (${size})`, { size }, async (page) => {
      await page.goto('/admin/sign-in')
      await look(page, 'admin-sign-in')
      await signIn(page, staff, '/admin/sign-in')
      for (const path of office) {
        await page.goto(path)
        await look(page, named(path))
      }
      // What a shop does not have from the beginning.
      await page.goto('/admin/webhooks')
      await main(page).locator('#f-url').fill(`https://hooks.example.com/${size}`)
      await press(page, main(page).locator('form[action="/admin/webhooks"] button[type=submit]'))
      await page.goto('/admin/staff/roles/new')
      await main(page).locator('#f-name').fill(`Packer ${size}`)
      await press(page, main(page).locator('form[action="/admin/staff/roles/new"] button[type=submit]'))
      await page.goto('/admin/collections/new')
      await main(page).locator('#f-name').fill(`Slow mornings ${size}`)
      await main(page).locator('#f-filling').selectOption('hand')
      await main(page).locator('#f-active').check()
      await press(page, button(page, 'Save'))
      await page.goto(await main(page).locator('a[href^="/collections/"]').first().getAttribute('href'))
      await look(page, 'collection')
      for (const list of lists) {
        await page.goto(`/admin/${list}`)
        const links = await main(page).locator(`a[href^="/admin/${list}/"]`).evaluateAll((all) => all.map((one) => one.getAttribute('href')))
        const first = links.findLast((to) => /\/[^/?]*\d[^/?]*$/.test(to))
        // Mails follow from the order of the journey before.
        if (!first && list === 'mails') continue
        assert.ok(first, `the list of ${list} leads nowhere`)
        await page.goto(first)
        await look(page, `admin-${list.replace('/', '-')}-one`)
      }
    })

    journey(`what a shop seldom shows (${size})`, { size }, async (page) => {
      await signIn(page, staff, '/admin/sign-in')
      // A change of many products before it is confirmed.
      await page.goto('/admin/products/rules?q=mug')
      await main(page).locator('#f-add_tags').fill(`seldom ${size}`)
      await press(page, main(page).locator('button[type=submit]').last())
      assert.match(new URL(page.url()).pathname, /\/batches\/\d+$/)
      await look(page, 'admin-batch')
      // Money that is held for an order.
      await fillCart(page)
      await toReview(page, { email: `held-${size}@guest.test`, method: text.card })
      await press(page, button(page, text.place))
      await payWith(page, double.good)
      const number = orderNumber(page)
      await page.goto(`/admin/orders/${number}`)
      const [, payment] = (await page.content()).match(/\/payments\/(\d+)\//)
      await page.goto(`/admin/orders/${number}/payments/${payment}/release`)
      await main(page).locator(`form[action$="/payments/${payment}/release"]`).waitFor()
      await look(page, 'admin-order-release')
      // What is sold out, and the form of those who wait for it.
      await page.goto('/admin/stock?q=MUG-ST-IND-350')
      await page.goto(await main(page).locator('tbody a[href^="/admin/stock/"]').first().getAttribute('href'))
      const variant = new URL(page.url()).pathname.split('/').at(-1)
      await main(page).locator('#f-on_hand').fill('0')
      await main(page).locator('#f-reason').fill('Broken')
      await press(page, main(page).locator(`form[action="/admin/stock/${variant}"] button[type=submit]`))
      await page.goto(`/products/straight-mug/waiting?variant=${variant}`)
      await main(page).locator('#f-email').waitFor()
      await look(page, 'waiting')
      await page.goto(`/zh/products/straight-mug/waiting?variant=${variant}`)
      await look(page, 'waiting-chinese')
    })

    journey(`the back office in Chinese (${size})`, { size }, async (page) => {
      await signIn(page, staff, '/admin/sign-in')
      for (const path of chinese) {
        await page.goto(path)
        await look(page, named(path))
      }
    })
  }
})
