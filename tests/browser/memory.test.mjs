// Staff look a customer of the demo up, read where they stand, and note what they learned.
import { journeys } from './support/journeys.mjs'
import { look, lookTwice } from './support/browser.mjs'
import { staff } from './support/shop.mjs'
import { button, main, press, signIn } from './support/steps.mjs'
import { text } from './support/texts.mjs'

const say = text.memory

journeys('the memory', (journey) => {
  journey('knows a customer, and keeps what staff note', { script: false }, async (page) => {
    await signIn(page, staff, '/admin/sign-in')
    await page.goto('/admin/customers')
    await main(page).getByLabel(say.find).fill(say.beginning)
    await press(page, button(page, say.show))
    await press(page, main(page).getByRole('link', { name: say.name }))
    await main(page).getByRole('heading', { name: say.name, level: 1 }).waitFor()
    await main(page).getByLabel(say.tags).fill('tea, vip, tea')
    await main(page).getByLabel(say.note).first().fill('Likes oolong.')
    await press(page, button(page, say.save))
    await main(page).getByText(say.saved).waitFor()
  })
  journey('is readable at both widths and in both languages', {}, async (page) => {
    await signIn(page, staff, '/admin/sign-in')
    for (const [address, name] of [['customers?order=value', 'admin-customers'], ['customers/1', 'admin-customer'], ['forecasts', 'admin-forecasts']]) {
      for (const [language, ending] of [['', ''], ['/zh', '-zh']]) {
        await page.goto(`${language}/admin/${address}`)
        await lookTwice(page, name + ending)
      }
    }
  })
})
