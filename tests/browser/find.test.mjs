// A shopper finds things: in Chinese, with a typo, by facets, with the keyboard alone.
import assert from 'node:assert/strict'
import { journeys } from './support/journeys.mjs'
import { someProduct } from './support/steps.mjs'
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
    await page.getByRole('button', { name: text.addChinese }).first().click()
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
    const facets = page.getByRole('checkbox').filter({ visible: true })
    assert.ok((await facets.count()) > 3, 'facets are offered')
    const first = facets.first()
    const count = Number(/\((\d+)\)|(\d+)\s*$/.exec(await first.evaluate((box) => box.labels[0].innerText.trim()))?.slice(1).find(Boolean))
    assert.ok(count > 0, 'the facet tells how many products it leaves')
    await first.check()
    await first.evaluate((box) => box.form.requestSubmit())
    await page.waitForURL((url) => url.searchParams.size > 1)
    const left = await slugs(page)
    assert.ok(left.length > 0 && left.length <= count, `${left.length} products shown, ${count} promised`)
    assert.ok(await page.getByRole('checkbox', { checked: true }).first().isVisible(), 'the choice stays visible')
  })

  journey('gets suggestions while typing', {}, async (page) => {
    await page.goto('/')
    await page.getByRole('searchbox').or(page.getByRole('combobox', { name: text.search })).first().pressSequentially(demo.query.slice(0, 4), { delay: 60 })
    await page.getByRole('option').first().waitFor()
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
    await page.keyboard.press('Enter')
    await page.waitForLoadState()
    await page.goto('/cart')
    assert.equal(await page.getByLabel(label.quantity).first().inputValue(), '1')
  })
})
