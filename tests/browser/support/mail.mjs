// Reads the .eml files the shop leaves in its data folder.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

function decode(body, encoding) {
  if (/base64/i.test(encoding)) return Buffer.from(body, 'base64').toString('utf8')
  if (!/quoted-printable/i.test(encoding)) return body
  const bytes = body.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

/** The plain text of a message. */
export function plainText(eml) {
  for (const part of eml.split(/^--\S+$/m)) {
    const [head, ...body] = part.replace(/^\s+/, '').split(/\r?\n\r?\n/)
    if (/^content-type:\s*text\/plain/im.test(head)) {
      return decode(body.join('\n\n'), /^content-transfer-encoding:\s*(\S+)/im.exec(head)?.[1] ?? '')
    }
  }
  return ''
}

/** Waits for a mail to `address` whose text matches `pattern`; returns the text. */
export async function mailTo(shop, address, pattern) {
  let seen = []
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(200)) {
    const files = readdirSync(shop.dataDir, { recursive: true }).filter((name) => name.endsWith('.eml'))
    const mails = files.map((name) => readFileSync(join(shop.dataDir, name), 'utf8')).filter((eml) => {
      const to = /^to:(.*(?:\r?\n[ \t].*)*)/im.exec(eml)?.[1] ?? ''
      return to.toLowerCase().includes(address.toLowerCase())
    })
    seen = mails.map(plainText)
    const found = seen.find((text) => pattern.test(text))
    if (found) return found
  }
  assert.fail(`no mail to ${address} with ${pattern}; there were: ${JSON.stringify(seen)}`)
}

/** The path and query of the first link in a mail that leads to `part`. */
export function linkIn(text, part) {
  const link = (text.match(/https?:\/\/\S+/g) ?? []).find((url) => url.includes(part))
  assert.ok(link, `no link to ${part} in: ${text}`)
  const { pathname, search } = new URL(link)
  return pathname + search
}
