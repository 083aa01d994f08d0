// Attributes with types: staff define one and see what it does to values, shoppers narrow a list by numbers and choices.
import { lookTwice, visit } from './support/browser.mjs'
import { journeys } from './support/journeys.mjs'
import { staff } from './support/shop.mjs'
import { button, main, press, signIn } from './support/steps.mjs'
import { text } from './support/texts.mjs'

const say = text.attributes

/** Looks at the page at both widths. */
journeys('attributes with types', (journey, the) => {
  journey('a shopper narrows a list by numbers and colours', {}, async (page) => {
    await page.goto('/categories/tableware')
    await lookTwice(page, 'facets-typed')
    await page.goto('/categories/teaware?min.Capacity=200&max.Capacity=800')
    await main(page).getByRole('link', { name: say.chip }).first().waitFor()
    await lookTwice(page, 'facets-range')
    await page.goto('/zh/categories/teaware?min.Capacity=lots')
    await lookTwice(page, 'facets-range-unreadable-chinese')
  })

  journey('staff give a free attribute a type', {}, async (page) => {
    await signIn(page, staff, '/admin/sign-in')
    await page.goto('/admin/attributes')
    await lookTwice(page, 'admin-attributes')
    await press(page, main(page).getByRole('link', { name: say.origin, exact: true }))
    await lookTwice(page, 'admin-attribute-new')
    await main(page).getByLabel(say.kind).selectOption('number')
    await press(page, button(page, say.save))
    await main(page).getByText(say.unfit).waitFor()
    await lookTwice(page, 'admin-attribute-takeover')
    await page.goto('/admin/attributes/new?name=Origin')
    await press(page, button(page, say.save))
    await main(page).getByText(say.saved).waitFor()
    await lookTwice(page, 'admin-attribute')
    await press(page, main(page).getByRole('link', { name: say.remove }))
    await lookTwice(page, 'admin-attribute-delete')
    await page.goto('/admin/products/1')
    await lookTwice(page, 'admin-product-attributes')
    await page.goto('/zh/admin/attributes/2')
    await lookTwice(page, 'admin-attribute-chinese')
    await visit(the.browser, the.shop.url, {}, async (guest) => {
      await guest.goto('/products/celadon-gongfu-set')
      await lookTwice(guest, 'product-attributes')
    })
  })
})
