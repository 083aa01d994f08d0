// A merchant makes a menu with entries below an entry; shoppers open it with the keyboard and the thumb.
import assert from 'node:assert/strict'
import { look, lookTwice, visit } from './support/browser.mjs'
import { journeys } from './support/journeys.mjs'
import { staff } from './support/shop.mjs'
import { button, main, press, signIn } from './support/steps.mjs'
import { text } from './support/texts.mjs'

const say = text.menus

journeys('the menus', (journey, the) => {
  journey('are changed without script and opened with the keyboard', { script: false }, async (page) => {
    await signIn(page, staff, '/admin/sign-in')
    await page.goto('/admin/menus')
    await press(page, main(page).getByRole('link', { name: say.below }).first())
    await main(page).getByLabel(say.target).selectOption('inside')
    await main(page).getByLabel(say.address).fill('search?q=green')
    await main(page).getByLabel(say.words).fill('Green tea')
    await press(page, button(page, say.save))
    await main(page).getByRole('alert').getByText(say.odd).waitFor()
    await main(page).getByLabel(say.address).fill('/search?q=green')
    await press(page, button(page, say.save))
    await main(page).getByText(say.saved).waitFor()
    await press(page, main(page).getByRole('button', { name: say.down }).first())
    await main(page).getByText(say.saved).waitFor()

    for (const size of ['wide', 'narrow']) {
      await visit(the.browser, the.shop.url, { size }, async (guest) => {
        await guest.goto('/')
        const menu = guest.locator('.site-nav')
        const open = menu.locator('summary')
        assert.equal(await open.count(), 1)
        assert.equal(await menu.getByRole('link').first().innerText() !== await open.innerText(), true, 'the other entry stands first now')
        await open.focus()
        await guest.keyboard.press('Enter')
        await menu.getByRole('link', { name: 'Green tea' }).waitFor()
        await look(guest, 'menu-open')
        await guest.keyboard.press('Tab')
        await guest.keyboard.press('Tab')
        await Promise.all([guest.waitForURL('**/search?q=green'), guest.keyboard.press('Enter')])
      })
    }
    await visit(the.browser, the.shop.url, {}, async (mei) => {
      await signIn(mei, staff, '/admin/sign-in')
      await mei.goto('/admin/menus')
      await lookTwice(mei, 'admin-menus')
      await mei.goto('/admin/menus/header/1-0')
      await lookTwice(mei, 'admin-menu-entry')
    })
    await page.goto('/admin/menus')
    await press(page, button(page, say.reset))
    await main(page).getByText(say.wasReset).waitFor()
  })
})
