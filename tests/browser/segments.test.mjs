// Staff build a segment step by step, count it before they save it, and see who is in it.
import assert from 'node:assert/strict'
import { journeys } from './support/journeys.mjs'
import { lookTwice } from './support/browser.mjs'
import { staff } from './support/shop.mjs'
import { button, main, press, signIn } from './support/steps.mjs'
import { text } from './support/texts.mjs'

const say = text.segments

/** Adds a condition to the last group whose button stands on the page. */
async function add(page, kind) {
  await main(page).getByLabel(say.kind).last().selectOption(kind)
  await press(page, main(page).getByRole('button', { name: say.add, exact: true }).last())
}

/** A rule of a condition and a group with another, counted; answers when the page shows how many there are. */
async function build(page, name) {
  await page.goto('/admin/segments/new')
  await main(page).getByLabel(say.name).fill(name)
  await add(page, 'orders')
  await main(page).getByLabel(say.atLeast).first().fill('1')
  await press(page, button(page, say.addGroup))
  assert.equal(await main(page).getByLabel(say.name).inputValue(), name)
  // The inner group comes first, and its buttons stand before those of the whole.
  await main(page).getByLabel(say.kind).first().selectOption('language')
  await press(page, main(page).getByRole('button', { name: say.add, exact: true }).first())
  await press(page, button(page, say.count))
  await main(page).getByRole('heading', { name: say.counted }).waitFor()
}

journeys('segments', (journey) => {
  journey('are built without a script, and lose nothing', { script: false }, async (page) => {
    await signIn(page, staff, '/admin/sign-in')
    await build(page, 'Drinkers of tea')
    await press(page, button(page, say.save))
    await main(page).getByRole('heading', { name: 'Drinkers of tea', level: 1 }).waitFor()
  })
  journey('are readable at both widths and in both languages', {}, async (page) => {
    await signIn(page, staff, '/admin/sign-in')
    await build(page, 'Drinkers of coffee')
    await lookTwice(page, 'admin-segment-edit')
    await press(page, button(page, say.save))
    await page.waitForTimeout(1500)
    await page.reload()
    await lookTwice(page, 'admin-segment')
    for (const address of ['segments', 'segments/new', 'customers']) {
      for (const [language, ending] of [['', ''], ['/zh', '-zh']]) {
        await page.goto(`${language}/admin/${address}`)
        await lookTwice(page, `admin-${address.replace('/', '-')}${ending}`)
      }
    }
    await page.goto('/admin/customers/1')
    await lookTwice(page, 'admin-customer-segments')
  })
})
