// Runs the published npm client connectwise-rest 1.3.0 against the simulator and prints the result of each step.
// Environment variables: SIM_HOST (host:port), SIM_COMPANY, SIM_PUBLIC_KEY, SIM_PRIVATE_KEY, and NODE_EXTRA_CA_CERTS
// with the simulator's CA.
const { ManageAPI } = require('connectwise-rest')

const psa = new ManageAPI({
  companyId: process.env.SIM_COMPANY,
  companyUrl: process.env.SIM_HOST,
  publicKey: process.env.SIM_PUBLIC_KEY,
  privateKey: process.env.SIM_PRIVATE_KEY,
  clientId: '00000000-0000-0000-0000-000000000000',
  logger: () => {},
})

let failures = 0
const step = async (name, action) => {
  try {
    console.log(`ok      ${name}: ${await action()}`)
  } catch (error) {
    failures += 1
    console.log(`FAILED  ${name}: ${error && (error.message || JSON.stringify(error))}`)
  }
}
const expect = (condition, expected) => {
  if (!condition) throw new Error(`expected ${expected}`)
}

const main = async () => {
  let id
  await step('list with conditions', async () => {
    const tickets = await psa.ServiceAPI.getServiceTickets({ conditions: 'closedFlag = false', pageSize: 5, orderBy: 'id desc' })
    expect(tickets.length === 5 && tickets.every((ticket) => ticket.closedFlag === false), 'five open tickets')
    return `${tickets.length} open tickets`
  })
  await step('create', async () => {
    const company = (await psa.CompanyAPI.getCompanyCompanies({ pageSize: 1 }))[0]
    const ticket = await psa.ServiceAPI.postServiceTickets({ summary: 'From Node', company: { id: company.id } })
    id = ticket.id
    expect(ticket.company.name === company.name, 'a completed reference')
    return `ticket ${id}`
  })
  await step('get', async () => (await psa.ServiceAPI.getServiceTicketsById(id)).summary)
  await step('patch', async () => {
    const patched = await psa.ServiceAPI.patchServiceTicketsById(id, [{ op: 'replace', path: 'summary', value: 'From Node, patched' }])
    expect(patched.summary === 'From Node, patched', 'the new summary')
    return patched.summary
  })
  await step('paginate', async () => {
    const contacts = await psa.paginate(psa.CompanyAPI.getCompanyContacts, { pageSize: 50 }, {})
    const counted = await psa.CompanyAPI.getCompanyContactsCount({})
    expect(contacts.length === counted.count, `${counted.count} contacts, got ${contacts.length}`)
    return `${contacts.length} contacts`
  })
  await step('count', async () => (await psa.ServiceAPI.getServiceTicketsCount({ conditions: 'closedFlag = false' })).count)
  await step('download', async () => {
    const invoice = (await psa.FinanceAPI.getFinanceInvoices({ pageSize: 1 }))[0]
    const pdf = await psa.FinanceAPI.getFinanceInvoicesByIdPdf(invoice.id)
    return `${typeof pdf}, starts with ${String(pdf).slice(0, 5)}`
  })
  await step('delete', async () => {
    await psa.ServiceAPI.deleteServiceTicketsById(id)
    const deleted = await psa.ServiceAPI.getServiceTicketsById(id).then(() => false, (error) => error.code === 'NotFound' || JSON.stringify(error).includes('not found'))
    expect(deleted, 'a not found error for the deleted ticket')
    return `ticket ${id}`
  })
  process.exit(failures === 0 ? 0 : 1)
}
main()
