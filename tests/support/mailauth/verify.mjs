// Verifies the DKIM signatures of a message with mailauth: verify.mjs FILE RECORDS, where RECORDS is a file of JSON such as
// {"selector._domainkey.example.com": "v=DKIM1; p=..."}. Prints one JSON line per signature.
import { readFileSync } from 'node:fs'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'

const [file, records] = process.argv.slice(2)
const known = JSON.parse(readFileSync(records, 'utf8'))

const resolver = async (name, type) => {
  const text = type === 'TXT' ? known[name] : undefined
  if (text !== undefined) return [[text]]
  throw Object.assign(new Error(`no ${type} at ${name}`), { code: 'ENOTFOUND' })
}

const { results } = await dkimVerify(readFileSync(file), { resolver })
for (const one of results) {
  const headers = (one.signingHeaders?.keys ?? '').split(':').map((name) => name.trim().toLowerCase())
  console.log(JSON.stringify({ result: one.status.result, selector: one.selector, algorithm: one.algo, headers, comment: one.status.comment }))
}
