// Staff build a segment step by step, count it before they save it, and see who is in it.
import assert from 'node:assert/strict'
import { journeys } from './support/journeys.mjs'
import { look, sizes } from './support/browser.mjs'
import { staff } from './support/shop.mjs'
import { button, main, press, signIn } from './support/steps.mjs'
import { text } from './support/texts.mjs'

const say = text.segments

async function lookTwice(page, name) {
  for (const size of [sizes.narrow, sizes.wide]) {
    await page.setViewportSize(size)
    await look(page, name)
  }
}

/** Adds a condition to the last group whose button stands on the page. */
async function add(page, kind) {
  await main(page).getByLabel(say.kind).last().selectOption(kind)
  await press(page, main(page).getByRole('button', { name: say.add, exact: true }).last())
}

journeys('segments', (journey) => {
  journey('are built without a script, and lose nothing', { script: false }, async (page) => {
    await signIn(page, staff, '/admin/sign-in')
    await page.goto('/admin/segments/new')
    await main(page).getByLabel(say.name).fill('Drinkers of tea')
    await add(page, 'orders')
    await main(page).getByLabel(say.atLeast).first().fill('1')
    await press(page, button(page, say.addGroup))
    assert.equal(await main(page).getByLabel(say.name).inputValue(), 'Drinkers of tea')
    await lookTwice(page, 'admin-segment-group')
    // The inner group comes first, and its buttons stand before those of the whole.
    await main(page).getByLabel(say.kind).first().selectOption('language')
    await press(page, main(page).getByRole('button', { name: say.add, exact: true }).first())
    await press(page, button(page, say.count))
    await main(page).getByText(say.counted).first().waitFor()
    await lookTwice(page, 'admin-segment-edit')
    await press(page, button(page, say.save))
    await main(page).getByRole('heading', { name: 'Drinkers of tea', level: 1 }).waitFor()
    await lookTwice(page, 'admin-segment')
    await page.goto('/admin/segments')
    await lookTwice(page, 'admin-segments')
    await page.goto('/zh/admin/segments/new')
    await lookTwice(page, 'admin-segment-edit-zh')
  })
})
