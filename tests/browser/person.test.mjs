// Staff set a task about a customer, and find that two customers are one person, and that they are not.
import { journeys } from './support/journeys.mjs'
import { lookTwice } from './support/browser.mjs'
import { staff } from './support/shop.mjs'
import { button, main, press, signIn } from './support/steps.mjs'
import { text } from './support/texts.mjs'

const say = text.person

journeys('one person', (journey) => {
  journey('has something done about them', { script: false }, async (page) => {
    await signIn(page, staff, '/admin/sign-in')
    await page.goto('/admin/customers/2')
    await main(page).getByText(say.add).click()
    await main(page).getByLabel(say.what).fill('Send the brewing notes')
    await main(page).getByLabel(say.until).first().fill('2020-01-02')
    await press(page, button(page, say.set))
    await main(page).getByText(say.isSet).waitFor()
    await page.goto('/admin/tasks')
    const row = main(page).locator('li', { hasText: 'Send the brewing notes' })
    await row.getByText(say.overdue).waitFor()
    await press(page, row.getByRole('button', { name: say.done }))
    await main(page).getByText(say.isDone).waitFor()
  })

  journey('was two customers, is joined and parted again', {}, async (page) => {
    await signIn(page, staff, '/admin/sign-in')
    await page.goto('/admin/customers/3')
    const address = page.url()
    await press(page, main(page).getByRole('link', { name: say.join }))
    await main(page).getByLabel(say.search).fill('4')
    await press(page, button(page, say.find))
    await press(page, main(page).locator('.choices a').first())
    await lookTwice(page, 'admin-merge')
    await main(page).getByLabel(say.why).fill('The same telephone and street')
    await press(page, button(page, say.joinNow))
    await main(page).getByText(say.joined).waitFor()
    await lookTwice(page, 'admin-merged')
    // The other number leads here.
    await page.goto('/admin/customers/4')
    if (page.url() !== address) throw new Error(`customer 4 is at ${page.url()}`)
    await press(page, main(page).getByRole('link', { name: say.undo }).first())
    await lookTwice(page, 'admin-unmerge')
    await main(page).getByLabel(say.whyNot).fill('Father and son')
    await press(page, button(page, say.partNow))
    await main(page).getByText(say.parted).waitFor()
    await page.goto('/zh/admin/tasks')
    await lookTwice(page, 'admin-tasks-zh')
  })
})
