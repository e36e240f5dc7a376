"""Runs django-connectwise against the simulator, as an application with SQLite does: full and incremental
synchronisation of everything it synchronises, writes through its synchronizers, and callbacks through its view.

Changes that somebody else makes on the server are made with plain requests.
"""

import datetime
import io
import logging
import os
import re
import socketserver
import sys
import threading
import time
import types
import wsgiref.simple_server

import requests

from steps import BASE, CLIENT_ID, COMPANY, FOLDER, PRIVATE_KEY, PUBLIC_KEY, SERVER, expect, finish, step

import django
from django.conf import settings
from django.urls import include, re_path, reverse

# Settings of the application, which the functions below change for some of the steps.
configuration = {
    "batch_size": 50,
    "timeout": 30.0,
    "max_attempts": 1,
    "company_exclude_status_ids": "9999",
    "callback_host": "",
    "callback_url": "",
}


class Receiver(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True


class Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *arguments):
        pass


class Records(logging.Handler):
    """Keeps the warnings and errors that django-connectwise logs instead of raising them."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.messages = []

    def emit(self, record):
        error = f" {record.exc_info[1]}" if record.exc_info else ""
        self.messages.append(record.getMessage() + error)

    def take(self):
        messages, self.messages = self.messages, []
        return messages


logged = Records()


def set_up():
    urls = types.ModuleType("peer_urls")
    sys.modules["peer_urls"] = urls
    # The README asks for django.contrib.postgres, which only PostgreSQL needs.
    settings.configure(
        SECRET_KEY="peer",
        ALLOWED_HOSTS=["*"],
        USE_TZ=True,
        TIME_ZONE="UTC",
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "djconnectwise"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": os.path.join(FOLDER, "django.sqlite3"),
                "OPTIONS": {"timeout": 60},
                # The client adds a new company's types before the company. Without a transaction, the database rejects it.
                "ATOMIC_REQUESTS": True,
            }
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        MEDIA_ROOT=os.path.join(FOLDER, "media"),
        ROOT_URLCONF="peer_urls",
        CONNECTWISE_SERVER_URL=SERVER,
        CONNECTWISE_CLIENTID=CLIENT_ID,
        CONNECTWISE_CREDENTIALS={
            "company_id": COMPANY,
            "api_public_key": PUBLIC_KEY,
            "api_private_key": PRIVATE_KEY,
        },
        CONNECTWISE_TICKET_PATH="v4_6_release/services/system_io/router/openrecord.rails",
        DJCONNECTWISE_CONF_CALLABLE=lambda: dict(configuration),
    )
    django.setup()
    urls.urlpatterns = [re_path(r"^callback/", include("djconnectwise.urls", namespace="connectwise"))]
    for name in ["djconnectwise", "django.request"]:
        logging.getLogger(name).addHandler(logged)
        logging.getLogger(name).propagate = False


if os.path.exists(os.path.join(FOLDER, "django.sqlite3")):
    os.remove(os.path.join(FOLDER, "django.sqlite3"))
set_up()

from django.core.management import CommandError, call_command
from django.core.wsgi import get_wsgi_application

from djconnectwise import api, callbacks, models, sync

server = requests.Session()
server.auth = (f"{COMPANY}+{PUBLIC_KEY}", PRIVATE_KEY)
server.headers["clientId"] = CLIENT_ID


def get(path, **query):
    response = server.get(BASE + path, params=query)
    expect(response.status_code == 200, f"status 200 for {path}, got {response.status_code} {response.text[:300]}")
    return response.json()


def post(path, body):
    logged.take()
    response = server.post(BASE + path, json=body)
    expect(response.status_code == 201, f"status 201 for {path}, got {response.status_code} {response.text[:300]}")
    return response.json()


def replace(path, **values):
    operations = [{"op": "replace", "path": name, "value": value} for name, value in values.items()]
    response = server.patch(BASE + path, json=operations)
    expect(response.status_code == 200, f"status 200 for {path}, got {response.status_code} {response.text[:300]}")
    return response.json()


def delete(path):
    response = server.delete(BASE + path)
    expect(response.status_code == 204, f"status 204 for {path}, got {response.status_code} {response.text[:300]}")


def first(path, **query):
    records = get(path, pageSize=1, **query)
    expect(records, f"a record of {path} {query}")
    return records[0]


SUMMARY = re.compile(r"^(.*) Sync Summary - Created: (\d+), Updated: (\d+), Skipped: (\d+)(?:, Deleted: (\d+))?$")


def synchronise(name=None, full=False):
    """Runs the management command. Returns created, updated, skipped and deleted for each type."""
    output, errors = io.StringIO(), io.StringIO()
    names = [name] if name else []
    try:
        call_command("cwsync", *names, full=full, stdout=output, stderr=errors)
    except CommandError as error:
        raise AssertionError(f"{error} {errors.getvalue()}") from error
    return {
        match[1]: tuple(int(number or 0) for number in match.groups()[1:])
        for match in map(SUMMARY.match, output.getvalue().splitlines())
        if match
    }


TYPES = 63


def first_synchronisation():
    counted = synchronise(full=True)
    expect(len(counted) == TYPES, f"{TYPES} types, got {len(counted)}")
    logged.take()  # References to types that are synchronised later are warned about in the first run.
    empty = [name for name, (created, *_) in counted.items() if created == 0]
    expect(not empty, f"records of every type, none of {empty}")
    return f"{sum(created for created, *_ in counted.values())} records of {len(counted)} types"


def notes_of_project_tickets():
    """The client reads them under /service/tickets."""
    ticket = stored(models.Ticket, record_type="ProjectTicket", closed_flag=False)
    note = post(f"/project/tickets/{ticket}/notes", {"text": "Of a project", "detailDescriptionFlag": True})
    expect(synchronise("service_note")["Service Note"][0] == 1, "the new note")
    expect(models.ServiceNote.objects.get(id=note["id"]).ticket_id == ticket, "the note of the project ticket")
    return f"note {note['id']}"


def of_inactive_contact(warning):
    match = re.match(r"Failed to find contact (\d+) for", warning)
    return bool(match) and get(f"/company/contacts/{match[1]}")["inactiveFlag"] is True


def second_synchronisation():
    """The second run completes references to types that are synchronised later. All references lead somewhere."""
    counted = synchronise(full=True)
    # The client stores active contacts only.
    warnings = sorted({text for text in logged.take() if not of_inactive_contact(text)})
    expect(not warnings, f"no warnings, got {len(warnings)}: {warnings[:5]}")
    deleted = {name: numbers for name, numbers in counted.items() if numbers[3]}
    expect(not deleted, f"nothing deleted, got {deleted}")
    return f"{sum(updated for _, updated, *_ in counted.values())} records updated"


def third_synchronisation():
    counted = synchronise(full=True)
    changed = {name: numbers for name, numbers in counted.items() if numbers[0] or numbers[1] or numbers[3]}
    expect(not changed, f"nothing changed, got {changed}")
    return f"{sum(skipped for _, _, skipped, _ in counted.values())} records unchanged"


# The lists whose records are all synchronised: the model, the path, and the conditions that the client uses.
WHOLE_LISTS = [
    (models.Member, "/system/members", None),
    (models.ConnectWiseBoard, "/service/boards", None),
    (models.TicketPriority, "/service/priorities", None),
    (models.Source, "/service/sources", None),
    (models.Location, "/service/locations", None),
    (models.Project, "/project/projects", "status/closedFlag = false"),
    (models.ProjectStatus, "/project/statuses", None),
    (models.ProjectType, "/project/projectTypes", None),
    (models.ProjectRole, "/project/securityRoles", None),
    (models.Territory, "/system/locations", None),
    (models.Department, "/system/departments", None),
    (models.StandardNote, "/system/standardNotes", None),
    (models.CompanyStatus, "/company/companies/statuses", None),
    (models.CompanyType, "/company/companies/types", None),
    (models.CompanyTeamRole, "/company/teamRoles", None),
    (models.CompanyNoteType, "/company/noteTypes", None),
    (models.Company, "/company/companies", "deletedFlag = false"),
    (models.Contact, "/company/contacts", "inactiveFlag = false"),
    (models.ContactType, "/company/contacts/types", None),
    (models.CommunicationType, "/company/communicationTypes", None),
    (models.ConfigurationStatus, "/company/configurations/statuses", None),
    (models.Opportunity, "/sales/opportunities", "status/closedFlag = false"),
    (models.OpportunityStatus, "/sales/opportunities/statuses", None),
    (models.OpportunityStage, "/sales/stages", None),
    (models.OpportunityType, "/sales/opportunities/types", None),
    (models.SalesProbability, "/sales/probabilities", None),
    (models.Activity, "/sales/activities", "status/closedFlag = false"),
    (models.ActivityStatus, "/sales/activities/statuses", None),
    (models.ActivityType, "/sales/activities/types", None),
    (models.Agreement, "/finance/agreements", None),
    (models.AgreementType, "/finance/agreements/types", None),
    (models.ScheduleType, "/schedule/types", None),
    (models.ScheduleStatus, "/schedule/statuses", None),
    (models.Calendar, "/schedule/calendars", None),
    (models.HolidayList, "/schedule/holidayLists", None),
    (models.WorkType, "/time/workTypes", None),
    (models.WorkRole, "/time/workRoles", None),
]

CLOSED_FLAG = "status/closedFlag = false"


def count(path, conditions):
    """Number of records. Lists whose references have no closedFlag are filtered by the ids of their open statuses."""
    if conditions == CLOSED_FLAG:
        parent = {"/project/projects": "/project/statuses"}.get(path, f"{path}/statuses")
        ids = ",".join(str(status["id"]) for status in get(parent, conditions="closedFlag = false"))
        conditions = f"status/id in ({ids})"
    return get(f"{path}/count", **({"conditions": conditions} if conditions else {}))["count"]


def whole_lists():
    different = {}
    for model, path, conditions in WHOLE_LISTS:
        stored, there = model.objects.count(), count(path, conditions)
        if stored != there:
            different[path] = f"{stored} stored, {there} on the server"
    service = models.Ticket.objects.filter(record_type="ServiceTicket").count()
    open_tickets = count("/service/tickets", 'closedFlag = false and recordType = "ServiceTicket"')
    if service != open_tickets:
        different["/service/tickets"] = f"{service} stored, {open_tickets} on the server"
    expect(not different, f"all records, got {different}")
    return f"{len(WHOLE_LISTS) + 1} lists"


def deleted_record():
    ticket = post("/service/tickets", {"summary": "Deleted soon", "company": {"id": first_company()["id"]}})
    expect(synchronise("ticket", full=True)["Ticket"][0] == 1, "the new ticket")
    delete(f"/service/tickets/{ticket['id']}")
    expect(synchronise("ticket", full=True)["Ticket"][3] == 1, "one ticket deleted")
    expect(not models.Ticket.objects.filter(id=ticket["id"]).exists(), "the deleted ticket gone")


def first_company():
    return first("/company/companies", conditions="deletedFlag = false and status/name = 'Active'", orderBy="id asc")


# Changes by somebody else, and the synchronisation that must find exactly one changed record.
CHANGES = [
    ("ticket", "Ticket", lambda: f"/service/tickets/{stored(models.Ticket, record_type='ServiceTicket', closed_flag=False)}", {"summary": "Changed"}),
    ("project_ticket", "Project Ticket", lambda: f"/project/tickets/{stored(models.Ticket, record_type='ProjectTicket', closed_flag=False)}", {"summary": "Changed"}),
    ("project", "Project", lambda: f"/project/projects/{stored(models.Project)}", {"name": "Changed"}),
    ("company", "Company", lambda: f"/company/companies/{stored(models.Company)}", {"phoneNumber": "8005550100"}),
    ("contact", "Contact", lambda: f"/company/contacts/{stored(models.Contact)}", {"title": "Changed"}),
    ("opportunity", "Opportunity", lambda: f"/sales/opportunities/{stored(models.Opportunity)}", {"name": "Changed"}),
    ("activity", "Activity", lambda: f"/sales/activities/{stored(models.Activity)}", {"name": "Changed"}),
    ("agreement", "Agreement", lambda: f"/finance/agreements/{stored(models.Agreement)}", {"name": "Changed"}),
    ("member", "Member", lambda: f"/system/members/{stored(models.Member)}", {"title": "Changed"}),
    ("board", "Board", lambda: f"/service/boards/{stored(models.ConnectWiseBoard)}", {"name": "Changed"}),
    ("priority", "Priority", lambda: f"/service/priorities/{stored(models.TicketPriority)}", {"name": "Changed"}),
    ("source", "Source", lambda: f"/service/sources/{stored(models.Source)}", {"name": "Changed"}),
    ("work_type", "Work Type", lambda: f"/time/workTypes/{stored(models.WorkType)}", {"name": "Changed"}),
    ("time_entry", "Time Entry", lambda: f"/time/entries/{stored(models.TimeEntry)}", {"notes": "Changed"}),
    ("schedule_entry", "Schedule Entry", lambda: f"/schedule/entries/{stored(models.ScheduleEntry)}", {"name": "Changed"}),
    ("company_status", "Company Status", lambda: f"/company/companies/statuses/{stored(models.CompanyStatus)}", {"notificationMessage": "Changed"}),
    ("contact_communication", "Contact Communication", lambda: communication_path(), {"value": "changed@example.com"}),
]


def stored(model, **filters):
    record = model.objects.filter(**filters).order_by("id").first()
    expect(record, f"a stored {model.__name__}")
    return record.id


def communication_path():
    item = models.ContactCommunication.objects.filter(value__contains="@").order_by("id").first()
    return f"/company/contacts/{item.contact_id}/communications/{item.id}"


def marked(value, naive):
    """Another value for each of the two runs."""
    number, word = ("0111", "first") if naive else ("0122", "second")
    return value.replace("0100", number).replace("hanged", f"hanged-{word}")


def changes_since(naive):
    """Each type's incremental run asks for lastUpdated later than the start of its previous run."""

    def run():
        configuration["send_naive_datetimes"] = naive
        for name, *_ in CHANGES:
            synchronise(name)
        logged.take()
        # The server keeps whole seconds, and the client compares with microseconds.
        time.sleep(1.1)
        wrong = {}
        for name, label, path, values in CHANGES:
            try:
                replace(path(), **{key: marked(value, naive) for key, value in values.items()})
                created, updated, _, _ = synchronise(name)[label]
                if (created, updated) != (0, 1):
                    wrong[name] = f"{created} created, {updated} updated"
            except Exception as error:
                wrong[name] = f"{type(error).__name__}: {str(error)[:200]}"
        expect(not wrong, f"one updated record of each type, got {wrong}")
        return f"{len(CHANGES)} types"

    return run


def recently_closed():
    """With keep_closed_ticket_days, the conditions have parentheses, `or` and a timestamp with a space and an offset."""
    configuration["keep_closed_ticket_days"] = 3650
    try:
        synchronise("ticket", full=True)
        closed = models.Ticket.objects.filter(record_type="ServiceTicket", closed_flag=True).count()
        there = count("/service/tickets", 'closedFlag = true and recordType = "ServiceTicket" and closedDate > [2020-01-01T00:00:00Z]')
        expect(closed == there and closed > 0, f"{there} closed tickets, got {closed}")
        synchronise("project", full=True)
        return f"{closed} closed tickets"
    finally:
        configuration["keep_closed_ticket_days"] = 0
        synchronise("ticket", full=True)
        synchronise("project", full=True)


# Writes through the client's synchronizers.
made = {}


def create_ticket():
    company = models.Company.objects.get(id=first_company()["id"])
    board = models.ConnectWiseBoard.objects.get(id=first("/service/boards", conditions="projectFlag = false")["id"])
    fields = {
        "summary": "From django-connectwise",
        "company": company,
        "board": board,
        "priority": models.TicketPriority.objects.first(),
        "initial_description": "Printer offline",
        "required_date_utc": datetime.datetime(2027, 3, 4, 5, 6, tzinfo=datetime.timezone.utc),
        "automatic_email_cc": "a@example.com;b@example.com",
        # The client writes an empty text for everything that is not set.
        "contact": None,
        "agreement": None,
        "estimated_start_date": None,
        "budget_hours": None,
    }
    ticket, _ = sync.ServiceTicketSynchronizer().create(fields)
    made["ticket"] = ticket
    expect(ticket.company_id == company.id and ticket.board_id == board.id, "company and board")
    expect(ticket.status_id, "the board's default status")
    notes = get(f"/service/tickets/{ticket.id}/notes")
    expect([note["text"] for note in notes] == ["Printer offline"], f"the description as the first note, got {notes}")
    return f"ticket {ticket.id}"


def update_ticket():
    ticket = made["ticket"]
    statuses = models.BoardStatus.objects.filter(board=ticket.board, closed_status=False).exclude(id=ticket.status_id)
    fields = {
        "summary": "From django-connectwise, updated",
        "status": statuses.first(),
        "owner": models.Member.objects.filter(inactive=False).first(),
        "required_date_utc": None,
        "budget_hours": 2.5,
        "type": models.Type.objects.filter(board=ticket.board, inactive_flag=False).first(),
    }
    updated, _ = sync.ServiceTicketSynchronizer().update(ticket, fields)
    expect(updated.status_id == fields["status"].id, "the new status")
    expect(updated.owner_id == fields["owner"].id, "the owner")
    expect(updated.required_date_utc is None, "no required date: an empty text clears it")
    expect(float(updated.budget_hours) == 2.5, "2.5 hours, which the client writes as a text")
    updated, _ = sync.ServiceTicketSynchronizer().update(updated, {"owner": None, "type": None})
    expect(updated.owner_id is None and updated.type_id is None, "no owner and type: an empty text clears references")
    return updated.summary


def ticket_notes():
    sync.ServiceNoteSynchronizer().create_new_note(
        made["ticket"],
        text="A note",
        description_flag=True,
        analysis_flag=False,
        resolution_flag=False,
        process_notifications=False,
        customer_updated_flag=False,
        resource=models.Member.objects.first(),
    )
    note = models.ServiceNote.objects.get(ticket=made["ticket"], text="A note")
    updated, _ = sync.ServiceNoteSynchronizer().update(note, {"text": "A note, updated", "internal_analysis_flag": True})
    expect(updated.text == "A note, updated" and updated.internal_analysis_flag is True, "the new text and flag")
    return f"note {note.id}"


def ticket_tasks():
    tasks = sync.ServiceTicketTaskSynchronizer()
    ticket = made["ticket"].id
    created = tasks.create(parent=ticket, task="First", closed_flag=False)
    tasks.create(parent=ticket, task="Second", closed_flag=True)
    tasks.update(parent=ticket, id=created["id"], closed_flag=True)
    sync.ServiceTicketTaskSynchronizer().sync_items(made["ticket"])
    stored_ticket = models.Ticket.objects.get(id=ticket)
    expect((stored_ticket.tasks_total, stored_ticket.tasks_completed) == (2, 2), "two completed tasks")
    tasks.delete(parent=ticket, id=created["id"])
    expect(len(tasks.get(parent=ticket)) == 1, "one task")
    return "2 tasks"


def ticket_configurations():
    configurations = sync.ConfigurationSynchronizer()
    company = first("/company/configurations", conditions="activeFlag = true")["company"]["id"]
    all_of_company = configurations.fetch_configurations(company)
    expect(all_of_company, "configurations of the company")
    chosen = all_of_company[0]
    found = configurations.fetch_company_configurations(company, search=chosen["name"][:5])
    expect(chosen["id"] in [record["id"] for record in found], "the configuration found by its name")
    ticket = made["ticket"].id
    configurations.attach_ticket_configuration(ticket, chosen["id"], "ServiceTicket")
    whole = configurations.fetch_ticket_configurations(ticket, "ServiceTicket")
    expect([record["id"] for record in whole] == [chosen["id"]], "the attached configuration")
    configurations.detach_ticket_configuration(ticket, chosen["id"], "ServiceTicket")
    expect(configurations.fetch_ticket_configuration_ids(ticket) == set(), "no configuration")
    return chosen["name"]


def ticket_attachments():
    client = api.SystemAPIClient()
    ticket = made["ticket"].id
    content = b"attached \x00\xff text"
    document = client.upload_attachments(ticket, {"file": ("note.txt", content)})
    expect(client.get_attachment_count(ticket) == 1, "one attachment")
    expect([record["id"] for record in client.get_attachments(ticket)] == [document["id"]], "the attachment")
    name = sync.AttachmentSynchronizer().download_attachment(document["id"], FOLDER)
    expect(name == f"{document['id']}-note.txt", f"the file name, got {name}")
    with open(os.path.join(FOLDER, name), "rb") as file:
        expect(file.read() == content, "the same bytes")
    return name


def time_entry():
    start = datetime.datetime(2026, 3, 2, 9, 0, tzinfo=datetime.timezone.utc)
    entry, _ = sync.TimeEntrySynchronizer().create_new_entry(
        made["ticket"],
        time_start=start,
        time_end=start + datetime.timedelta(minutes=90),
        resource=models.Member.objects.filter(inactive=False).first(),
        notes="Worked",
        billable_option="Billable",
        work_type=models.WorkType.objects.filter(inactive_flag=False).first(),
        work_role=models.WorkRole.objects.filter(inactive_flag=False).first(),
        description_flag=False,
        analysis_flag=False,
        resolution_flag=False,
        resource_flag=False,
        contact_flag=False,
        cc_flag=False,
    )
    expect(float(entry.actual_hours) == 1.5, f"1.5 hours, got {entry.actual_hours}")
    for name in ["hourly_rate", "invoice_hours", "extended_invoice_amount", "agreement_amount"]:
        expect(getattr(entry, name) is not None, f"a value of {name}")
    updated, _ = sync.TimeEntrySynchronizer().update(entry, {"notes": "Worked more", "hours_deduct": None})
    expect(updated.notes == "Worked more", "the new notes")
    return f"time entry {entry.id}, {entry.hourly_rate} an hour"


def schedule_entry():
    start = datetime.datetime(2027, 3, 2, 9, 0, tzinfo=datetime.timezone.utc)
    member = models.Member.objects.filter(inactive=False).first()
    entry, _ = sync.ScheduleEntriesSynchronizer(no_batch=True).create_new_entry(
        made["ticket"],
        member=member,
        status=models.ScheduleStatus.objects.first(),
        date_start=start,
        date_end=start + datetime.timedelta(hours=1),
        allow_conflicts=True,
    )
    expect(entry.ticket_object_id == made["ticket"].id and entry.member_id == member.id, "ticket and member")
    updated, _ = sync.ScheduleEntriesSynchronizer(no_batch=True).update_entry(
        id=entry.id, date_end=start + datetime.timedelta(hours=2), status=models.ScheduleStatus.objects.last(), done_flag=True
    )
    expect(updated.done_flag is True, "the entry done")
    expect(updated.status_id == models.ScheduleStatus.objects.last().id, "the new status")
    api.ScheduleAPIClient().delete_schedule_entry(entry.id)
    return f"schedule entry {entry.id}"


def merge_tickets():
    company = models.Company.objects.get(id=first_company()["id"])
    parent, _ = sync.ServiceTicketSynchronizer().create({"summary": "Parent", "company": company})
    child, _ = sync.ServiceTicketSynchronizer().create({"summary": "Child", "company": company})
    status = models.BoardStatus.objects.filter(board=parent.board, closed_status=True).first()
    sync.ServiceTicketSynchronizer().merge_ticket(
        {"parent_ticket_id": parent.id, "child_ticket_id": child.id, "status": status}
    )
    merged = sync.ServiceTicketSynchronizer().fetch_sync_by_id(child.id)
    expect(merged.merged_parent_id == parent.id, "the parent of the merged ticket")
    expect(merged.status_id == status.id, "the status of the merged ticket")
    return f"ticket {child.id} into {parent.id}"


def project():
    fields = {
        "name": "From django-connectwise",
        "company": models.Company.objects.get(id=first_company()["id"]),
        "board": models.ConnectWiseBoard.objects.get(id=first("/service/boards", conditions="projectFlag = true")["id"]),
        "billing_method": "ActualRates",
        "estimated_start": datetime.datetime(2027, 1, 4, tzinfo=datetime.timezone.utc),
        "estimated_end": datetime.datetime(2027, 2, 5, tzinfo=datetime.timezone.utc),
        "status": models.ProjectStatus.objects.filter(closed_flag=False).first(),
    }
    created, _ = sync.ProjectSynchronizer().create(fields)
    expect(created.estimated_end == datetime.date(2027, 2, 5), "the estimated end")
    made["project"] = created
    updated, _ = sync.ProjectSynchronizer().update(
        created, {"description": "Described", "manager": models.Member.objects.filter(inactive=False).first()}
    )
    expect(updated.description == "Described" and updated.manager_id, "description and manager")
    return f"project {created.id}"


def project_phase():
    phase = post(f"/project/projects/{made['project'].id}/phases", {"description": "First phase", "projectId": made["project"].id})
    synchroniser = sync.ProjectPhaseSynchronizer()
    synchroniser.sync_single_id = made["project"].id
    synchroniser.sync()
    stored_phase = models.ProjectPhase.objects.get(id=phase["id"])
    updated, _ = sync.ProjectPhaseSynchronizer().update(
        stored_phase, {"description": "First phase, updated", "scheduled_start": datetime.datetime(2027, 1, 4, tzinfo=datetime.timezone.utc)}
    )
    expect(updated.scheduled_start == datetime.date(2027, 1, 4), "the scheduled start")
    made["phase"] = updated
    return f"phase {phase['id']}"


def project_ticket():
    ticket, _ = sync.ProjectTicketSynchronizer().create(
        {"summary": "From django-connectwise", "project": made["project"], "phase": made["phase"]}
    )
    expect(ticket.project_id == made["project"].id and ticket.phase_id == made["phase"].id, "project and phase")
    expect(ticket.board_id and ticket.status_id and ticket.company_id, "board, status and company of the project")
    updated, _ = sync.ProjectTicketSynchronizer().update(ticket, {"budget_hours": 3, "summary": "Updated"})
    expect(updated.summary == "Updated", "the new summary")
    sync.ProjectTicketSynchronizer().delete(ticket)
    return f"project ticket {ticket.id}"


def project_team_member():
    member = models.Member.objects.filter(inactive=False).first()
    created, _ = sync.ProjectTeamMemberSynchronizer().create(
        made["project"], {"member": member, "project_role": models.ProjectRole.objects.first()}
    )
    expect(created.member_id == member.id and created.project_id == made["project"].id, "member and project")
    return f"team member {created.id}"


def project_notes():
    post(f"/project/projects/{made['project'].id}/notes", {"text": "A note"})
    notes = sync.ProjectNotesSynchronizer()
    expect(notes.get_count(made["project"].id) == 1, "one note")
    return notes.get_notes(made["project"].id)[0]["text"]


def opportunity():
    record = models.Opportunity.objects.order_by("id").first()
    updated, _ = sync.OpportunitySynchronizer().update(
        record,
        {
            "name": "From django-connectwise",
            "stage": models.OpportunityStage.objects.last(),
            "notes": "Noted",
            "expected_close_date": datetime.datetime(2027, 5, 6, tzinfo=datetime.timezone.utc),
            "secondary_sales_rep": None,
        },
    )
    expect(updated.expected_close_date == datetime.date(2027, 5, 6), "the expected close date")
    expect(updated.stage_id == models.OpportunityStage.objects.last().id, "the stage")
    return updated.name


def activity():
    record = models.Activity.objects.order_by("id").first()
    updated, _ = sync.ActivitySynchronizer().update(
        record,
        {
            "name": "From django-connectwise",
            "type": models.ActivityType.objects.last(),
            "date_start": datetime.datetime(2027, 5, 6, 7, 8, tzinfo=datetime.timezone.utc),
        },
    )
    expect(updated.type_id == models.ActivityType.objects.last().id, "the type")
    expect(updated.date_start == datetime.datetime(2027, 5, 6, 7, 8, tzinfo=datetime.timezone.utc), "the start")
    return updated.name


def hosted_tabs():
    client = api.HostedAPIClient()
    screens = api.HostedReportAPIClient().get_hosted_screen_ids()
    expect(screens["row_values"], "hosted screens in the report")
    before = len(client.get_hosted_tabs())
    tab = client.post_hosted_tab(
        screen_id=1, description="A tab", url="https://example.com", origin="https://example.com", type="Tab"
    )
    expect(len(client.get_hosted_tabs()) == before + 1, "one more tab")
    return f"tab {tab['id']}, {len(screens['row_values'])} screens"


def delete_ticket():
    for entry in models.TimeEntry.objects.filter(charge_to_id=made["ticket"]):
        delete(f"/time/entries/{entry.id}")
    sync.ServiceTicketSynchronizer().delete(made["ticket"])
    sync.ServiceTicketSynchronizer().fetch_delete_by_id(made["ticket"].id)
    expect(not models.Ticket.objects.filter(id=made["ticket"].id).exists(), "the ticket gone")
    return f"ticket {made['ticket'].id}"


def rejected_write():
    try:
        api.ServiceAPIClient().create_ticket({"summary": "x" * 101, "company": models.Company.objects.first()})
    except api.ConnectWiseAPIClientError as error:
        expect("100" in str(error), f"the server's message, got {error}")
        return str(error)[:100]
    raise AssertionError("expected an error")


def company_info():
    info = api.CompanyInfoManager().get_company_info(SERVER, COMPANY)
    expect(info["Codebase"].endswith("/"), "a code base with a slash")
    try:
        api.CompanyInfoManager().get_company_info(SERVER, "unknown")
    except api.ConnectWiseAPIError as error:
        expect("Null response" in str(error), f"a null response for an unknown company, got {error}")
        return info["Codebase"]
    raise AssertionError("expected an error for an unknown company")


def small_calls():
    system = api.SystemAPIClient()
    expect(system.get_member_count()["count"] == models.Member.objects.count(), "the number of members")
    member = models.Member.objects.first()
    expect(system.get_member_by_identifier(member.identifier)["id"] == member.id, "the member with this identifier")
    expect(api.ServiceAPIClient().tickets_count(conditions=["closedFlag=False"]) > 0, "open tickets")
    return system.get_connectwise_version()


def avatars():
    """The pictures of members that have one are stored."""
    with_picture = [member["id"] for member in get("/system/members", pageSize=1000) if member.get("photo")]
    expect(with_picture, "members with a photo")
    empty = models.Member.objects.filter(id__in=with_picture, avatar__isnull=True)
    expect(not empty, f"pictures of all, none of {list(empty)}")
    return f"{len(with_picture)} pictures"


# Callbacks. The receiver is the application itself.


def start_receiver():
    application = get_wsgi_application()
    receiver = wsgiref.simple_server.make_server("127.0.0.1", 0, application, Receiver, Quiet)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    configuration["callback_host"] = f"http://127.0.0.1:{receiver.server_port}"
    configuration["callback_url"] = f"{reverse('connectwise:callback')}?id="
    return receiver


def register():
    start_receiver()
    call_command("callbacks_registered")
    registered = callbacks.CallbacksHandler().get_callbacks()
    expect(len(registered) == 7, f"7 callbacks, got {len(registered)}")
    ids = sorted(callback["id"] for callback in registered)
    call_command("callbacks_registered")
    again = sorted(callback["id"] for callback in callbacks.CallbacksHandler().get_callbacks())
    expect(again == ids, "the same callbacks after the second registration")
    return f"{len(ids)} callbacks"


def eventually(condition, expected, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"expected {expected} within {seconds} seconds, logged {logged.take()[-3:]}")


def delivered(path, body, model, values, field, changed):
    """A record is added, updated and deleted on the server, and the application's record follows."""

    def run():
        record = post(path, body() if callable(body) else body)
        identifier = record["id"]
        eventually(lambda: model.objects.filter(id=identifier).exists(), "the added record")
        replace(f"{path}/{identifier}", **values)
        eventually(lambda: model.objects.filter(id=identifier, **{field: changed}).exists(), "the updated record")
        delete(f"{path}/{identifier}")
        gone = {"deleted_flag": False} if model is models.Company else {}
        eventually(lambda: not model.objects.filter(id=identifier, **gone).exists(), "the deleted record gone")
        return f"record {identifier}"

    return run


def updated_activity():
    record = models.Activity.objects.order_by("id").last()
    replace(f"/sales/activities/{record.id}", name="By callback")
    eventually(lambda: models.Activity.objects.filter(id=record.id, name="By callback").exists(), "the new name")
    return f"activity {record.id}"


def company_reference():
    return {"id": first_company()["id"]}


def new_project_ticket():
    phase = models.ProjectPhase.objects.filter(project__status__closed_flag=False).first()
    body = {"summary": "By callback", "project": {"id": phase.project_id}, "phase": {"id": phase.id}}
    ticket = post("/project/tickets", body)
    eventually(lambda: models.Ticket.objects.filter(id=ticket["id"], record_type="ProjectTicket").exists(), "the ticket")
    replace(f"/project/tickets/{ticket['id']}", summary="By callback, updated")
    eventually(lambda: models.Ticket.objects.filter(id=ticket["id"], summary="By callback, updated").exists(), "the summary")
    return f"project ticket {ticket['id']}"


def notes_by_callback():
    """A ticket's callback also synchronises its notes, time entries, activities and tasks."""
    body = {"summary": "With a note", "company": company_reference(), "initialDescription": "The first note"}
    ticket = post("/service/tickets", body)
    eventually(lambda: models.ServiceNote.objects.filter(ticket_id=ticket["id"], text="The first note").exists(), "the first note")
    return f"ticket {ticket['id']}"


def deregister():
    call_command("callbacks_deleted")
    expect(callbacks.CallbacksHandler().get_callbacks() == [], "no callbacks")


def new_opportunity():
    return {
        "name": "By callback",
        "company": company_reference(),
        "contact": {"id": first("/company/contacts", conditions=f"company/id = {first_company()['id']}")["id"]},
        "primarySalesRep": {"id": stored(models.Member, inactive=False)},
        "expectedCloseDate": "2027-05-06T00:00:00Z",
        "status": {"id": stored(models.OpportunityStatus, closed_flag=False)},
    }


def new_schedule_entry():
    ticket = stored(models.Ticket, record_type="ServiceTicket")
    return {
        "objectId": ticket,
        "member": {"id": stored(models.Member, inactive=False)},
        "type": {"id": models.ScheduleType.objects.get(identifier="S").id},
        "dateStart": "2027-03-01T09:00:00Z",
        "dateEnd": "2027-03-01T10:00:00Z",
    }


def new_project():
    return {
        "name": "By callback",
        "company": company_reference(),
        "board": {"id": first("/service/boards", conditions="projectFlag = true")["id"]},
        "billingMethod": "ActualRates",
        "estimatedStart": "2027-01-04T00:00:00Z",
        "estimatedEnd": "2027-02-05T00:00:00Z",
    }


step("tables", lambda: call_command("migrate", verbosity=0))
step("company info", company_info)
step("first full synchronisation", first_synchronisation)
step("second full synchronisation", second_synchronisation)
step("third full synchronisation", third_synchronisation)
step("whole lists", whole_lists)
step("pictures of members", avatars)
step("notes of project tickets", notes_of_project_tickets)
step("small calls", small_calls)
step("incremental, timestamps without an offset", changes_since(True))
step("incremental, timestamps with an offset", changes_since(False))
step("recently closed tickets", recently_closed)
step("deleted record", deleted_record)
step("create a ticket", create_ticket)
step("update a ticket", update_ticket)
step("notes of a ticket", ticket_notes)
step("tasks of a ticket", ticket_tasks)
step("configurations of a ticket", ticket_configurations)
step("attachments of a ticket", ticket_attachments)
step("time entry", time_entry)
step("schedule entry", schedule_entry)
step("merge tickets", merge_tickets)
step("rejected write", rejected_write)
step("project", project)
step("phase of a project", project_phase)
step("project ticket", project_ticket)
step("team member of a project", project_team_member)
step("notes of a project", project_notes)
step("opportunity", opportunity)
step("activity", activity)
step("hosted tabs", hosted_tabs)
step("delete a ticket", delete_ticket)
step("register callbacks", register)
step(
    "callback of a ticket",
    delivered("/service/tickets", lambda: {"summary": "By callback", "company": company_reference()}, models.Ticket, {"summary": "Changed"}, "summary", "Changed"),
)
step("callback of a ticket's notes", notes_by_callback)
step("callback of a project ticket", new_project_ticket)
step(
    "callback of a company",
    delivered("/company/companies", lambda: {"name": "By callback", "identifier": "ByCallback", "site": {"name": "Main"}}, models.Company, {"name": "Changed"}, "name", "Changed"),
)
step(
    "callback of a contact",
    delivered("/company/contacts", lambda: {"firstName": "By", "lastName": "Callback", "company": company_reference()}, models.Contact, {"title": "Changed"}, "title", "Changed"),
)
step("callback of a project", delivered("/project/projects", new_project, models.Project, {"name": "Changed"}, "name", "Changed"))
step("callback of an opportunity", delivered("/sales/opportunities", new_opportunity, models.Opportunity, {"name": "Changed"}, "name", "Changed"))
step("callback of an activity", updated_activity)
step("callback of a schedule entry", delivered("/schedule/entries", new_schedule_entry, models.ScheduleEntry, {"doneFlag": True}, "done_flag", True))
step("deregister callbacks", deregister)
finish()
