// The steps that several journeys share, written as a shopper would tell them. None needs JavaScript.
import assert from 'node:assert/strict'
import { double, label, someone, text } from './texts.mjs'

export const button = (page, name) => page.getByRole('button', { name }).first()

/** Fills a form by its labels; a list is chosen by its value. */
export async function fill(page, fields) {
  for (const [name, value] of Object.entries(fields)) {
    const field = page.getByRole('main').getByLabel(label[name]).first()
    const list = await field.evaluate((element) => element.tagName === 'SELECT')
    await (list ? field.selectOption(value) : field.fill(value))
  }
}

/** Address of the first product on offer that can be bought as it stands. */
export async function someProduct(page, from = '/') {
  await page.goto(from)
  const links = await page.getByRole('main').locator('a[href*="/products/"]').evaluateAll((all) => all.map((a) => a.getAttribute('href')))
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
  await button(page, text.add).click()
  await page.waitForLoadState()
  await page.goto('/cart')
}

const next = (page) => button(page, text.continue).click()

/** From the cart to the review page, paying by `method`. */
export async function toReview(page, { email, method, address = someone }) {
  await page.goto('/checkout')
  const contact = page.getByRole('main').getByLabel(label.email).first()
  if ((await contact.count()) && (await contact.isEditable())) await contact.fill(email)
  await fill(page, address)
  await next(page)
  await page.waitForURL('**/checkout/shipping')
  await page.getByRole('radio').first().check()
  await next(page)
  await page.waitForURL('**/checkout/payment')
  await page.getByRole('radio', { name: method }).check()
  await next(page)
  await page.waitForURL('**/checkout/review')
}

/** Places the order and returns its number from the page of thanks. */
export async function place(page) {
  await button(page, text.place).click()
  return placed(page)
}

export async function placed(page) {
  await page.waitForURL(/\/orders\/[^/?]+/, { timeout: 30_000 })
  await page.getByText(text.thanks).first().waitFor()
  return decodeURIComponent(new URL(page.url()).pathname.split('/').at(-1))
}

/** On the page of the Stripe double: pays with a card number. */
export async function payWith(page, number) {
  await page.getByLabel(double.number).fill(number)
  await button(page, double.pay).click()
}

/** Buys one thing by bank transfer; returns the number of the order. */
export async function buy(page, email) {
  await fillCart(page)
  await toReview(page, { email, method: text.bank })
  return place(page)
}

/** Signs in at the shop or, with `/admin/sign-in`, at the back office. */
export async function signIn(page, { email, password }, at = '/account/sign-in') {
  await page.goto(at)
  await fill(page, { email, password })
  await page.getByRole('main').getByRole('button', { name: text.signIn }).click()
  await page.waitForURL((url) => !url.pathname.endsWith('/sign-in'))
}

/** The numbers of all orders in the back office that belong to `email`. */
export async function ordersOf(page, email) {
  await page.goto(`/admin/orders?q=${encodeURIComponent(email)}`)
  const links = await page.getByRole('main').locator('a[href*="/admin/orders/"]').evaluateAll((all) => all.map((a) => new URL(a.href).pathname))
  return [...new Set(links)]
}
