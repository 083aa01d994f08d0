// Every kind of page at both widths: WCAG 2.2 AA, no sideways scrolling, a screenshot.
import { look } from './support/browser.mjs'
import { journeys } from './support/journeys.mjs'
import { staff } from './support/shop.mjs'
import { button, fillCart, place, press, signIn, someProduct, toReview } from './support/steps.mjs'
import { demo, text } from './support/texts.mjs'

const open = ['/', '/zh/', `/zh/search?q=${encodeURIComponent('茶')}`, '/zh/cart', `/search?q=${demo.query}`, '/search?q=qqqqqq', '/cart', '/gift-cards', '/account/sign-in', '/account/register', '/account/forgot', '/no-such-page']
const office = ['', '/products', '/categories', '/categories/new', '/categories/1', '/orders', '/stock', '/shipping', '/taxes', '/promotions', '/jobs', '/mails', '/cases', '/settings', '/api-keys', '/webhooks', '/doctor', '/new-order', '/pages', '/pages/about', '/pages/new', '/home-page', '/theme', '/menus', '/menus/footer/new', '/search?q=tea', '/account', '/staff', '/staff/roles', '/audit', '/products/new', '/promotions/new', '/promotions/bench'].map((page) => `/admin${page}`)
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
      for (const list of ['products', 'orders']) {
        await page.goto(`/admin/${list}`)
        const first = page.getByRole('main').getByRole('row').locator(`a[href^="/admin/${list}/"]`).first()
        await page.goto(await first.getAttribute('href'))
        await look(page, `admin-${list}-one`)
      }
    })
  }
})
