"""Runs strict models that datamodel-code-generator generates from openapi/psa.json (pydantic, unknown fields forbidden,
enums as literals) on the responses of the simulator: every GET without path arguments, page by page, GETs by id of the
first record of each list, and the lists below the first record. Values of a wrong kind fail, and so do unknown fields
and nulls that live servers do not send.

The first argument is the OpenAPI document, the second the generated module.
"""

import collections
import importlib.util
import json
import sys

import pydantic
import requests

from steps import BASE, CLIENT_ID, COMPANY, PRIVATE_KEY, PUBLIC_KEY, expect, finish, step

with open(sys.argv[1]) as file:
    document = json.load(file)
specification = importlib.util.spec_from_file_location("generated", sys.argv[2])
models = importlib.util.module_from_spec(specification)
sys.modules["generated"] = models
specification.loader.exec_module(models)

session = requests.Session()
session.auth = (f"{COMPANY}+{PUBLIC_KEY}", PRIVATE_KEY)
session.headers["clientId"] = CLIENT_ID

# Fields that live servers send and the document does not have: (schema or "*", field).
OBSERVED_FIELDS = {
    ("ServiceStatusReference", "Sort"),
}

# Nulls that live servers send: values of custom fields (last parts of the path).
OBSERVED_NULLS = [("customFields", "value")]

# Query parameters that operations require.
REQUIRED_QUERY = {
    "/system/documents": {"recordType": "Ticket", "recordId": "1"},
    "/system/documents/count": {"recordType": "Ticket", "recordId": "1"},
    "/company/contacts/default": {"companyId": "2"},
    "/system/quoteLinkSetup/testConnection": {"url": "https://example.com"},
    "/system/audittrail": {"type": "Ticket", "id": "1"},
    "/system/audittrail/count": {"type": "Ticket", "id": "1"},
}

problems = collections.OrderedDict()
counted = collections.Counter()


def problem(path, text):
    problems.setdefault(path, [])
    if text not in problems[path]:
        problems[path].append(text)


def response_schema(operation):
    content = operation["responses"].get("200", {}).get("content", {}).get("application/json")
    return content["schema"] if content else None


def type_of(schema):
    """The Python type of a response. None if the document does not describe it."""
    if schema is None:
        return None
    if "$ref" in schema:
        return getattr(models, schema["$ref"].rsplit("/", 1)[1])
    if schema.get("type") == "array":
        item = type_of(schema["items"])
        return list[item] if item else list
    return {"object": dict, "string": str, "boolean": bool, "integer": int, "number": float}.get(schema.get("type"))


adapters = {}


def adapter(schema):
    key = json.dumps(schema, sort_keys=True)
    if key not in adapters:
        kind = type_of(schema)
        adapters[key] = pydantic.TypeAdapter(kind) if kind else None
    return adapters[key]


def where(location):
    return "/".join(str(part) for part in location if not isinstance(part, int))


def nulls(value, location=()):
    if value is None:
        yield location
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from nulls(inner, location + (name,))
    elif isinstance(value, list):
        for inner in value:
            yield from nulls(inner, location)


def check(path, response, schema):
    """Validates a response, and records what is wrong. Returns the body."""
    counted["responses"] += 1
    kind = adapter(schema)
    try:
        body = response.json()
    except ValueError:
        if kind:
            problem(path, f"no JSON: {response.headers.get('Content-Type')}")
        return None
    for location in nulls(body):
        if location[-2:] not in OBSERVED_NULLS:
            problem(path, f"null: {where(location)}")
    if kind is None:
        counted["without a schema"] += 1
        return body
    try:
        kind.validate_json(response.content, strict=True)
    except pydantic.ValidationError as error:
        for one in error.errors(include_url=False):
            location = where(one["loc"])
            if one["type"] == "extra_forbidden" and any(location.split("/")[-1] == name for _, name in OBSERVED_FIELDS):
                counted["observed fields"] += 1
                continue
            problem(path, f"{one['type']}: {location} = {json.dumps(one['input'], default=str)[:60]}")
    return body


def read(path, template, **query):
    """One request. Returns the response, or None after an error status, which is recorded."""
    response = session.get(BASE + path, params={**REQUIRED_QUERY.get(template, {}), **query})
    counted["requests"] += 1
    if response.status_code != 200:
        problem(template, f"status {response.status_code}: {response.text[:200]}")
        return None
    return response


def next_link(response):
    """The address of the next page, as the `Link` header has it."""
    return response.links.get("next", {}).get("url")


def every_page(path, template, schema):
    """All pages of a list, following the links. Returns all records."""
    response = read(path, template, pageSize=100)
    records = []
    while response is not None:
        page = check(template, response, schema)
        if not isinstance(page, list):
            return records
        records += page
        following = next_link(response)
        if not following or len(records) > 2000:
            return records
        response = session.get(following)
        if response.status_code != 200:
            problem(template, f"next page: status {response.status_code}")
            return records
    return records


paths = document["paths"]
firsts = {}
empty = []


def operations(parameters):
    for path, item in sorted(paths.items()):
        if "get" in item and path.count("{") == parameters:
            yield path, item["get"]


def lists():
    for path, operation in operations(0):
        schema = response_schema(operation)
        if schema and schema.get("type") == "array":
            records = every_page(path, path, schema)
            counted["records"] += len(records)
            if not records:
                empty.append(path)
            elif isinstance(records[0], dict) and "id" in records[0]:
                firsts[path] = records[0]["id"]
        else:
            response = read(path, path)
            if response is not None:
                check(path, response, schema)
    return report("GETs without arguments")


def by_id():
    """GETs with one argument: the record with the first id of its list, and the lists below it."""
    for path, operation in operations(1):
        parent = path[: path.index("/{")]
        # /project/tickets/{id}/… and the like have the list of their parent; others are not tried.
        if parent not in firsts:
            counted["without a record"] += 1
            continue
        begin, end = path.index("{"), path.index("}") + 1
        actual = f"{path[:begin]}{firsts[parent]}{path[end:]}"
        response = session.get(BASE + actual, params={"pageSize": 100} if path.endswith("s") else {})
        counted["requests"] += 1
        if response.status_code == 404 and end != len(path):
            counted["not found below the record"] += 1  # a single record that the first one does not have
            continue
        if response.status_code != 200:
            problem(path, f"status {response.status_code}: {response.text[:200]}")
            continue
        check(path, response, response_schema(operation))
    return report("GETs of first records")


def report(name):
    wrong = dict(problems)
    problems.clear()
    for path, texts in wrong.items():
        print(f"        {path}")
        for text in texts[:12]:
            print(f"            {text}")
    numbers = ", ".join(f"{count} {what}" for what, count in counted.items())
    counted.clear()
    expect(not wrong, f"strictly valid responses, {len(wrong)} paths have others ({numbers})")
    return numbers


step("GETs without arguments", lists)
step("GETs by id of first records", by_id)
print(f"        {len(empty)} lists are empty, so their records were not validated")
finish()
