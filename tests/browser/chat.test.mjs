// A shopper and somebody of the staff talk while both have their pages open.
import assert from 'node:assert/strict'
import { lookTwice, visitor } from './support/browser.mjs'
import { journeys } from './support/journeys.mjs'
import { staff } from './support/shop.mjs'
import { button, main, press, signIn } from './support/steps.mjs'
import { label, text } from './support/texts.mjs'

const say = text.chat

journeys('chat', (journey, the) => {
  journey('lines appear on both pages, and what is typed stays', {}, async (page) => {
    const desk = await visitor(the.browser, the.shop.url)
    const agent = desk.page
    await signIn(agent, staff, '/admin/sign-in')
    await agent.goto('/admin/settings')
    await main(agent).getByLabel(say.offer).check()
    await press(agent, button(agent, say.save))
    await agent.goto('/admin/tickets')
    await agent.waitForResponse((answer) => answer.url().endsWith('/admin/tickets/here') && answer.ok())

    await page.goto('/')
    await page.getByRole('link', { name: say.title }).first().click()
    await main(page).getByText(say.live).waitFor()
    await lookTwice(page, 'chat-begin')
    await main(page).getByLabel(label.email).fill('ada@guest.test')
    await main(page).getByLabel(say.line).fill('Is the gaiwan safe in a dishwasher?')
    await press(page, button(page, say.send))
    await main(page).getByText('safe in a dishwasher').waitFor()
    await lookTwice(page, 'chat')

    await main(agent).getByText(say.wait).waitFor()
    await press(agent, main(agent).getByRole('link', { name: say.reload }))
    await lookTwice(agent, 'inbox-chat')
    await press(agent, main(agent).getByRole('region', { name: say.waiting }).getByRole('link').first())
    await main(agent).getByLabel(say.answerTo).fill('Better by hand.')
    await press(agent, button(agent, say.send))
    await main(agent).getByText(say.isSent).waitFor()
    await lookTwice(agent, 'ticket-chat')

    const log = page.getByRole('log')
    await log.getByText('Better by hand.').waitFor()
    await main(page).getByLabel(say.line).fill('And the lid?')
    await main(page).getByLabel(say.line).press('Enter')
    await log.getByText('And the lid?').waitFor()
    assert.equal(await main(page).getByLabel(say.line).inputValue(), '')
    // What is being typed when a line comes can be sent: it is about what the page shows.
    await main(agent).getByLabel(say.answerTo).fill('The lid too.')
    await main(agent).getByText('And the lid?').first().waitFor()
    await press(agent, button(agent, say.send))
    await main(agent).getByText(say.isSent).waitFor()
    await log.getByText('The lid too.').waitFor()
    assert.equal(await log.getByText('Better by hand.').count(), 1)
    await desk.close()
  })

  journey('it works without JavaScript', { script: false }, async (page) => {
    await page.goto('/zh/chat')
    await main(page).locator('textarea').fill('你好')
    await main(page).locator('input[type=email]').fill('bo@guest.test')
    await press(page, button(page, '发送'))
    await page.getByRole('log').getByText('你好').waitFor()
    await main(page).locator('textarea').fill('有人吗？')
    await press(page, button(page, '发送'))
    await page.getByRole('log').getByText('有人吗？').waitFor()
  })
})
