// Signs as a wallet would: a line of JSON with a key and a text in, one with an address and a signature out.

import { createInterface } from 'node:readline'
import { Wallet } from 'ethers'

for await (const line of createInterface({ input: process.stdin })) {
  const { key, text } = JSON.parse(line)
  const wallet = new Wallet(key)
  console.log(JSON.stringify({ address: wallet.address, signature: await wallet.signMessage(text) }))
}
