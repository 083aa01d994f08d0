// A shopper asks: an order is cancelled at once, and a question is answered by staff who see the whole customer.
import assert from 'node:assert/strict'
import { lookTwice } from './support/browser.mjs'
import { journeys } from './support/journeys.mjs'
import { linkIn, mailTo } from './support/mail.mjs'
import { staff } from './support/shop.mjs'
import { button, buy, main, press, signIn } from './support/steps.mjs'
import { label, text } from './support/texts.mjs'

const say = text.tickets

journeys('after the sale', (journey, the) => {
  const ask = async (page, email, subject) => {
    await page.goto('/contact')
    await page.getByLabel(label.name).fill('Ada Reed')
    await page.getByLabel(label.email).fill(email)
    await page.getByLabel(say.subject).fill(subject)
    await page.getByLabel(say.message).fill('Is the white gaiwan safe in a dishwasher?\n\nIt was a present.')
    await press(page, button(page, say.send))
    // Where articles may answer it they are shown first.
    if (await page.getByText(say.stillOpen).isVisible()) await press(page, button(page, say.send))
    await page.getByText(say.asked).waitFor()
    return linkIn(await mailTo(the.shop, email, /We have your request/), '/requests/')
  }

  journey('an order is cancelled from its help, without JavaScript, and the help is rated', { script: false }, async (page) => {
    const number = await buy(page, 'mind@guest.test')
    await press(page, main(page).getByRole('link', { name: say.help }))
    await main(page).getByLabel(say.cancel).check()
    await press(page, button(page, say.possible))
    await press(page, button(page, say.cancelNow))
    await main(page).getByText(say.settled).waitFor()
    await main(page).getByText(`Order ${number} was cancelled.`).waitFor()
    await main(page).getByLabel(say.best).check()
    await press(page, button(page, say.rate))
    await page.getByText(say.rated).waitFor()
  })

  journey('every page of it can be used by everybody, at both widths', {}, async (page) => {
    await buy(page, 'looks@guest.test')
    await press(page, main(page).getByRole('link', { name: say.help }))
    await lookTwice(page, 'help')
    await main(page).getByLabel(say.cancel).check()
    await press(page, button(page, say.possible))
    await lookTwice(page, 'help-answer')
    await page.goto('/zh/contact')
    await lookTwice(page, 'contact-zh')
    await page.goto(await ask(page, 'looks@guest.test', 'Dishwasher'))
    await lookTwice(page, 'request')
    await signIn(page, staff, '/admin/sign-in')
    for (const [path, name] of [['/admin/tickets', 'inbox'], ['/admin/tickets/new', 'ticket-new'], ['/admin/service', 'service']]) {
      await page.goto(path)
      await lookTwice(page, name)
    }
  })

  journey('a question is answered, the answer read and replied to', {}, async (page) => {
    const link = await ask(page, 'ada@guest.test', 'Gaiwan')
    await signIn(page, staff, '/admin/sign-in')
    await page.goto('/admin/tickets')
    await press(page, main(page).locator('tr', { hasText: 'Gaiwan' }).getByRole('link').first())
    const ticket = page.url()
    await lookTwice(page, 'ticket')
    await main(page).getByRole('textbox', { name: say.note }).fill('She bought it in spring.')
    await press(page, button(page, say.keepNote))
    await main(page).getByText('She bought it in spring.').first().waitFor()
    await main(page).getByLabel(say.answerTo).fill('Better by hand: the glaze stays bright.')
    await main(page).getByLabel(say.cameOf).first().selectOption({ label: say.answered })
    await press(page, main(page).getByRole('region', { name: say.answer }).getByRole('button', { name: say.send }))
    await main(page).getByText(say.isSent).waitFor()
    const mail = await mailTo(the.shop, 'ada@guest.test', /the glaze stays bright/)
    assert.doesNotMatch(mail, /bought it in spring/, 'a note never leaves')
    await page.context().clearCookies()
    await page.goto(link)
    await main(page).getByText('the glaze stays bright').waitFor()
    assert.equal(await main(page).getByText('bought it in spring').count(), 0)
    await main(page).getByLabel(say.reopen).fill('And the lid?')
    await press(page, button(page, say.send))
    await main(page).getByText('And the lid?').waitFor()
    await main(page).getByText(say.seenTo).waitFor()
    await signIn(page, staff, '/admin/sign-in')
    await page.goto(ticket)
    await main(page).getByText('And the lid?').first().waitFor()
  })
})
