// Somebody sets up the second factor with the secret the page shows, and signs in with it; every page on the way is looked at.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { look, lookTwice, visit } from './support/browser.mjs'
import { journeys } from './support/journeys.mjs'
import { linkIn, mailTo } from './support/mail.mjs'
import { staff } from './support/shop.mjs'
import { button, fill, main, press, signIn } from './support/steps.mjs'
import { text } from './support/texts.mjs'

const say = text.access

/** The six digits of RFC 6238 for a secret in base32, now. */
function code(secret) {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)))
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)))
  const digest = createHmac('sha1', key).update(step).digest()
  const word = digest.readUInt32BE(digest[19] & 15) & 0x7fffffff
  return String(word % 1_000_000).padStart(6, '0')
}

journeys('the way into the back office', (journey, the) => {
  journey('is opened by password and code', {}, async (page) => {
    await signIn(page, staff, '/admin/sign-in')
    await page.goto('/admin/account')
    await lookTwice(page, 'admin-account')
    await press(page, main(page).getByRole('link', { name: say.setUp }))
    await lookTwice(page, 'admin-second-factor-begin')
    await press(page, button(page, say.setUp))
    await lookTwice(page, 'admin-second-factor-scan')
    const picture = main(page).getByRole('img')
    assert.ok(await picture.evaluate((image) => image.complete && image.naturalWidth >= 200), 'the QR code is drawn')
    const secret = (await main(page).locator('code.secret').innerText()).replaceAll(' ', '')
    const first = code(secret)
    await main(page).getByLabel(say.code).fill(first)
    await press(page, button(page, say.turnOn))
    assert.equal(await main(page).locator('.spares li').count(), 10)
    await lookTwice(page, 'admin-recovery-codes')
    const spare = await main(page).locator('.spares code').first().innerText()
    await page.goto('/admin/account/second-factor')
    await lookTwice(page, 'admin-second-factor-on')

    await visit(the.browser, the.shop.url, {}, async (phone) => {
      await signIn(phone, staff, '/admin/sign-in')
      assert.equal(new URL(phone.url()).pathname, '/admin/sign-in/code')
      await lookTwice(phone, 'admin-sign-in-code')
      await main(phone).getByLabel(say.code).fill('000000')
      await press(phone, button(phone, text.signIn))
      await phone.getByRole('alert').first().waitFor()
      await lookTwice(phone, 'admin-sign-in-code-wrong')
      await phone.goto('/admin/orders')
      assert.equal(new URL(phone.url()).pathname, '/admin/sign-in', 'half a sign-in opens nothing')
      await phone.goto('/admin/sign-in/code')
      // A code is taken once, so this waits for the next one.
      while (code(secret) === first) await sleep(500)
      await main(phone).getByLabel(say.code).fill(code(secret))
      await press(phone, button(phone, text.signIn))
      assert.equal(new URL(phone.url()).pathname, '/admin')
    })

    await visit(the.browser, the.shop.url, { script: false }, async (other) => {
      await signIn(other, staff, '/admin/sign-in')
      await main(other).getByLabel(say.code).fill(spare)
      await press(other, button(other, text.signIn))
      assert.equal(new URL(other.url()).pathname, '/admin')
    })

    for (const path of ['/admin/account', '/admin/staff', '/admin/staff/1', '/admin/staff/roles', '/admin/staff/roles/1', '/admin/staff/roles/new', '/admin/audit', '/zh/admin/staff', '/zh/admin/audit', '/zh/admin/account']) {
      await page.goto(path)
      await lookTwice(page, path.slice(1).replaceAll('/', '-'))
    }
    await page.goto('/admin/staff')
    await fill(page, { email: 'new@shop.test' })
    await main(page).getByLabel(say.role).selectOption({ label: 'Manager' })
    await press(page, button(page, say.invite))
    await main(page).getByText(say.invited).waitFor()
    await lookTwice(page, 'admin-staff-invited')

    const invitation = linkIn(await mailTo(the.shop, 'new@shop.test', /\/admin\/invitation/), '/admin/invitation')
    await visit(the.browser, the.shop.url, {}, async (guest) => {
      await guest.goto(invitation)
      await lookTwice(guest, 'admin-invitation')
      await press(guest, button(guest, say.join))
      await guest.getByRole('alert').first().waitFor()
      await lookTwice(guest, 'admin-invitation-mistakes')
      await fill(guest, { name: 'Li Na', password: staff.password })
      await press(guest, button(guest, say.join))
      assert.equal(new URL(guest.url()).pathname, '/admin')
      await guest.goto('/admin/staff/1')
      await lookTwice(guest, 'admin-staff-above')
      await guest.goto('/admin/api-keys')
      await look(guest, 'admin-not-for-managers')
      await guest.goto('/admin/settings')
      await main(guest).getByLabel(say.announcement).fill('Closed on Monday.')
      await press(guest, button(guest, say.save))
      await guest.goto(invitation)
      await look(guest, 'admin-invitation-over')
    })
    for (const path of ['/admin/staff/2', '/admin/staff', '/admin/audit', '/zh/admin/audit']) {
      await page.goto(path)
      await lookTwice(page, `${path.slice(1).replaceAll('/', '-')}-filled`)
    }
  })
})
