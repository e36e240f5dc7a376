// Runs the published npm client connectwise-rest against the simulator and prints the result of each step.
// Environment variables: SIM_HOST (host:port), SIM_COMPANY, SIM_PUBLIC_KEY, SIM_PRIVATE_KEY, and NODE_EXTRA_CA_CERTS
// with the simulator's CA.
const http = require('http')
const https = require('https')
const { ManageAPI, utils } = require('connectwise-rest')

const psa = new ManageAPI({
  companyId: process.env.SIM_COMPANY,
  companyUrl: process.env.SIM_HOST,
  publicKey: process.env.SIM_PUBLIC_KEY,
  privateKey: process.env.SIM_PRIVATE_KEY,
  clientId: '00000000-0000-0000-0000-000000000000',
  logger: () => {},
})

const counted = { passed: 0, failed: 0, client: 0 }
const text = (error) => (error && (error.message || JSON.stringify(error))) || String(error)
const step = async (name, action) => {
  try {
    console.log(`ok      ${name}: ${await action()}`)
    counted.passed += 1
  } catch (error) {
    counted.failed += 1
    console.log(`FAILED  ${name}: ${text(error).slice(0, 500)}`)
  }
}
// Runs a step that fails because of an error in the client. The step fails if the error has another text, and if there
// is no error.
const knownFailure = async (name, action, contains, why) => {
  const outcome = await Promise.resolve().then(action).then((result) => `no error, ${result}`, text)
  if (outcome.includes(contains)) {
    counted.client += 1
    console.log(`client  ${name}: ${why}`)
  } else {
    counted.failed += 1
    console.log(`FAILED  ${name}: expected an error with ${contains}, got ${outcome.slice(0, 500)}`)
  }
}
const expect = (condition, expected) => {
  if (!condition) throw new Error(`expected ${expected}`)
}

// A receiver of callbacks: keeps the raw bodies and the signatures.
const receiver = async () => {
  const received = []
  const server = http.createServer((request, response) => {
    const parts = []
    request.on('data', (part) => parts.push(part))
    request.on('end', () => {
      received.push({ url: request.url, headers: request.headers, body: Buffer.concat(parts).toString('utf8') })
      response.end()
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { received, server, address: `http://127.0.0.1:${server.address().port}` }
}
const eventually = async (condition, expected) => {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`expected ${expected} within 10 seconds`)
}
const getJson = (url) =>
  new Promise((resolve, reject) => {
    https
      .get(url, (response) => {
        let body = ''
        response.on('data', (part) => (body += part))
        response.on('end', () => resolve(JSON.parse(body)))
      })
      .on('error', reject)
  })

const main = async () => {
  let id
  let company
  await step('list with conditions', async () => {
    const tickets = await psa.ServiceAPI.getServiceTickets({ conditions: 'closedFlag = false', pageSize: 5, orderBy: 'id desc' })
    expect(tickets.length === 5 && tickets.every((ticket) => ticket.closedFlag === false), 'five open tickets')
    return `${tickets.length} open tickets`
  })
  await step('conditions of the README', async () => {
    const conditions = '(contact/name like "A%" and closedFlag = false) and dateEntered > [2015-12-23T05:53:27Z] or summary contains "e" AND  summary != "Some Summary"'
    return `${(await psa.ServiceAPI.getServiceTickets({ conditions, pageSize: 1000 })).length} tickets`
  })
  await step('create', async () => {
    company = (await psa.CompanyAPI.getCompanyCompanies({ pageSize: 1 }))[0]
    const board = (await psa.ServiceAPI.getServiceBoards({ conditions: 'projectFlag = false', pageSize: 1 }))[0]
    const ticket = await psa.ServiceAPI.postServiceTickets({
      summary: 'From Node',
      board: { name: board.name },
      company: { identifier: company.identifier },
      initialDescription: 'Printer offline',
      recordType: 'ServiceTicket',
    })
    id = ticket.id
    expect(ticket.company.name === company.name && ticket.board.id === board.id, 'references completed from name and identifier')
    const notes = await psa.ServiceAPI.getServiceTicketsByParentIdNotes(id)
    expect(notes.length === 1 && notes[0].text === 'Printer offline', `the description as the first note, got ${JSON.stringify(notes)}`)
    return `ticket ${id}`
  })
  await step('get', async () => (await psa.ServiceAPI.getServiceTicketsById(id)).summary)
  await step('patch', async () => {
    const ticket = await psa.ServiceAPI.getServiceTicketsById(id)
    const statuses = await psa.ServiceAPI.getServiceBoardsByParentIdStatuses(ticket.board.id)
    const status = statuses.find((one) => one.id !== ticket.status.id && !one.closedStatus)
    const patched = await psa.ServiceAPI.patchServiceTicketsById(id, [
      { op: 'replace', path: 'summary', value: 'From Node, patched' },
      { op: 'replace', path: 'status', value: { id: status.id } },
    ])
    expect(patched.summary === 'From Node, patched' && patched.status.name === status.name, 'the new summary and status')
    return patched.summary
  })
  await step('paginate', async () => {
    const contacts = await psa.paginate(psa.CompanyAPI.getCompanyContacts, { pageSize: 50 }, {})
    const countedContacts = await psa.CompanyAPI.getCompanyContactsCount({})
    expect(contacts.length === countedContacts.count, `${countedContacts.count} contacts, got ${contacts.length}`)
    return `${contacts.length} contacts`
  })
  await step('request without typings', async () => {
    const found = await psa.request({ path: '/time/workTypes', method: 'get', params: { fields: 'id,name' } })
    expect(found.length > 0 && found.every((type) => type.name), 'work types')
    return `${found.length} work types`
  })
  await step('count', async () => (await psa.ServiceAPI.getServiceTicketsCount({ conditions: 'closedFlag = false' })).count)
  await step('report', async () => {
    const report = await psa.SystemAPI.getSystemReportsByReportName('Service', { pageSize: 3 })
    const rows = utils.reportInterpolate(report)
    expect(rows.length > 0 && Object.keys(rows[0]).length === report.column_definitions.length, 'rows with a value of each column')
    return `${rows.length} rows of ${report.column_definitions.length} columns`
  })
  await step('rejected', async () => {
    const error = await psa.ServiceAPI.postServiceTickets({ summary: 'Without a company' }).then(() => undefined, (thrown) => thrown)
    expect(error && error.data && error.data.code === 'InvalidObject', `a rejection, got ${JSON.stringify(error)}`)
    expect(error.data.errors.some((one) => one.field.startsWith('company')), `the field company, got ${JSON.stringify(error.data)}`)
    return error.data.message
  })
  await step('download', async () => {
    const invoice = (await psa.FinanceAPI.getFinanceInvoices({ pageSize: 1 }))[0]
    const pdf = await psa.FinanceAPI.getFinanceInvoicesByIdPdf(invoice.id)
    expect(String(pdf).startsWith('%PDF-'), 'a PDF')
    return `${String(pdf).length} characters`
  })
  const hook = await receiver()
  await step('callback', async () => {
    const entry = await psa.SystemAPI.postSystemCallbacks({ url: `${hook.address}/hook?id=`, type: 'ticket', level: 'ticket', objectId: id })
    await psa.ServiceAPI.patchServiceTicketsById(id, [{ op: 'replace', path: 'summary', value: 'By callback é' }])
    await eventually(() => hook.received.length > 0, 'a delivery')
    const delivery = hook.received[0]
    expect(delivery.url === `/hook?id=${id}&action=updated`, `id and action in the URL, got ${delivery.url}`)
    const body = JSON.parse(delivery.body)
    expect(JSON.parse(body.Entity).summary === 'By callback é' && body.Metadata.key_url, 'the record and the URL of the key')
    // The key's URL names the server's public host. Here, it is the simulator.
    const key = await getJson(body.Metadata.key_url.replace(/^https:\/\/[^/]+/, `https://${process.env.SIM_HOST}`))
    const signature = delivery.headers['x-content-signature']
    expect(utils.Callback.verifyMessage(body, signature, key.signing_key), 'a valid signature')
    await psa.SystemAPI.deleteSystemCallbacksById(entry.id)
    return delivery.url
  })
  await knownFailure(
    'callback verified by the client',
    async () => {
      const key = http.createServer((request, response) => {
        response.setHeader('Content-Type', 'application/json')
        response.end('{"signing_key": "key"}')
      })
      await new Promise((resolve) => key.listen(0, '127.0.0.1', resolve))
      const body = { Metadata: { key_url: `http://127.0.0.1:${key.address().port}/` } }
      return utils.Callback.verifyCallback(body, 'signature').finally(() => key.close())
    },
    'not valid JSON',
    'it parses the key, which axios has parsed already, a second time'
  )
  hook.server.close()
  await step('delete', async () => {
    await psa.ServiceAPI.deleteServiceTicketsById(id)
    const deleted = await psa.ServiceAPI.getServiceTicketsById(id).then(() => false, (error) => error.data.code === 'NotFound')
    expect(deleted, 'a not found error for the deleted ticket')
    return `ticket ${id}`
  })
  console.log(`counts  ${counted.passed} passed, ${counted.failed} failed, ${counted.client} faults of the client`)
  process.exit(counted.failed === 0 ? 0 : 1)
}
main()
