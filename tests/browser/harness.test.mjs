// The harness itself: a check that never fails proves nothing about the shop.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { axe, look, openBrowser, visit, visitor } from './support/browser.mjs'
import { linkIn, plainText } from './support/mail.mjs'

const page = (body) => `<!doctype html><html lang="en"><title>A page</title><main><h1>Page</h1>${body}</main></html>`
const pages = {
  '/good': page('<label>Email <input type="email"></label> <button>Send</button> 茶壶'),
  '/bad': page('<img src="data:," width="10" height="10"><input>'),
  '/broad': page('<div style="width: 3000px">broad</div>'),
  '/script': page('<script>document.querySelector("h1").textContent = "Changed"</script>'),
}

describe('the harness', () => {
  let server, browser, url
  before(async () => {
    server = createServer((request, answer) => {
      answer.setHeader('content-type', 'text/html; charset=utf-8')
      if (request.url === '/script') answer.setHeader('content-security-policy', "script-src 'self'")
      answer.end(pages[request.url] ?? '')
    })
    await new Promise((done) => server.listen(0, '127.0.0.1', done))
    url = `http://127.0.0.1:${server.address().port}`
    browser = await openBrowser()
  })
  after(async () => {
    await browser?.close()
    server.close()
  })

  for (const size of ['wide', 'narrow']) {
    test(`passes a sound page (${size})`, () => visit(browser, url, { size }, async (page) => {
      await page.goto('/good')
      await look(page, 'harness')
    }))
  }

  test('names what axe finds', () => visit(browser, url, {}, async (page) => {
    await page.goto('/bad')
    await assert.rejects(axe(page), /image-alt \(critical\)[\s\S]*label \(critical\)/)
  }))

  test('sees a page that scrolls sideways', () => visit(browser, url, { size: 'narrow' }, async (page) => {
    await page.goto('/broad')
    await assert.rejects(look(page, 'harness-broad'), /px wider/)
  }))

  test('reports what the content security policy stopped', async () => {
    const guest = await visitor(browser, url)
    await guest.page.goto('/script')
    await assert.rejects(guest.close(), /content security policy/i)
  })

  test('reads the text of a mail', () => {
    const eml = 'To: a@b.test\r\nContent-Type: multipart/alternative; boundary="x"\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n' +
      'Content-Transfer-Encoding: quoted-printable\r\n\r\nSee http://shop.test/account/verify?to=\r\nken=3Dabc =E8=8C=B6\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>\r\n--x--\r\n'
    assert.match(plainText(eml), /token=abc 茶/)
    assert.equal(linkIn(plainText(eml), '/verify'), '/account/verify?token=abc')
  })
})
