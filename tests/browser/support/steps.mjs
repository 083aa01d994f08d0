// The steps that several journeys share, written as a shopper would tell them. None needs JavaScript.
import assert from 'node:assert/strict'
import { linkIn, mailTo } from './mail.mjs'
import { double, label, someone, text } from './texts.mjs'

export const main = (page) => page.getByRole('main')
export const button = (page, name) => main(page).getByRole('button', { name }).first()

/** Clicks what leads to another page and stands there. */
export async function press(page, what) {
  await Promise.all([page.waitForNavigation(), what.click()])
}

/** Fills a form by its labels; a list is chosen by its value. */
export async function fill(page, fields) {
  for (const [name, value] of Object.entries(fields)) {
    const field = main(page).getByLabel(label[name]).first()
    const list = await field.evaluate((element) => element.tagName === 'SELECT')
    await (list ? field.selectOption(value) : field.fill(value))
  }
}

/** Address of the first product on offer that can be bought as it stands. */
export async function someProduct(page, from = '/') {
  await page.goto(from)
  const links = await main(page).locator('a[href*="/products/"]').evaluateAll((all) => all.map((a) => a.getAttribute('href')))
  for (const link of new Set(links)) {
    await page.goto(link)
    const add = page.getByRole('button', { name: new RegExp(`${text.add.source}|${text.addChinese.source}`, 'i') }).first()
    if ((await add.count()) && (await add.isEnabled())) return link
  }
  assert.fail(`no product on ${from} can be added to the cart`)
}

/** Puts one product into the cart and stands on the cart page. */
export async function fillCart(page) {
  await someProduct(page)
  await press(page, button(page, text.add))
  await page.getByText(text.added).first().waitFor()
  await page.goto('/cart')
  assert.equal(await page.getByLabel(label.quantity).count(), 1)
}

const next = (page) => press(page, button(page, text.continue))

/** Chooses by clicking the words beside the button, as the whole row is theirs. */
async function choose(page, name) {
  const radio = name ? page.getByRole('radio', { name }) : page.getByRole('radio').first()
  await page.locator(`label[for="${await radio.getAttribute('id')}"]`).click()
  assert.ok(await radio.isChecked())
}

/** From the cart to the review page, paying by `method`. */
export async function toReview(page, { email, method, address = someone }) {
  await page.goto('/checkout')
  await fill(page, { email, ...address })
  await next(page)
  await page.waitForURL('**/checkout/shipping')
  await choose(page)
  await next(page)
  await page.waitForURL('**/checkout/payment')
  await choose(page, method)
  await next(page)
  await page.waitForURL('**/checkout/review')
}

/** Places the order and returns its number from the page of thanks. */
export async function place(page) {
  await button(page, text.place).click()
  return placed(page)
}

/** The number of the order whose page of thanks is shown. */
export async function placed(page) {
  await page.waitForURL(/\/orders\/[^/?]+\?/, { timeout: 30_000 })
  await page.getByRole('heading', { name: text.thanks, level: 1 }).waitFor()
  return orderNumber(page)
}

export const orderNumber = (page) => decodeURIComponent(new URL(page.url()).pathname.split('/').at(-1))

/** On the page of the Stripe double: pays with one of its cards. */
export async function payWith(page, card) {
  await page.waitForURL(/\/pay\//)
  await press(page, button(page, card))
}

/** Buys one thing by bank transfer; returns the number of the order. */
export async function buy(page, email) {
  await fillCart(page)
  await toReview(page, { email, method: text.bank })
  return place(page)
}

/** Makes an account and follows the link of the mail; the person is signed in. */
export async function register(page, shop, person) {
  await page.goto('/account/register')
  await fill(page, { name: person.name, email: person.email, password: person.password })
  await press(page, button(page, text.register))
  const mail = await mailTo(shop, person.email, /\/account\/verify/)
  // A link in a mail only shows a button: scanners of mail servers open links, too.
  await page.goto(linkIn(mail, '/account/verify'))
  assert.equal(await page.getByText(text.verified).count(), 0)
  await press(page, button(page, text.verify))
  await page.getByText(text.verified).first().waitFor()
}

/** Signs in at the shop or, with `/admin/sign-in`, at the back office. */
export async function signIn(page, { email, password }, at = '/account/sign-in') {
  await page.goto(at)
  await fill(page, { email, password })
  await button(page, text.signIn).click()
  await page.waitForURL((url) => !url.pathname.endsWith('/sign-in'))
}

/** The addresses of all orders in the back office that belong to `email`. */
export async function ordersOf(page, email) {
  await page.goto(`/admin/orders?q=${encodeURIComponent(email)}`)
  const links = await main(page).locator('a[href*="/admin/orders/"]').evaluateAll((all) => all.map((a) => new URL(a.href).pathname))
  return [...new Set(links)]
}
