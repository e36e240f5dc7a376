//! Operations as data: the generator writes one `static` for each operation of the API.

use std::fmt;

/// One operation of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// The id, unique in its section, which is also the name of the generated method: `list_tickets`.
    pub id: &'static str,
    /// The section, which is the first segment of the path: `service`.
    pub section: &'static str,
    /// The operation's id in the OpenAPI document: `getServiceTickets`.
    pub vendor_id: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The path template relative to the base URL, with parameters in braces: `/service/tickets/{id}`.
    pub path: &'static str,
    /// The parameters of the path and the query, except the list parameters: `conditions`, `childConditions`,
    /// `customFieldConditions`, `orderBy`, `fields`, `page`, `pageSize` and `pageId`.
    pub parameters: &'static [Parameter],
    /// The request body.
    pub body: Option<BodySpec>,
    /// The type of the response.
    pub response: ResponseKind,
    /// Whether the response is one record with an `id`, the record that the `{id}` in the path names or a new one, or a
    /// list of records with ids.
    pub has_id: bool,
    /// Which list parameters the operation accepts.
    pub query: QueryKind,
    /// The list parameters that the OpenAPI document lists for similar operations, but not for this one. A server that
    /// does not know a parameter ignores it, so a call that sets one of these fails before it is sent.
    pub without: &'static [&'static str],
    /// How the response is paged.
    pub paging: Paging,
    /// The operation's tag in the OpenAPI document: `Tickets`. One collection can have several tags.
    pub tag: &'static str,
    /// The collection whose records, or the records below them, the operation acts on: `tickets`. Unique in the section.
    pub collection: &'static str,
    /// Operations on the same records.
    pub related: RelatedOperations,
}

/// Operations on the same records as another operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RelatedOperations {
    /// For a list: the operation that counts its records.
    pub count: Option<&'static Operation>,
    /// For a list: the search for its records. A search takes the conditions in its body, so they can be too long for
    /// a URL.
    pub search: Option<&'static Operation>,
    /// For the GET of a record: the operation that updates the same record (PATCH).
    pub update: Option<&'static Operation>,
}

impl RelatedOperations {
    /// No related operations.
    pub const NONE: Self = Self { count: None, search: None, update: None };
}

impl Operation {
    /// Creates an operation without parameters, body, list parameters, paging, tag, collection and related operations.
    #[must_use]
    pub const fn new(
        section: &'static str,
        id: &'static str,
        vendor_id: &'static str,
        method: Method,
        path: &'static str,
        response: ResponseKind,
    ) -> Self {
        Self {
            id,
            section,
            vendor_id,
            method,
            path,
            parameters: &[],
            body: None,
            response,
            has_id: false,
            query: QueryKind::None,
            without: &[],
            paging: Paging::None,
            tag: "",
            collection: "",
            related: RelatedOperations::NONE,
        }
    }

    /// Sets the parameters of the path and the query, except the list parameters.
    #[must_use]
    pub const fn with_parameters(self, parameters: &'static [Parameter]) -> Self {
        Self { parameters, ..self }
    }

    /// Sets the request body.
    #[must_use]
    pub const fn with_body(self, body: BodySpec) -> Self {
        Self { body: Some(body), ..self }
    }

    /// Sets that the response is one record with an `id`, or a list of records with ids.
    #[must_use]
    pub const fn identified(self) -> Self {
        Self { has_id: true, ..self }
    }

    /// Sets the accepted list parameters and the paging.
    #[must_use]
    pub const fn with_query(self, query: QueryKind, paging: Paging) -> Self {
        Self { query, paging, ..self }
    }

    /// Sets the list parameters that the OpenAPI document does not list for this operation.
    #[must_use]
    pub const fn without(self, without: &'static [&'static str]) -> Self {
        Self { without, ..self }
    }

    /// Sets the tag.
    #[must_use]
    pub const fn with_tag(self, tag: &'static str) -> Self {
        Self { tag, ..self }
    }

    /// Sets the collection.
    #[must_use]
    pub const fn in_collection(self, collection: &'static str) -> Self {
        Self { collection, ..self }
    }

    /// Sets the related operations.
    #[must_use]
    pub const fn with_related(self, related: RelatedOperations) -> Self {
        Self { related, ..self }
    }
}

impl RelatedOperations {
    /// Sets the operation that counts a list's records.
    #[must_use]
    pub const fn with_count(self, count: &'static Operation) -> Self {
        Self { count: Some(count), ..self }
    }

    /// Sets the operation that searches for a list's records.
    #[must_use]
    pub const fn with_search(self, search: &'static Operation) -> Self {
        Self { search: Some(search), ..self }
    }

    /// Sets the operation that updates a record.
    #[must_use]
    pub const fn with_update(self, update: &'static Operation) -> Self {
        Self { update: Some(update), ..self }
    }
}

impl Parameter {
    /// Creates a path parameter, which is always required.
    #[must_use]
    pub const fn path(name: &'static str, kind: ParameterKind) -> Self {
        Self { name, location: ParameterLocation::Path, kind, required: true }
    }

    /// Creates an optional query parameter.
    #[must_use]
    pub const fn query(name: &'static str, kind: ParameterKind) -> Self {
        Self { name, location: ParameterLocation::Query, kind, required: false }
    }

    /// Creates a required query parameter.
    #[must_use]
    pub const fn required_query(name: &'static str, kind: ParameterKind) -> Self {
        Self { name, location: ParameterLocation::Query, kind, required: true }
    }
}

impl BodySpec {
    /// Creates a required body that holds one value of this type.
    #[must_use]
    pub const fn new(type_name: &'static str, encoding: BodyEncoding) -> Self {
        Self { type_name, many: false, encoding, required: true }
    }

    /// Makes the body an array of values of the type.
    #[must_use]
    pub const fn many(self) -> Self {
        Self { many: true, ..self }
    }

    /// Makes the body optional.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self { required: false, ..self }
    }
}

impl Operation {
    /// Returns whether the operation is known not to take a list parameter.
    pub(crate) fn lacks(&self, parameter: &str) -> bool {
        self.without.contains(&parameter)
    }
}

/// Formats as `service.list_tickets (GET /service/tickets)`.
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} ({} {})", self.section, self.id, self.method, self.path)
    }
}

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// Reads a record, a list, a count, a file or another value.
    Get,
    /// Creates a record, searches, or runs an action.
    Post,
    /// Replaces a record. A field that the body leaves out goes back to its default or to nothing.
    Put,
    /// Updates fields of a record.
    Patch,
    /// Deletes a record.
    Delete,
}

impl Method {
    /// All methods.
    pub const ALL: [Self; 5] = [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// Returns the HTTP name of the method: `GET`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<Method> for http::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
            Method::Put => Self::PUT,
            Method::Patch => Self::PATCH,
            Method::Delete => Self::DELETE,
        }
    }
}

/// A parameter of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Parameter {
    /// The name in the path template or the query.
    pub name: &'static str,
    /// Whether the parameter is part of the path or the query.
    pub location: ParameterLocation,
    /// The type of its value.
    pub kind: ParameterKind,
    /// Whether the parameter is required.
    pub required: bool,
}

/// Where a parameter is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParameterLocation {
    /// In the path.
    Path,
    /// In the query string.
    Query,
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParameterKind {
    /// An integer.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A string, which can be a date (`lastModified`).
    Text,
    /// A value of the named enum.
    Enumeration(&'static str),
    /// An object of the named type; each of its fields is sent as a query parameter.
    Object(&'static str),
}

/// The request body of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BodySpec {
    /// The name of the type, or of the element type if the body is an array.
    pub type_name: &'static str,
    /// Whether the body is an array of values of the type.
    pub many: bool,
    /// The encoding.
    pub encoding: BodyEncoding,
    /// Whether the body is required.
    pub required: bool,
}

/// The encoding of a request body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyEncoding {
    /// `application/json`.
    Json,
    /// `multipart/form-data`.
    Multipart,
}

/// The type of an operation's response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseKind {
    /// No content, or content that callers do not need.
    None,
    /// One value of the named type.
    One(&'static str),
    /// An array of values of the named type.
    Many(&'static str),
    /// A file. The string is its media type.
    Bytes(&'static str),
    /// Any JSON.
    Any,
}

/// Which list parameters ([`ListQuery`](crate::query::ListQuery)) an operation accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryKind {
    /// None.
    None,
    /// Only `fields`.
    Fields,
    /// `conditions`, `childConditions` and `customFieldConditions`, for a count. The string is the type of the counted
    /// records; `None` if the OpenAPI document does not say which records are counted.
    Count(Option<&'static str>),
    /// All list parameters.
    List,
}

/// How a response is paged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Paging {
    /// The response is not paged.
    None,
    /// By page number.
    Page,
    /// By page number or forward-only: each page starts after the last id of the previous page.
    PageOrForward,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_shows_section_name_method_and_path() {
        let operation = Operation::new(
            "service",
            "list_tickets",
            "getServiceTickets",
            Method::Get,
            "/service/tickets",
            ResponseKind::Many("Ticket"),
        );
        assert_eq!(operation.to_string(), "service.list_tickets (GET /service/tickets)");
    }

    #[test]
    fn methods_convert_to_http_methods() {
        for method in [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete] {
            assert_eq!(http::Method::from(method).as_str(), method.as_str());
        }
    }
}
