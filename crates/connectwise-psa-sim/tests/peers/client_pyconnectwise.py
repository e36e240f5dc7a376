"""Runs pyconnectwise against the simulator. It parses responses into pydantic models that were generated from an older
document, and none of them accepts a value that the document does not allow."""

from pyconnectwise import ConnectWiseManageAPIClient
from pyconnectwise.exceptions import MalformedRequestException, NotFoundException, ObjectExistsError
from pyconnectwise.utils.experimental.condition import Condition
from pyconnectwise.utils.experimental.patch_maker import Patch, PatchGroup

from steps import CLIENT_ID, COMPANY, HOST, PRIVATE_KEY, PUBLIC_KEY, expect, finish, known_failure, step

psa = ConnectWiseManageAPIClient(COMPANY, HOST, CLIENT_ID, PUBLIC_KEY, PRIVATE_KEY)
created = {}


def list_open():
    tickets = psa.service.tickets.get(params={"conditions": "closedFlag = false", "pageSize": 5, "orderBy": "id desc"})
    expect(len(tickets) == 5 and all(ticket.closed_flag is False for ticket in tickets), "five open tickets")
    return f"{len(tickets)} open tickets"


def list_boards():
    boards = psa.service.boards.get(params={"conditions": 'name contains "e"', "orderBy": "id desc"})
    expect(len(boards) > 0 and boards == sorted(boards, key=lambda board: -board.id), "boards in descending order")
    return f"{len(boards)} boards"


def create():
    company = psa.company.companies.get(params={"pageSize": 1})[0]
    ticket = psa.service.tickets.post(data={"summary": "From Python", "company": {"id": company.id}})
    created["id"] = ticket.id
    expect(ticket.company.name == company.name, "a completed reference")
    for name in ["board", "status", "priority", "closed_flag", "severity", "impact", "record_type", "bill_time"]:
        expect(getattr(ticket, name) is not None, f"a value of {name}")
    return f"ticket {ticket.id}"


def patch():
    ticket = psa.service.tickets.id(created["id"])
    patched = ticket.patch(data=[{"op": "replace", "path": "summary", "value": "From Python, patched"}])
    expect(patched.summary == "From Python, patched", "the new summary")
    group = PatchGroup(Patch(Patch.PatchOp.REPLACE, "budgetHours", 2.5))
    patched = ticket.patch(data=[vars(one) for one in group.patches])
    expect(patched.budget_hours == 2.5, "the new budget")
    return patched.summary


def paginate():
    contacts = list(psa.company.contacts.paginated(1, 50).all())
    counted = psa.company.contacts.count.get().count
    expect(len(contacts) == counted, f"{counted} contacts, got {len(contacts)}")
    pages = psa.company.contacts.paginated(1, 50)
    expect(pages.has_next_page and not pages.has_prev_page, "a next and no previous page, from the Link header")
    following = pages.get_next_page()
    expect(following.data[0].id not in [contact.id for contact in contacts[:50]], "other contacts on the next page")
    return f"{len(contacts)} contacts"


def conditions():
    text = str(Condition().field(lambda one: one.name).contains("e").and_(lambda one: one.id).greater_than(0))
    expect(text.strip(), "conditions")
    boards = psa.service.boards.get(params={"conditions": text})
    expect(all("e" in board.name.lower() for board in boards), "boards with an e")
    return text


def children():
    agreement = psa.finance.agreements.get(params={"conditions": "agreementStatus = 'Active'", "pageSize": 1})[0]
    additions = psa.finance.agreements.id(agreement.id).additions.get()
    sites = psa.company.companies.id(agreement.company.id).sites.get()
    expect(sites and all(site.name for site in sites), "sites of the company")
    return f"{len(additions)} additions, {len(sites)} sites"


def object_exists():
    identifier = psa.company.companies.get(params={"pageSize": 1})[0].identifier
    try:
        psa.company.companies.post(data={"name": "Again", "identifier": identifier, "site": {"name": "Main"}})
    except ObjectExistsError as error:
        expect("already" in str(error), f"the server's message, got {error}")
        return "ObjectExistsError"
    raise AssertionError("expected an ObjectExistsError")


def malformed():
    """The client reads the length of `errors`, so a null there would end in a TypeError."""
    rejections = [
        lambda: psa.service.tickets.get(params={"conditions": "noSuchField = 1"}),
        lambda: psa.service.tickets.get(params={"conditions": "closedFlag ="}),
        lambda: psa.service.tickets.id(created["id"]).patch(data=[{"op": "replace", "path": "noSuchField", "value": 1}]),
        lambda: psa.service.tickets.post(data={"summary": "Without a company"}),
        lambda: psa.service.tickets.get(params={"pageSize": 5000, "orderBy": "noSuchField"}),
    ]
    for rejection in rejections:
        try:
            rejection()
        except MalformedRequestException:
            continue
        raise AssertionError("expected a MalformedRequestException")
    return f"{len(rejections)} rejections"


def every_list():
    """The first page of every list that the client has at the first and second level of its sections."""
    wrong, lists = [], 0
    for section in ["company", "expense", "finance", "marketing", "procurement", "project", "sales", "schedule", "service", "system", "time"]:
        for name, endpoint in vars(getattr(psa, section)).items():
            if not hasattr(endpoint, "paginated") or (section, name) in KNOWN or (section, name) in NEEDS_QUERY:
                continue
            try:
                endpoint.get(params={"pageSize": 100})
                lists += 1
            except Exception as error:
                wrong.append(f"{section}.{name}: {type(error).__name__} {str(error)[:220]}")
    expect(not wrong, f"no errors, got {len(wrong)}: {wrong}")
    return f"{lists} lists"


# Lists that need a query.
NEEDS_QUERY = {("system", "documents"), ("system", "audittrail")}

# Lists whose models reject what live servers send. See known_failure below.
KNOWN = {("service", "tickets"), ("project", "tickets")}


def download():
    invoice = psa.finance.invoices.get(params={"pageSize": 1})[0]
    content = psa.finance.invoices.id(invoice.id).pdf.get()
    expect(content is not None, "a file")


def delete():
    psa.service.tickets.id(created["id"]).delete()
    try:
        psa.service.tickets.id(created["id"]).get()
    except NotFoundException as error:
        return f"ticket {created['id']}, then {type(error).__name__}"
    raise AssertionError("expected an error for the deleted ticket")


step("code base", lambda: psa.codebase)
step("list with conditions", list_boards)
known_failure(
    "list of tickets",
    list_open,
    "customFields",
    "its model has whole numbers, texts and flags as values of custom fields, so one decimal value fails the whole page",
)
step("create", create)
step("get", lambda: psa.service.tickets.id(created["id"]).get().summary)
step("patch", patch)
step("paginate", paginate)
step("conditions", conditions)
step("lists below records", children)
step("count", lambda: psa.service.tickets.count.get(params={"conditions": "closedFlag = false"}).count)
step("record that exists", object_exists)
step("rejections", malformed)
step("every list", every_list)
known_failure("download", download, "expected a file", "it throws the content away: its method for PDFs gives back None")
step("delete", delete)
finish()
