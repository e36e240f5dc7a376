//! The document that all versions of these tests are made from: a small API in the shape of the vendor's document, in our
//! own words, and the edits that make a next version of it.

use serde_json::{Map, Value, json};

/// The API version of the document.
pub(crate) const VERSION: &str = "2030.1";

/// The query parameters that the vendor's document gives to every GET, whether the server reads them or not.
pub(crate) const LIST_PARAMETERS: [&str; 8] =
    ["conditions", "childConditions", "customFieldConditions", "orderBy", "fields", "page", "pageSize", "pageId"];

/// An OpenAPI document of the vendor.
#[derive(Clone, Debug)]
pub(crate) struct Document(pub(crate) Value);

/// A schema that names another one.
pub(crate) fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

/// A list.
pub(crate) fn list(items: Value) -> Value {
    json!({"type": "array", "items": items})
}

/// A string.
pub(crate) fn string() -> Value {
    json!({"type": "string"})
}

/// A string with a fact in its description, as the vendor writes them.
pub(crate) fn described(fact: &str) -> Value {
    json!({"type": "string", "description": format!("Text of the form. {fact}")})
}

/// An inline enum.
pub(crate) fn one_of(values: &[&str]) -> Value {
    json!({"type": "string", "enum": values, "nullable": true})
}

/// A 32-bit integer.
pub(crate) fn integer() -> Value {
    json!({"type": "integer", "format": "int32", "nullable": true})
}

/// A number.
pub(crate) fn number() -> Value {
    json!({"type": "number", "format": "double", "nullable": true})
}

/// A boolean.
pub(crate) fn boolean() -> Value {
    json!({"type": "boolean", "nullable": true})
}

/// A timestamp.
pub(crate) fn timestamp() -> Value {
    json!({"type": "string", "format": "date-time"})
}

/// The map of links and dates in every record.
fn record_info() -> Value {
    json!({"type": "object", "additionalProperties": {"type": "string"}})
}

/// An object schema.
pub(crate) fn object(properties: Value) -> Value {
    json!({"type": "object", "properties": properties})
}

/// An object schema whose description says what a create request needs.
fn object_with_required(properties: Value, required: &[&str]) -> Value {
    json!({"type": "object", "properties": properties, "required": required})
}

/// Content of a request or response in the vendor's media type.
pub(crate) fn versioned(schema: &Value) -> Value {
    json!({format!("application/vnd.connectwise.com+json; version={VERSION}"): {"schema": schema}})
}

/// A response with a JSON body.
pub(crate) fn json_response(schema: &Value) -> Value {
    json!({"description": "The call succeeded.", "content": versioned(schema)})
}

/// A query parameter.
pub(crate) fn query(name: &str, schema: Value) -> Value {
    json!({"name": name, "in": "query", "schema": schema})
}

/// A path parameter.
pub(crate) fn path_parameter(name: &str, schema: Value) -> Value {
    json!({"name": name, "in": "path", "required": true, "schema": schema})
}

/// Creates an operation of the vendor: the client ID, the parameters of its path, eight list parameters if it is a
/// GET, a JSON body if there is one, and its success response.
pub(crate) fn operation(method_and_path: &str, id: &str, body: Option<Value>, status: &str, response: Value) -> Value {
    let (method, path) = method_and_path.split_once(' ').unwrap();
    let mut parameters: Vec<Value> = path
        .split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            let is_id = name.eq_ignore_ascii_case("id") || name.ends_with("Id");
            path_parameter(name, if is_id { json!({"type": "integer", "format": "int32"}) } else { string() })
        })
        .collect();
    if method == "GET" {
        parameters.extend(LIST_PARAMETERS.iter().map(|name| list_parameter(name)));
    }
    parameters.push(json!({"name": "clientId", "in": "header", "required": true, "schema": {"type": "string"}}));
    let tag = path.split('/').nth(2).unwrap_or_default();
    let mut operation = json!({
        "tags": [tag],
        "summary": format!("Works with {tag}."),
        "operationId": id,
        "parameters": parameters,
        "responses": {status: response}
    });
    if let Some(schema) = body {
        operation["requestBody"] =
            json!({"description": "body", "required": true, "content": {"application/json": {"schema": schema}}});
    }
    operation
}

/// One of the list parameters.
pub(crate) fn list_parameter(name: &str) -> Value {
    let schema = if name.starts_with("page") {
        json!({"type": "integer", "nullable": true})
    } else {
        json!({"type": "string", "nullable": true})
    };
    json!({"name": name, "in": "query", "description": "", "schema": schema})
}

/// Creates the document.
pub(crate) fn base() -> Document {
    let mut document = Document(json!({
        "openapi": "3.0.1",
        "info": {"title": "A small PSA", "version": VERSION},
        "servers": [{"url": "https://example.invalid"}],
        "paths": {},
        "components": {"schemas": schemas()}
    }));
    service(&mut document);
    company(&mut document);
    system(&mut document);
    document
}

fn service(document: &mut Document) {
    let ticket = || reference("Ticket");
    let note = || reference("TicketNote");
    let patch = || list(reference("PatchOperation"));
    document.add("GET /service/tickets", "getServiceTickets", None, "200", json_response(&list(ticket())));
    document.add("POST /service/tickets", "postServiceTickets", Some(ticket()), "201", json_response(&ticket()));
    document.add("GET /service/tickets/{id}", "getServiceTicketsById", None, "200", json_response(&ticket()));
    document.add("PUT /service/tickets/{id}", "putServiceTicketsById", Some(ticket()), "200", json_response(&ticket()));
    document.add(
        "PATCH /service/tickets/{id}",
        "patchServiceTicketsById",
        Some(patch()),
        "200",
        json_response(&ticket()),
    );
    document.add(
        "DELETE /service/tickets/{id}",
        "deleteServiceTicketsById",
        None,
        "204",
        json!({"description": "No Content"}),
    );
    document.add(
        "GET /service/tickets/count",
        "getServiceTicketsCount",
        None,
        "200",
        json_response(&reference("Count")),
    );
    document.add(
        "POST /service/tickets/search",
        "postServiceTicketsSearch",
        Some(reference("FilterValues")),
        "200",
        json_response(&list(ticket())),
    );
    document.add(
        "POST /service/tickets/{parentId}/merge",
        "postServiceTicketsByParentIdMerge",
        Some(reference("TicketMerge")),
        "200",
        json_response(&reference("SuccessResponse")),
    );
    document.add(
        "POST /service/tickets/{parentId}/convert",
        "postServiceTicketsByParentIdConvert",
        None,
        "200",
        json_response(&ticket()),
    );
    document.add(
        "GET /service/tickets/{parentId}/notes",
        "getServiceTicketsByParentIdNotes",
        None,
        "200",
        json_response(&list(note())),
    );
    document.add(
        "POST /service/tickets/{parentId}/notes",
        "postServiceTicketsByParentIdNotes",
        Some(note()),
        "201",
        json_response(&note()),
    );
    document.add(
        "GET /service/tickets/{parentId}/notes/{id}",
        "getServiceTicketsByParentIdNotesById",
        None,
        "200",
        json_response(&note()),
    );
    document.add(
        "GET /service/info/boards",
        "getServiceInfoBoards",
        None,
        "200",
        json_response(&list(reference("BoardInfo"))),
    );
}

fn company(document: &mut Document) {
    let configuration = || reference("Company.Configuration");
    let contact = || reference("Contact");
    document.add(
        "GET /company/configurations",
        "getCompanyConfigurations",
        None,
        "200",
        json_response(&list(configuration())),
    );
    document.add(
        "POST /company/configurations/bulk",
        "postCompanyConfigurationsBulk",
        Some(list(configuration())),
        "200",
        json_response(&reference("BulkResult")),
    );
    document.add(
        "DELETE /company/configurations/bulk",
        "deleteCompanyConfigurationsBulk",
        Some(reference("IdCollection")),
        "200",
        json_response(&reference("BulkResult")),
    );
    document.parameters("POST /company/configurations/bulk").push(query("managedFlag", boolean()));
    document.add("GET /company/contacts", "getCompanyContacts", None, "200", json_response(&list(contact())));
    document.add("POST /company/contacts", "postCompanyContacts", Some(contact()), "201", json_response(&contact()));
    document.add(
        "DELETE /company/contacts/{id}",
        "deleteCompanyContactsById",
        None,
        "204",
        json!({"description": "No Content"}),
    );
    // Declared in the path, but not part of it: a habit of the vendor's document.
    document.parameters("DELETE /company/contacts/{id}").push(path_parameter("transferContactId", integer()));
    document.add(
        "GET /company/contacts/{id}/image",
        "getCompanyContactsByIdImage",
        None,
        "200",
        json!({"description": "ContentType = image/png"}),
    );
    document.parameters("GET /company/contacts/{id}/image").push(query("useDefaultFlag", boolean()));
}

fn system(document: &mut Document) {
    let info = || reference("DocumentInfo");
    document.add("GET /system/documents", "getSystemDocuments", None, "200", json_response(&list(info())));
    document
        .parameters("GET /system/documents")
        .extend([query("recordType", one_of(&["Ticket", "Company", "Contact"])), query("recordId", integer())]);
    document.add("POST /system/documents", "postSystemDocuments", None, "201", json_response(&info()));
    document.operation("POST /system/documents")["requestBody"] =
        json!({"required": true, "content": {"multipart/form-data": {"schema": reference("DocumentFormData")}}});
    document.add(
        "GET /system/documents/{id}/download",
        "getSystemDocumentsByIdDownload",
        None,
        "200",
        json!({"description": "ContentType = application/octet-stream"}),
    );
    document.add(
        "GET /system/reports/{reportName}",
        "getSystemReportsByReportName",
        None,
        "200",
        json_response(&reference("ReportDataResponse")),
    );
    document.add(
        "GET /system/reports/{reportName}/columns",
        "getSystemReportsByReportNameColumns",
        None,
        "200",
        json_response(&list(json!({"type": "object", "additionalProperties": reference("ReportColumnDefinition")}))),
    );
    document.add("GET /system/members", "getSystemMembers", None, "200", json_response(&list(reference("Member"))));
    document.add(
        "POST /system/members",
        "postSystemMembers",
        Some(reference("Member")),
        "201",
        json_response(&reference("Member")),
    );
    document.add(
        "POST /system/members/{id}/pin",
        "postSystemMembersByIdPin",
        None,
        "201",
        json_response(&json!({"type": "integer"})),
    );
}

fn schemas() -> Value {
    let levels = ["Low", "Medium", "High"];
    json!({
        "Ticket": object_with_required(json!({
            "id": integer(),
            "summary": described("Max length: 100;"),
            "board": reference("BoardReference"),
            "company": {"allOf": [reference("CompanyReference")], "nullable": true},
            "parent": reference("TicketReference"),
            "contact": reference("ContactReference"),
            "severity": {"type": "string", "enum": levels, "nullable": true, "description": "How severe it is. Required On Updates;"},
            "impact": one_of(&levels),
            "source": one_of(&["Email", "Phone"]),
            "requiredDate": timestamp(),
            "closedDate": string(),
            "budgetHours": number(),
            "ordinal": integer(),
            "closedFlag": boolean(),
            "initialDescription": described("Only available for POST."),
            "reference": described("Max length: 50;"),
            "poNumber": string(),
            "watchers": list(string()),
            "tasks": list(reference("TicketTask")),
            "customFields": list(reference("CustomFieldValue")),
            "type": string(),
            "mobileGuid": {"type": "string", "format": "uuid"},
            "_info": record_info()
        }), &["summary", "company"]),
        "TicketTask": object_with_required(json!({"id": integer(), "notes": string(), "hours": number(), "doneFlag": boolean()}), &["notes"]),
        "TicketNote": object_with_required(json!({
            "id": integer(), "ticketId": integer(), "text": string(), "kind": one_of(&["Internal", "Discussion"]), "dateCreated": string(),
            "author": reference("TicketReference"), "_info": record_info()
        }), &["text"]),
        "TicketMerge": object_with_required(json!({"ids": list(json!({"type": "integer", "format": "int32"})), "comment": string()}), &["ids"]),
        "BoardInfo": object(json!({"id": integer(), "name": string(), "_info": record_info()})),
        "BoardReference": object(json!({"id": integer(), "name": string(), "_info": record_info()})),
        "CompanyReference": object(json!({"id": integer(), "identifier": string(), "name": string(), "_info": record_info()})),
        "ContactReference": object(json!({"id": integer(), "name": string(), "_info": record_info()})),
        "TicketReference": object(json!({"id": integer(), "summary": string(), "_info": record_info()})),
        "CustomFieldValue": object(json!({"id": integer(), "caption": string(), "value": {"type": "object"}})),
        "Count": object(json!({"count": {"type": "integer", "format": "int32"}})),
        "SuccessResponse": object(json!({"success": boolean()})),
        "FilterValues": object(json!({"conditions": string(), "orderBy": string()})),
        "PatchOperation": object(json!({"op": string(), "path": string(), "value": {"type": "object"}})),
        "Company.Configuration": object_with_required(json!({
            "id": integer(), "name": described("Max length: 80;"), "contact": reference("ContactReference"), "vendorNotes": string(), "activeFlag": boolean(),
            "attributes": {"type": "object", "additionalProperties": {"type": "string"}}, "_info": record_info()
        }), &["name"]),
        "Contact": object_with_required(json!({
            "id": integer(), "firstName": described("Max length: 30;"), "lastName": described("Max length: 30;"), "company": reference("CompanyReference"),
            "nickName": string(), "birthDay": timestamp(), "gender": one_of(&["Female", "Male"]), "_info": record_info()
        }), &["firstName", "lastName"]),
        "BulkResult": object(json!({"payload": list(reference("ResultInfo"))})),
        "ResultInfo": object(json!({"success": boolean(), "data": {"type": "object"}})),
        "IdCollection": object_with_required(json!({"ids": list(json!({"type": "integer", "format": "int32"}))}), &["ids"]),
        "DocumentInfo": object(json!({"id": integer(), "title": string(), "fileName": string(), "_info": record_info()})),
        "DocumentFormData": object(json!({"file": {"type": "string", "format": "binary"}, "title": string(), "recordType": string(), "recordId": integer()})),
        "ReportDataResponse": object(json!({
            "column_definitions": list(json!({"type": "object", "additionalProperties": reference("ReportColumnDefinition")})),
            "row_values": list(list(json!({"type": "object"})))
        })),
        "ReportColumnDefinition": object(json!({"type": string(), "isNullable": boolean()})),
        "Member": object_with_required(json!({
            "id": integer(), "identifier": described("Max length: 15;"), "licenseClass": one_of(&["A", "F", "X"]), "hireDate": timestamp(), "hourlyCost": number(),
            "manager": reference("MemberReference"), "_info": record_info()
        }), &["identifier", "licenseClass"]),
        "MemberReference": object(json!({"id": integer(), "identifier": string(), "name": string(), "_info": record_info()}))
    })
}

/// The edits. Each panics if the document does not have what it edits, because then the case is wrong.
impl Document {
    /// Returns the document as the text of a file.
    pub(crate) fn text(&self) -> String {
        self.0.to_string()
    }

    fn paths(&mut self) -> &mut Map<String, Value> {
        self.0["paths"].as_object_mut().unwrap()
    }

    /// Adds an operation.
    pub(crate) fn add(&mut self, method_and_path: &str, id: &str, body: Option<Value>, status: &str, response: Value) {
        self.put(method_and_path, operation(method_and_path, id, body, status, response));
    }

    /// Sets an operation.
    pub(crate) fn put(&mut self, method_and_path: &str, operation: Value) {
        let (method, path) = method_and_path.split_once(' ').unwrap();
        self.paths().entry(path).or_insert_with(|| json!({}))[method.to_ascii_lowercase()] = operation;
    }

    /// Returns an operation.
    pub(crate) fn operation(&mut self, method_and_path: &str) -> &mut Value {
        let (method, path) = method_and_path.split_once(' ').unwrap();
        self.paths()
            .get_mut(path)
            .and_then(|item| item.get_mut(method.to_ascii_lowercase()))
            .unwrap_or_else(|| panic!("the document has no {method_and_path}"))
    }

    /// Removes an operation, and its path if it was the only one.
    pub(crate) fn remove(&mut self, method_and_path: &str) -> Value {
        let (method, path) = method_and_path.split_once(' ').unwrap();
        let item = self.paths()[path].as_object_mut().unwrap();
        let operation = item.remove(&method.to_ascii_lowercase()).unwrap();
        if item.is_empty() {
            self.paths().remove(path);
        }
        operation
    }

    /// Gives an operation another method or path.
    pub(crate) fn rename(&mut self, from: &str, to: &str) {
        let operation = self.remove(from);
        self.put(to, operation);
    }

    /// Returns the parameters of an operation.
    pub(crate) fn parameters(&mut self, method_and_path: &str) -> &mut Vec<Value> {
        self.operation(method_and_path)["parameters"].as_array_mut().unwrap()
    }

    /// Returns a parameter of an operation.
    pub(crate) fn parameter(&mut self, method_and_path: &str, name: &str) -> &mut Value {
        self.parameters(method_and_path).iter_mut().find(|parameter| parameter["name"] == name).unwrap()
    }

    /// Removes parameters of an operation.
    pub(crate) fn remove_parameters(&mut self, method_and_path: &str, names: &[&str]) {
        let parameters = self.parameters(method_and_path);
        let before = parameters.len();
        parameters.retain(|parameter| !names.iter().any(|name| parameter["name"] == *name));
        assert_eq!(parameters.len() + names.len(), before, "{method_and_path} has no {names:?}");
    }

    /// Returns the success responses of an operation, by status.
    pub(crate) fn responses(&mut self, method_and_path: &str) -> &mut Value {
        &mut self.operation(method_and_path)["responses"]
    }

    /// Sets the schema of the JSON response of an operation.
    pub(crate) fn set_response(&mut self, method_and_path: &str, schema: &Value) {
        let responses = self.responses(method_and_path).as_object_mut().unwrap();
        let status = responses.keys().next().unwrap().clone();
        responses.insert(status, json_response(schema));
    }

    /// Returns the content of the request body of an operation.
    pub(crate) fn body(&mut self, method_and_path: &str) -> &mut Value {
        &mut self.operation(method_and_path)["requestBody"]["content"]
    }

    /// Sets the schema of the JSON body of an operation.
    pub(crate) fn set_body(&mut self, method_and_path: &str, schema: &Value) {
        self.operation(method_and_path)["requestBody"] =
            json!({"description": "body", "required": true, "content": {"application/json": {"schema": schema}}});
    }

    /// Returns the schemas.
    pub(crate) fn schemas(&mut self) -> &mut Map<String, Value> {
        self.0["components"]["schemas"].as_object_mut().unwrap()
    }

    /// Returns a schema.
    pub(crate) fn schema(&mut self, name: &str) -> &mut Value {
        self.schemas().get_mut(name).unwrap_or_else(|| panic!("the document has no schema {name}"))
    }

    /// Returns the properties of a schema.
    pub(crate) fn properties(&mut self, schema: &str) -> &mut Map<String, Value> {
        self.schema(schema)["properties"].as_object_mut().unwrap()
    }

    /// Returns a property.
    pub(crate) fn property(&mut self, schema: &str, name: &str) -> &mut Value {
        self.properties(schema).get_mut(name).unwrap_or_else(|| panic!("{schema} has no {name}"))
    }

    /// Adds or replaces a property.
    pub(crate) fn set(&mut self, schema: &str, name: &str, property: Value) {
        self.properties(schema).insert(name.to_owned(), property);
    }

    /// Removes a property, also from the required ones.
    pub(crate) fn unset(&mut self, schema: &str, name: &str) {
        assert!(self.properties(schema).remove(name).is_some(), "{schema} has no {name}");
        if let Some(required) = self.schema(schema).get_mut("required").and_then(Value::as_array_mut) {
            required.retain(|other| other != name);
        }
    }

    /// Sets the properties that a create request needs.
    pub(crate) fn require(&mut self, schema: &str, names: &[&str]) {
        self.schema(schema)["required"] = json!(names);
    }

    /// Returns the values of an inline enum.
    pub(crate) fn values(&mut self, schema: &str, name: &str) -> &mut Vec<Value> {
        self.property(schema, name)["enum"].as_array_mut().unwrap()
    }

    /// Gives a schema another name, in all references too.
    pub(crate) fn rename_schema(&mut self, from: &str, to: &str) {
        let schema = self.schemas().remove(from).unwrap();
        self.schemas().insert(to.to_owned(), schema);
        let (old, new) = (format!("\"#/components/schemas/{from}\""), format!("\"#/components/schemas/{to}\""));
        self.0 = serde_json::from_str(&self.text().replace(&old, &new)).unwrap();
    }
}
