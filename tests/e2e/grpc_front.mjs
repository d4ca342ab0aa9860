// What stands in front of a hosted Temporal, and what its metrics go to, for tests:
//   node grpc_front.mjs proxy ADDRESS CERT KEY CLIENT_CA API_KEY   TLS, client certificates and a bearer token before a plain server
//   node grpc_front.mjs gate ADDRESS FILE                          a plain server; as long as FILE is there, nobody may poll for tasks
//   node grpc_front.mjs collector FILE                             an OpenTelemetry collector that appends what it is sent to FILE
// Prints `listening on PORT`; ends on SIGTERM.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import http2 from 'node:http2'

const GRPC_OK = '0'
const GRPC_DENIED = '7'
const GRPC_UNAUTHENTICATED = '16'

function answerEmpty(stream, status) {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }))
}

function pass(backend, stream, headers) {
  const { ':scheme': _scheme, ':authority': _authority, authorization: _authorization, ...rest } = headers
  const call = backend.request(rest)
  call.on('response', (answer) => stream.respond(answer, { waitForTrailers: true }))
  let trailers = {}
  call.on('trailers', (received) => { trailers = received })
  stream.on('wantTrailers', () => stream.sendTrailers(trailers))
  call.on('error', () => stream.destroy())
  stream.on('close', () => call.close())
  stream.pipe(call)
  call.pipe(stream)
}

function refuse(stream, status) {
  answerEmpty(stream, status)
  stream.end()
}

function proxy(address, cert, key, clientCa, apiKey) {
  const backend = http2.connect(`http://${address}`)
  const server = http2.createSecureServer({
    cert: readFileSync(cert), key: readFileSync(key), ca: readFileSync(clientCa), requestCert: true, rejectUnauthorized: true,
  })
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {})
    if (headers.authorization !== `Bearer ${apiKey}`) refuse(stream, GRPC_UNAUTHENTICATED)
    else pass(backend, stream, headers)
  })
  return server
}

function gate(address, file) {
  const backend = http2.connect(`http://${address}`)
  const server = http2.createServer()
  const polls = new Set()
  const isShut = () => existsSync(file)
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {})
    const isPoll = /Poll\w+TaskQueue$/.test(headers[':path'])
    if (isPoll && isShut()) return refuse(stream, GRPC_DENIED)
    if (isPoll) {
      polls.add(stream)
      stream.on('close', () => polls.delete(stream))
    }
    pass(backend, stream, headers)
  })
  // Polls that wait already are broken off, and tried again by who sent them.
  setInterval(() => { if (isShut()) for (const poll of polls) poll.destroy() }, 100)
  return server
}

function collector(file) {
  const server = http2.createServer()
  server.on('stream', (stream) => {
    stream.on('data', (bytes) => appendFileSync(file, bytes))
    stream.on('end', () => {
      answerEmpty(stream, GRPC_OK)
      stream.end(Buffer.alloc(5)) // an empty message
    })
  })
  return server
}

const [mode, ...options] = process.argv.slice(2)
const server = { proxy, gate, collector }[mode](...options)
server.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`))
