//! Operations as data: one constant for each operation of the API, made by the generator.

use std::fmt;

/// One operation of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// Our name for it, unique in its section: `list_tickets`.
    pub id: &'static str,
    /// The section it belongs to, the first segment of its path: `service`.
    pub section: &'static str,
    /// The vendor's name for it: `getServiceTickets`.
    pub vendor_id: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The template of the path under the API base, parameters in braces: `/service/tickets/{id}`.
    pub path: &'static str,
    /// The parameters of path and query, without those of lists.
    pub parameters: &'static [Parameter],
    /// The body of the request.
    pub body: Option<BodySpec>,
    /// What the server responds with.
    pub response: ResponseKind,
    /// Which of the list parameters it takes.
    pub query: QueryKind,
    /// How its response is paged.
    pub paging: Paging,
    /// The vendor's group of operations: `Tickets`.
    pub tag: &'static str,
    /// Operations on the same records.
    pub related: RelatedOperations,
}

/// Operations on the same records as another operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RelatedOperations {
    /// Of a list: the count of its records.
    pub count: Option<&'static Operation>,
    /// Of a list: the search that takes its conditions in the body, for conditions that are too long for a URL.
    pub search: Option<&'static Operation>,
    /// Of the reading of a record: the patch of it.
    pub update: Option<&'static Operation>,
}

impl RelatedOperations {
    /// None of them.
    pub const NONE: Self = Self { count: None, search: None, update: None };
}

impl Operation {
    /// An operation without parameters, body, list parameters and related operations.
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
            query: QueryKind::None,
            paging: Paging::None,
            tag: "",
            related: RelatedOperations::NONE,
        }
    }

    /// With these parameters of path and query.
    #[must_use]
    pub const fn with_parameters(self, parameters: &'static [Parameter]) -> Self {
        Self { parameters, ..self }
    }

    /// With this request body.
    #[must_use]
    pub const fn with_body(self, body: BodySpec) -> Self {
        Self { body: Some(body), ..self }
    }

    /// With these list parameters and this way of paging.
    #[must_use]
    pub const fn with_query(self, query: QueryKind, paging: Paging) -> Self {
        Self { query, paging, ..self }
    }

    /// In this group of the vendor's.
    #[must_use]
    pub const fn with_tag(self, tag: &'static str) -> Self {
        Self { tag, ..self }
    }

    /// With these related operations.
    #[must_use]
    pub const fn with_related(self, related: RelatedOperations) -> Self {
        Self { related, ..self }
    }
}

impl RelatedOperations {
    /// With the count of a list's records.
    #[must_use]
    pub const fn with_count(self, count: &'static Operation) -> Self {
        Self { count: Some(count), ..self }
    }

    /// With the search for a list's records.
    #[must_use]
    pub const fn with_search(self, search: &'static Operation) -> Self {
        Self { search: Some(search), ..self }
    }

    /// With the patch of a record.
    #[must_use]
    pub const fn with_update(self, update: &'static Operation) -> Self {
        Self { update: Some(update), ..self }
    }
}

impl Parameter {
    /// A parameter of the path, which is always required.
    #[must_use]
    pub const fn path(name: &'static str, kind: ParameterKind) -> Self {
        Self { name, location: ParameterLocation::Path, kind, required: true }
    }

    /// An optional parameter of the query string.
    #[must_use]
    pub const fn query(name: &'static str, kind: ParameterKind) -> Self {
        Self { name, location: ParameterLocation::Query, kind, required: false }
    }

    /// A required parameter of the query string.
    #[must_use]
    pub const fn required_query(name: &'static str, kind: ParameterKind) -> Self {
        Self { name, location: ParameterLocation::Query, kind, required: true }
    }
}

impl BodySpec {
    /// A required body of one value of this type.
    #[must_use]
    pub const fn new(type_name: &'static str, encoding: BodyEncoding) -> Self {
        Self { type_name, many: false, encoding, required: true }
    }

    /// A body that is an array of the type.
    #[must_use]
    pub const fn many(self) -> Self {
        Self { many: true, ..self }
    }

    /// A body that can be left out.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self { required: false, ..self }
    }
}

/// `service.list_tickets (GET /service/tickets)`.
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} ({} {})", self.section, self.id, self.method, self.path)
    }
}

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// Reads.
    Get,
    /// Makes or does something.
    Post,
    /// Replaces a record; what is not sent is reset.
    Put,
    /// Changes members of a record.
    Patch,
    /// Deletes.
    Delete,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 5] = [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// The name in a request: `GET`.
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
    /// Its name on the wire.
    pub name: &'static str,
    /// Where it goes.
    pub location: ParameterLocation,
    /// What it is.
    pub kind: ParameterKind,
    /// Whether the operation makes no sense without it.
    pub required: bool,
}

/// Where a parameter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParameterLocation {
    /// Into the path.
    Path,
    /// Into the query string.
    Query,
}

/// What a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParameterKind {
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// Text.
    Text,
    /// A text of the named enum.
    Enumeration(&'static str),
    /// An object of the query, by the name of its type: each of its members is a query parameter.
    Object(&'static str),
}

/// The body an operation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BodySpec {
    /// The name of its type.
    pub type_name: &'static str,
    /// Whether it is an array of them.
    pub many: bool,
    /// How it is sent.
    pub encoding: BodyEncoding,
    /// Whether the operation makes no sense without it.
    pub required: bool,
}

/// How a body is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyEncoding {
    /// `application/json`.
    Json,
    /// `multipart/form-data`.
    Multipart,
}

/// What an operation answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseKind {
    /// Nothing that matters.
    None,
    /// One value of the named type.
    One(&'static str),
    /// An array of the named type.
    Many(&'static str),
    /// A file of this media type.
    Bytes(&'static str),
    /// Any JSON.
    Any,
}

/// Which of the list parameters an operation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryKind {
    /// None of them.
    None,
    /// `fields` alone.
    Fields,
    /// The conditions, on records of the named type where the description says which.
    Count(Option<&'static str>),
    /// All of them.
    List,
}

/// How an answer is paged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Paging {
    /// It is not.
    None,
    /// By page number.
    Page,
    /// By page number, or forward only by id.
    PageOrForward,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_prints_as_section_name_method_and_path() {
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
    fn methods_are_those_of_http() {
        for method in [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete] {
            assert_eq!(http::Method::from(method).as_str(), method.as_str());
        }
    }
}
