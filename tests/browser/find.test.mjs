// A shopper finds things: in Chinese, with a typo, by facets, with the keyboard alone.
import assert from 'node:assert/strict'
import { journeys } from './support/journeys.mjs'
import { main, press, someProduct } from './support/steps.mjs'
import { demo, label, text } from './support/texts.mjs'

const products = (page) => page.getByRole('main').locator('a[href*="/products/"]')
const slugs = async (page) => [...new Set(await products(page).evaluateAll((all) => all.map((a) => a.pathname)))]

journeys('a shopper', (journey) => {
  journey('reads the shop in Chinese', { locale: 'zh-CN' }, async (page) => {
    await page.goto('/zh/')
    assert.match(await page.locator('html').getAttribute('lang'), /^zh/)
    const path = await someProduct(page, '/zh/')
    assert.match(path, /^\/zh\/products\//, 'links stay in the language')
    assert.match(await page.getByRole('heading', { level: 1 }).innerText(), text.chinese)
    await press(page, page.getByRole('button', { name: text.addChinese }).first())
    await page.getByText(text.addedChinese).first().waitFor()
    await page.goto('/zh/cart')
    await page.getByText(text.checkoutChinese).first().waitFor()
    const other = await page.locator('link[rel=alternate][hreflang=en]').first().getAttribute('href')
    assert.ok(!new URL(other, page.url()).pathname.startsWith('/zh'), 'hreflang names the English page')
  })

  journey('finds the same with a typo', { script: false }, async (page) => {
    await page.goto('/')
    await page.getByRole('searchbox').first().fill(demo.query)
    await page.getByRole('searchbox').first().press('Enter')
    await page.waitForURL(/\/search\?.*q=/)
    const right = await slugs(page)
    assert.ok(right.length > 0, `nothing found for ${demo.query}`)
    await page.goto(`/search?q=${demo.typo}`)
    const typo = await slugs(page)
    assert.ok(right.slice(0, 3).some((slug) => typo.includes(slug)), `${demo.typo} finds ${typo}, ${demo.query} finds ${right}`)
  })

  journey('narrows a search by a facet whose count is true', { script: false }, async (page) => {
    await page.goto('/search?q=')
    const number = async (locator) => Number((await locator.innerText()).replace(/\D/g, ''))
    const all = await number(main(page).locator('.listing-count'))
    const facets = page.getByRole('checkbox').filter({ visible: true })
    assert.ok((await facets.count()) > 3, 'facets are offered')
    const first = facets.first()
    const promised = await number(page.locator(`label[for="${await first.getAttribute('id')}"] .facet-count [aria-hidden]`))
    assert.ok(promised > 0 && promised < all, `the facet tells how many of ${all} products it leaves: ${promised}`)
    await first.check()
    await press(page, page.getByRole('button', { name: text.filter }))
    assert.equal(await number(main(page).locator('.listing-count')), promised)
    const left = await slugs(page)
    assert.ok(left.length > 0 && left.length <= promised, `${left.length} products shown, ${promised} promised`)
    assert.ok(await page.getByRole('checkbox', { checked: true }).first().isVisible(), 'the choice stays visible')
  })

  journey('gets suggestions while typing', {}, async (page) => {
    await page.goto('/')
    await page.getByRole('searchbox').or(page.getByRole('combobox', { name: text.search })).first().pressSequentially(demo.query.slice(0, 4), { delay: 60 })
    await page.getByRole('option').first().waitFor()
    await page.keyboard.press('ArrowDown')
    const chosen = await page.getByRole('option', { selected: true }).locator('span').first().innerText()
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')])
    await page.getByRole('heading', { level: 1, name: chosen }).waitFor()
  })

  journey('puts a product into the cart with the keyboard alone', {}, async (page) => {
    const path = await someProduct(page)
    await page.goto(path)
    await page.keyboard.press('Tab')
    const first = await page.evaluate(() => document.activeElement.getAttribute('href') ?? '')
    assert.match(first, /^#/, 'the first stop leads past the navigation')
    await page.keyboard.press('Enter')
    const name = () => page.evaluate(() => document.activeElement.innerText ?? '')
    let stops = 0
    while (!text.add.test(await name())) {
      assert.ok(++stops < 40, 'the button is not reached within 40 stops')
      await page.keyboard.press('Tab')
      const outline = await page.evaluate(() => {
        const style = getComputedStyle(document.activeElement)
        return style.outlineStyle !== 'none' || style.boxShadow !== 'none'
      })
      assert.ok(outline, `the focus is not visible on: ${await name()}`)
    }
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')])
    await page.goto('/cart')
    assert.equal(await page.getByLabel(label.quantity).first().inputValue(), '1')
  })
})
