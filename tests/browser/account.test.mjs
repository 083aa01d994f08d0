// A customer: registers, follows the link of the mail, buys, looks at the order, cancels it.
import assert from 'node:assert/strict'
import { visit } from './support/browser.mjs'
import { journeys } from './support/journeys.mjs'
import { linkIn, mailTo } from './support/mail.mjs'
import { button, buy, fill, fillCart, signIn } from './support/steps.mjs'
import { label, text } from './support/texts.mjs'

const ann = { email: 'ann@customer.test', password: 'a long walk to the kiln', name: 'Ann Taylor' }

async function register(page, shop, person) {
  await page.goto('/account/register')
  await fill(page, { name: person.name, email: person.email, password: person.password })
  await page.getByRole('main').getByRole('button', { name: text.register }).click()
  await page.waitForLoadState()
  const mail = await mailTo(shop, person.email, /\/account\/verify/)
  await page.goto(linkIn(mail, '/account/verify'))
  // A link in a mail only shows a button: scanners of mail servers open links, too.
  const confirm = page.getByRole('main').getByRole('button').first()
  if (await confirm.count()) await confirm.click()
  await page.getByText(text.verified).first().waitFor()
}

journeys('a customer', (journey, the) => {
  journey('registers, buys, sees the order and cancels it', {}, async (page) => {
    await register(page, the.shop, ann)
    if (new URL(page.url()).pathname.endsWith('/sign-in') || !(await page.context().cookies()).length) await signIn(page, ann)
    await page.goto('/account/orders')
    if (page.url().includes('/sign-in')) await signIn(page, ann)
    const number = await buy(page, ann.email)
    await page.goto('/account/orders')
    await page.getByRole('link', { name: number }).first().click()
    await page.getByRole('heading', { name: number }).first().waitFor()
    await button(page, text.cancelOrder).click()
    await page.waitForLoadState()
    if (!(await page.getByText(text.cancelled).count())) await button(page, text.confirm).click()
    await page.getByText(text.cancelled).first().waitFor()
    assert.equal(await page.getByRole('button', { name: text.cancelOrder }).count(), 0, 'an order is cancelled once')
  })

  journey('keeps what the guest had in the cart on signing in', { script: false }, async (page) => {
    const person = { ...ann, email: 'merge@customer.test' }
    await visit(the.browser, the.shop.url, {}, (other) => register(other, the.shop, person))
    await fillCart(page)
    const lines = await page.getByLabel(label.quantity).count()
    await signIn(page, person)
    await page.goto('/cart')
    assert.equal(await page.getByLabel(label.quantity).count(), lines)
  })

  journey('with a wrong password is told so, and the address is kept', { script: false }, async (page) => {
    await page.goto('/account/sign-in')
    await fill(page, { email: 'nobody@customer.test', password: 'wrong' })
    await page.getByRole('main').getByRole('button', { name: text.signIn }).click()
    await page.getByRole('alert').first().waitFor()
    assert.equal(await page.getByRole('main').getByLabel(label.email).first().inputValue(), 'nobody@customer.test')
  })
})
