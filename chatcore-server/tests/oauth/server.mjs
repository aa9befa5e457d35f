// A provider from npm, on a port of the system's choice; prints where, and ends with its input.

import { OAuth2Server } from 'oauth2-mock-server'

const server = new OAuth2Server()
await server.issuer.keys.generate(process.argv[2])
server.service.on('beforeTokenSigning', (token) => {
  if (token.payload.nonce) {
    Object.assign(token.payload, { email: 'john@example.org', email_verified: true, name: 'John' })
  }
})
await server.start(0, '127.0.0.1')
console.log(JSON.stringify({ issuer: server.issuer.url }))
process.stdin.resume()
process.stdin.on('end', () => process.exit(0))
