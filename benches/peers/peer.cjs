// Measures Node's JSON and the npm client connectwise-rest: `node peer.cjs FOLDER_OF_THE_DATA_SET`. Reads a request per
// line (`decode TYPE`, `encode TYPE`, `list URL`) and prints a line of JSON for each, as the other programs of `benches` do.
const fs = require('fs')
const path = require('path')
const readline = require('readline')

const folder = process.argv[2]
const AT_LEAST = 0.2
const seconds = (start) => Number(process.hrtime.bigint() - start) / 1e9

// Returns the processor time of the thread that runs JavaScript, in seconds, and the time on the clock where the system
// does not report it. `process.cpuUsage` would add the threads of the garbage collector, which work at the same time.
const processorTime = () => {
  try {
    return Number(fs.readFileSync('/proc/self/schedstat', 'utf8').split(' ')[0]) / 1e9
  } catch {
    return Number(process.hrtime.bigint()) / 1e9
  }
}

// Returns the mean processor time of one run, without the first one. Short runs are repeated; the system updates the time
// every few milliseconds.
const repeat = (run) => {
  run()
  const start = processorTime()
  let runs = 0
  let records
  let time
  do {
    records = run()
    runs += 1
    time = processorTime() - start
  } while (time < AT_LEAST)
  return { value: time / runs, records }
}

const page = (type) => fs.readFileSync(path.join(folder, `${type}.json`))

// Node's clients decode the bytes of a response as UTF-8, and then parse the text.
const decode = (type) => {
  const bytes = page(type)
  return repeat(() => JSON.parse(bytes.toString('utf8')).length)
}

const encode = (type) => {
  const records = JSON.parse(page(type).toString('utf8'))
  return repeat(() => (Buffer.from(JSON.stringify(records), 'utf8').length > 0 ? records.length : 0))
}

const list = async (url) => {
  const { ManageAPI } = require('connectwise-rest')
  const start = process.hrtime.bigint()
  const psa = new ManageAPI({
    companyId: 'acme',
    companyUrl: 'localhost',
    publicKey: 'public',
    privateKey: 'private',
    clientId: 'bench',
    logger: () => {},
  })
  // The client always uses https. The other clients are measured without TLS.
  psa.ServiceAPI.instance.defaults.baseURL = `${url}/v4_6_release/apis/3.0`
  const tickets = await psa.ServiceAPI.paginate(psa.ServiceAPI.getServiceTickets, { pageSize: 1000 }, {})
  return { value: seconds(start), records: tickets.length }
}

const measure = (request) => {
  const [what, argument] = request.split(' ')
  if (what === 'decode') return decode(argument)
  if (what === 'encode') return encode(argument)
  if (what === 'list') return list(argument)
  throw new Error(`unknown request \`${request}\``)
}

const main = async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    let outcome
    try {
      outcome = await measure(line.trim())
    } catch (error) {
      outcome = { error: String((error && error.message) || JSON.stringify(error)).split('\n')[0] }
    }
    process.stdout.write(`${JSON.stringify(outcome)}\n`)
  }
}

main()
