// A customer: registers, follows the link of the mail, buys, looks at the order, cancels it.
import assert from 'node:assert/strict'
import { look, sizes, visit } from './support/browser.mjs'
import { journeys } from './support/journeys.mjs'
import { button, buy, fill, fillCart, main, press, register, signIn, someProduct } from './support/steps.mjs'
import { label, text } from './support/texts.mjs'

const ann = { email: 'ann@customer.test', password: 'a long walk to the kiln', name: 'Ann Taylor' }

journeys('a customer', (journey, the) => {
  journey('registers, buys, sees the order and cancels it', {}, async (page) => {
    await register(page, the.shop, ann)
    await page.goto('/account')
    await press(page, button(page, text.signOut))
    await page.goto('/account')
    await signIn(page, ann)
    const number = await buy(page, ann.email)
    await page.goto('/account/orders')
    await press(page, main(page).getByRole('link', { name: number }))
    await page.getByRole('heading', { name: number }).first().waitFor()
    await main(page).getByText(text.cancelOrder).click()
    await press(page, button(page, text.cancelConfirm))
    await main(page).getByText(text.cancelled).waitFor()
    await page.goto(page.url())
    assert.equal(await main(page).getByText(text.cancelOrder).count(), 0, 'an order is cancelled once')
    for (const size of Object.values(sizes)) {
      await page.setViewportSize(size)
      await look(page, 'account-order-cancelled')
      for (const part of ['', '/orders', '/addresses', '/addresses/new', '/profile', '/preferences']) {
        await page.goto(`/account${part}`)
        await look(page, `account${part.replaceAll('/', '-')}`)
      }
      await page.goto(`/account/orders/${number}`)
    }
  })

  journey('is asked to sign in for the orders', {}, async (page) => {
    for (const path of ['/account', '/account/orders', '/account/addresses', '/account/profile']) {
      await page.goto(path)
      assert.equal(new URL(page.url()).pathname, '/account/sign-in', path)
    }
  })

  journey('keeps what the guest had in the cart on signing in', { script: false }, async (page) => {
    const person = { ...ann, email: 'merge@customer.test' }
    await visit(the.browser, the.shop.url, {}, (other) => register(other, the.shop, person))
    await fillCart(page)
    const inCart = () => main(page).locator('.cart-line h3').allInnerTexts()
    const before = await inCart()
    await signIn(page, person)
    await page.goto('/cart')
    assert.equal(await page.getByLabel(label.quantity).count(), 1)
    assert.deepEqual(await inCart(), before)
  })

  journey('keeps a wish from before signing in until it is taken off', {}, async (page) => {
    const person = { ...ann, email: 'wish@customer.test' }
    await visit(the.browser, the.shop.url, {}, (other) => register(other, the.shop, person))
    const product = await someProduct(page)
    await look(page, 'product-wish-list')
    await press(page, button(page, text.wish))
    await page.getByText(text.wishSignIn).first().waitFor()
    await fill(page, { email: person.email, password: person.password })
    await press(page, button(page, text.signIn))
    await page.getByRole('heading', { name: text.wishAsked }).waitFor()
    await look(page, 'account-wish-list-asked')
    await press(page, button(page, text.wish))
    for (const size of Object.values(sizes)) {
      await page.setViewportSize(size)
      await page.goto('/account/wish-list')
      await look(page, 'account-wish-list')
    }
    await page.goto('/zh/account/wish-list')
    await look(page, 'account-wish-list-zh')
    await page.goto(product)
    await press(page, button(page, text.wishOff))
    await button(page, text.wish).waitFor()
    await page.goto('/account/wish-list')
    assert.equal(await main(page).locator('.card').count(), 0)
    await look(page, 'account-wish-list-empty')
  })

  journey('with a wrong password is told so, and the address is kept', { script: false }, async (page) => {
    await page.goto('/account/sign-in')
    await fill(page, { email: 'nobody@customer.test', password: 'wrong' })
    await press(page, button(page, text.signIn))
    await page.getByRole('alert').first().waitFor()
    assert.equal(await main(page).getByLabel(label.email).first().inputValue(), 'nobody@customer.test')
    assert.equal(await main(page).getByLabel(label.password).first().inputValue(), '', 'the password is not')
  })
})
