"""Runs pyRESTcw against the simulator: all functions of its README and its folders.

The client gives back responses without a look at their status, so the program checks it. It sends paths that end in `/`.
"""

import contextlib
import io

import connectwise

from steps import CLIENT_ID, COMPANY, HOST, PRIVATE_KEY, PUBLIC_KEY, expect, finish, known_failure, step

client = connectwise.Client(
    HOST, company_identifier=COMPANY, public_key=PUBLIC_KEY, private_key=PRIVATE_KEY, client_id=CLIENT_ID
)
made = {}


def quietly(function, *arguments, **options):
    """The client prints the URL of every request."""
    with contextlib.redirect_stdout(io.StringIO()):
        return function(client, *arguments, **options)


def records(function, *arguments, status=200, **options):
    response = quietly(function, *arguments, **options)
    expect(response.status_code == status, f"status {status}, got {response.status_code} {response.text[:300]}")
    return response.json()


def companies():
    found = records(client.company.companies.get)
    expect(len(found) == 25, f"25 companies on the first page, got {len(found)}")
    made["company"] = next(one for one in found if one["status"]["name"] == "Active")
    by_identifier = records(client.company.companies.get, company_identifier=made["company"]["identifier"])
    expect([one["id"] for one in by_identifier] == [made["company"]["id"]], "the company by its identifier")
    counted = records(client.company.companies.count, company_identifier=made["company"]["identifier"])
    expect(counted["count"] == 1, "one company")
    return made["company"]["name"]


def contacts():
    """The query has a flag written as Python writes it: inactiveFlag=False."""
    found = records(client.company.contacts.get, company_identifier=made["company"]["identifier"])
    expect(found and all(one["inactiveFlag"] is False for one in found), "active contacts of the company")
    made["contact"] = found[0]
    by_name = records(
        client.company.contacts.get,
        first_name=found[0]["firstName"],
        last_name=found[0]["lastName"],
        company_identifier=made["company"]["identifier"],
    )
    expect(found[0]["id"] in [one["id"] for one in by_name], "the contact by name")
    return f"{len(found)} contacts"


def configurations():
    """By default, the client asks for the status `active`: texts are compared without case."""
    found = records(client.company.configurations.get)
    expect(found and all(one["status"]["name"] == "Active" for one in found), "active configurations")
    patched = records(
        client.company.configurations.update,
        found[0]["id"],
        [{"op": "replace", "path": "/name", "value": "From pyRESTcw"}],
    )
    expect(patched["name"] == "From pyRESTcw", "the new name, although the path begins with /")
    return f"{len(found)} configurations"


def boards():
    found = records(client.service.boards.get)
    expect(found, "boards")
    made["board"] = records(client.service.boards.get, board_name=found[0]["name"])[0]
    statuses = records(client.service.boardstatuses.get, made["board"]["id"])
    expect(statuses, "statuses of the board")
    expect(records(client.service.priorities.get), "priorities")
    return f"{len(found)} boards, {len(statuses)} statuses"


def create():
    ticket = records(
        client.service.tickets.create,
        "From pyRESTcw",
        made["company"]["identifier"],
        contact_name=f"{made['contact']['firstName']} {made['contact']['lastName']}",
        initial_description="Printer offline",
        status=201,
    )
    made["ticket"] = ticket
    expect(ticket["company"]["id"] == made["company"]["id"], "the company by its identifier")
    expect(ticket["contact"]["id"] == made["contact"]["id"], "the contact")
    notes = records(client.service.notes.get_all, ticket["id"])
    expect([note["text"] for note in notes] == ["Printer offline"], f"the description as the first note, got {notes}")
    return f"ticket {ticket['id']}"


def tickets():
    found = records(client.service.tickets.get, summary="From pyRESTcw", company_identifier=made["company"]["identifier"])
    expect(made["ticket"]["id"] in [one["id"] for one in found], "the ticket by its summary")
    return f"{len(found)} tickets"


def status():
    board = made["ticket"]["board"]["id"]
    statuses = records(client.service.boardstatuses.get, board)
    target = next(one for one in statuses if one["id"] != made["ticket"]["status"]["id"] and not one["closedStatus"])
    changed = records(client.service.tickets.update_status, made["ticket"]["id"], target["id"])
    expect(changed["status"]["id"] == target["id"], "the new status")
    return target["name"]


def board():
    """The patch moves the ticket to a board: status by name, type, subtype and item removed, board by id."""
    others = [
        one
        for one in records(client.service.boards.get)
        if one["id"] != made["ticket"]["board"]["id"]
        and not one["projectFlag"]
        and any(status["name"].startswith("New") for status in records(client.service.boardstatuses.get, one["id"]))
    ]
    expect(others, "another board")
    names = {status["name"] for status in records(client.service.boardstatuses.get, others[0]["id"])}
    if "New" not in names:
        return f"not tried: board {others[0]['name']} has no status New"
    changed = records(client.service.tickets.update_board, made["ticket"]["id"], others[0]["id"])
    expect(changed["board"]["id"] == others[0]["id"] and changed["status"]["name"] == "New", "board and status")
    return others[0]["name"]


def notes():
    """The client sends a member and a contact without values, which mean nothing."""
    note = records(
        client.service.notes.create, made["ticket"]["id"], text="A note", internal_analysis_flag=True, status=201
    )
    expect(note["internalAnalysisFlag"] is True and note["detailDescriptionFlag"] is False, "all flags")
    changed = records(client.service.notes.update, made["ticket"]["id"], note["id"], text="A note, updated")
    expect(changed["text"] == "A note, updated", "the new text")
    one = records(client.service.notes.get, made["ticket"]["id"], note["id"])
    expect(one["text"] == "A note, updated", "the note by its id")
    found = records(client.service.notes.get_all, made["ticket"]["id"], internal_analysis_flag=True)
    expect([one["id"] for one in found] == [note["id"]], "the internal note")
    return f"note {note['id']}"


def note_without_place():
    response = quietly(client.service.notes.create, made["ticket"]["id"], text="A note")
    expect(response.status_code == 400, f"status 400, got {response.status_code}")
    expect("Please choose where to display the notes" in response.text, f"the server's message, got {response.text}")
    return response.json()["message"]


def time_entries():
    found = records(client.time.entries.get, charge_to_type="ServiceTicket", billable_option_text="Billable")
    expect(found and all(one["billableOption"] == "Billable" for one in found), "billable time entries")
    flagged = records(client.time.entries.get, added_to_note_resolution=False, emailed_cc=False)
    expect(flagged and all(one["addToResolutionFlag"] is False for one in flagged), "entries by their flags")
    return f"{len(found)} time entries"


step("companies", companies)
step("contacts", contacts)
step("configurations", configurations)
step("boards", boards)
step("create a ticket", create)
step("tickets", tickets)
step("status of a ticket", status)
step("board of a ticket", board)
step("notes", notes)
step("note without a place", note_without_place)
step("time entries", time_entries)
finish()
