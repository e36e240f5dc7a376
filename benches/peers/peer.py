"""Measures the models and the client of pyconnectwise: `python peer.py FOLDER_OF_THE_DATA_SET`. Reads a request per line
(`decode TYPE`, `list URL`) and prints a line of JSON for each, as the other programs of `benches` do."""

import json
import sys
import time
from pathlib import Path
from typing import Any

from pyconnectwise import ConnectWiseManageAPIClient
from pyconnectwise.models import manage

FOLDER = Path(sys.argv[1])
AT_LEAST = 0.2
MODELS = {
    "ticket": manage.Ticket,
    "company": manage.Company,
    "contact": manage.Contact,
    "configuration": manage.CompanyConfiguration,
    "agreement": manage.Agreement,
    "invoice": manage.Invoice,
    "time-entry": manage.TimeEntry,
}

# The models reject values of custom fields with decimals, such as 13.5, which servers send.
manage.CustomFieldValue.model_fields["value"].annotation = Any
for model in [manage.CustomFieldValue, *MODELS.values()]:
    model.model_rebuild(force=True)


class Client(ConnectWiseManageAPIClient):
    """The client always uses https. The other clients are measured without TLS."""

    def _get_url(self):
        return f"{self.manage_url}/v4_6_release/apis/3.0"


def decode(name):
    """Decodes as the client does: each record of the parsed JSON is validated. Returns the mean processor time of one run,
    without the first one."""
    page = (FOLDER / f"{name}.json").read_bytes()
    model = MODELS[name]
    _ = [model.model_validate(record) for record in json.loads(page)]
    start = time.process_time()
    runs = 0
    while runs == 0 or time.process_time() - start < AT_LEAST:
        records = [model.model_validate(record) for record in json.loads(page)]
        runs += 1
    return (time.process_time() - start) / runs, len(records)


def read_list(url):
    start = time.perf_counter()
    client = Client("acme", url, "bench", "public", "private", codebase="v4_6_release")
    count = sum(1 for _ in client.service.tickets.paginated(1, 1000).all())
    return time.perf_counter() - start, count


def measure(request):
    what, _, argument = request.partition(" ")
    if what == "decode":
        return decode(argument)
    if what == "list":
        return read_list(argument)
    raise ValueError(f"unknown request `{request}`")


for line in sys.stdin:
    try:
        value, records = measure(line.strip())
        outcome = {"value": value, "records": records}
    except Exception as error:  # Every error is the outcome of its request.
        outcome = {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"}
    print(json.dumps(outcome), flush=True)
