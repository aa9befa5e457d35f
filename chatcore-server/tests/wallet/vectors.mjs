// Prints `ethers.json`: signatures of ethers 6.17.0.
//
//     npm install ethers@6.17.0 && node vectors.mjs > ethers.json
//
// The keys are known to everybody and hold nothing.

import { Wallet } from 'ethers'

const texts = {
  'the welcome of a chat platform': 'WELCOME TO BASEDAGENT.IO PLATFORM',
  'letters of two bytes': 'grüß dich',
  'a family in one letter': '\u{1f469}\u200d\u{1f469}\u200d\u{1f466}',
  'a hundred lines': Array.from({ length: 100 }, (_, at) => `line ${at}`).join('\n'),
  'half a pair of surrogates, replaced': '\ufffd',
  'nothing': '',
}
const cases = []
for (const byte of ['46', '01', '7f', 'a5']) {
  const wallet = new Wallet(`0x${byte.repeat(32)}`)
  for (const [name, text] of Object.entries(texts)) {
    const signature = await wallet.signMessage(text)
    cases.push({ name: `${name}, signed by ${byte}`, text, address: wallet.address, signature, outcome: 'key' })
  }
}
console.log(JSON.stringify(cases, null, 2))
