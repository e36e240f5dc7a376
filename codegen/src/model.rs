//! The model that the generator reads from psa.json: operations and schemas.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToPascalCase;
use serde_json::Value;

use crate::document::{self, METHODS, Object, array, references, text};
use crate::problem::{Problem, Problems};
use crate::rust_names;

/// The API: its operations and schemas.
#[derive(Clone, Debug)]
pub struct Api {
    /// Version of the vendor's document: `2025.8`.
    pub version: String,
    /// Operations, sorted by section and name.
    pub operations: Vec<Operation>,
    /// The schemas as JSON, by name.
    pub schemas: BTreeMap<String, Value>,
}

/// An operation that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Lower-case HTTP method.
    pub method: String,
    /// Path template.
    pub path: String,
    /// What is missing or not supported.
    pub problem: Problem,
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Section: the first segment of the path.
    pub section: String,
    /// The name in the bindings, unique in the section.
    pub name: String,
    /// The vendor's operation ID.
    pub vendor_id: String,
    /// Lower-case HTTP method.
    pub method: String,
    /// Path template.
    pub path: String,
    /// The vendor's tag.
    pub tag: String,
    /// Path parameters in the order of the path, then query parameters.
    pub parameters: Vec<Parameter>,
    /// The shared query parameters that the operation takes.
    pub query: Query,
    /// The request body.
    pub body: Option<Body>,
    /// The body of a successful response.
    pub response: ResponseBody,
    /// The success status in the document: `201`, or `default`.
    pub status: String,
    /// Facts that few operations have.
    pub annotations: Annotations,
}

/// Facts that few operations have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Annotations {
    /// The list parameters that the document does not list, although it does for similar operations.
    pub without: Vec<String>,
    /// Whether the document says that the operation is deprecated.
    pub deprecated: bool,
    /// All media types of the request body, if there are several. The bindings use one.
    pub body_media: Vec<String>,
    /// All media types of the response, if there are several. The bindings use one.
    pub response_media: Vec<String>,
    /// The optional parameters that the document says are deprecated, by their names in the query.
    pub deprecated_parameters: Vec<String>,
    /// The values of parameters that take only some of the values of their enum, by their names in the path or query.
    pub values: BTreeMap<String, Vec<String>>,
}

/// A parameter of the path or the query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The name in the path or query.
    pub name: String,
    /// The name of the Rust argument.
    pub argument: String,
    /// Whether it is a path parameter. Otherwise it is a query parameter.
    pub in_path: bool,
    /// The type of its value.
    pub value_type: ValueType,
    /// Whether every call has to pass it.
    pub required: bool,
}

/// The type of a parameter, or of a JSON string, number or boolean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// A 32-bit integer.
    Integer,
    /// A 64-bit integer.
    Long,
    /// A decimal number.
    Number,
    /// A boolean.
    Boolean,
    /// A string.
    String,
    /// A timestamp.
    DateTime,
    /// A date.
    Date,
    /// A UUID.
    Uuid,
    /// One of the values of a named enum.
    Enumeration(String),
    /// An object in the query: each of its properties is a query parameter.
    Object(String),
}

/// The shared query parameters of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Query {
    /// None.
    None,
    /// Only `fields`.
    Fields,
    /// Only filters, for a count.
    Count,
    /// Filters, order, fields and paging.
    List,
}

/// A request body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// The shape of its JSON, or of its form.
    pub shape: Shape,
    /// Whether it is a multipart form with a file instead of JSON.
    pub multipart: bool,
    /// Whether the body is required.
    pub required: bool,
}

/// The shape of a JSON body of a request or response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A named schema.
    One(String),
    /// An array of a named schema.
    Many(String),
    /// One string, number or boolean.
    Scalar(ValueType),
    /// An array of strings, numbers or booleans.
    Scalars(ValueType),
    /// A map whose values have a named schema, or are any JSON.
    Map(Option<String>),
    /// An array of such maps.
    ManyMaps(Option<String>),
    /// Any JSON.
    Any,
    /// An array of any JSON.
    ManyAny,
    /// An array of something else: of arrays, or of maps of strings, numbers, booleans or arrays.
    Lists(Box<Shape>),
    /// A map whose values are something else.
    Maps(Box<Shape>),
}

/// The body of a successful response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResponseBody {
    /// No body.
    Empty,
    /// JSON.
    Json(Shape),
    /// Bytes, with their media type.
    Bytes(String),
}

/// What a named schema becomes in Rust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaKind {
    /// A struct.
    Object,
    /// An enum.
    Enumeration,
    /// A type of core.
    Core(CoreType),
}

/// The types of core that schemas can become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoreType {
    /// A plain reference.
    Reference,
    /// The `_info` of a record.
    RecordInfo,
    /// An operation of a JSON patch.
    PatchOperation,
    /// Any JSON.
    Value,
}

impl CoreType {
    /// Returns the name of the type in core.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reference => "Reference",
            Self::RecordInfo => "RecordInfo",
            Self::PatchOperation => "PatchOperation",
            Self::Value => "Value",
        }
    }
}

impl Api {
    /// Reads psa.json.
    ///
    /// # Errors
    /// Fails for a document that the importer did not write. The error says what is missing, and where.
    pub fn read(psa: &Value) -> Result<Self, Problems> {
        let (api, unreadable) = Self::read_partly(psa);
        Problems(unreadable.into_iter().map(|operation| operation.problem).collect()).into_result()?;
        Ok(api)
    }

    /// Reads psa.json without the operations that cannot be read, and returns those separately.
    #[must_use]
    pub fn read_partly(psa: &Value) -> (Self, Vec<Unreadable>) {
        let mut unreadable = Vec::new();
        let mut operations = Vec::new();
        for (path, item) in psa.get("paths").and_then(Value::as_object).into_iter().flatten() {
            for method in METHODS {
                let Some(operation) = item.get(method).and_then(Value::as_object) else { continue };
                match read_operation(path, method, operation, psa) {
                    Ok(operation) => operations.push(operation),
                    Err(what) => unreadable.push(Unreadable {
                        method: method.to_owned(),
                        path: path.clone(),
                        problem: Problem::new(
                            document::operation_label(path, method, operation),
                            what,
                            "the file is not as the importer writes it: restore the committed openapi/psa.json",
                        ),
                    }),
                }
            }
        }
        operations.sort_by(|a, b| (&a.section, &a.name).cmp(&(&b.section, &b.name)));
        let schemas = psa
            .pointer("/components/schemas")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(name, schema)| (name.clone(), schema.clone()))
            .collect();
        (Self { version: document::version(psa).to_owned(), operations, schemas }, unreadable)
    }

    /// Returns what a schema becomes in Rust. An unknown name is any JSON; the importer rejects documents with such
    /// names.
    #[must_use]
    pub fn schema_kind(&self, name: &str) -> SchemaKind {
        let Some(schema) = self.schemas.get(name) else { return SchemaKind::Core(CoreType::Value) };
        match name {
            "RecordInfo" => return SchemaKind::Core(CoreType::RecordInfo),
            "PatchOperation" => return SchemaKind::Core(CoreType::PatchOperation),
            _ => {}
        }
        if schema.get("enum").is_some() {
            SchemaKind::Enumeration
        } else if schema.get("x-reference").and_then(Value::as_str) == Some("plain") {
            SchemaKind::Core(CoreType::Reference)
        } else if schema.get("properties").is_some() {
            SchemaKind::Object
        } else {
            SchemaKind::Core(CoreType::Value)
        }
    }

    /// Returns the sections, sorted.
    #[must_use]
    pub fn sections(&self) -> BTreeSet<&str> {
        self.operations.iter().map(|operation| operation.section.as_str()).collect()
    }

    /// Returns the schema of the records that a count counts: those of the list at the same path without `/count`. Some
    /// counts have no such list.
    #[must_use]
    pub fn counted_schema(&self, count: &Operation) -> Option<&str> {
        let segments = |path: &str| {
            path.split('/').filter(|segment| !segment.is_empty()).map(str::to_lowercase).collect::<Vec<_>>()
        };
        let mut list = segments(&count.path);
        list.remove(list.iter().rposition(|segment| segment == "count")?);
        let found = self.operations.iter().find(|other| other.method == "get" && segments(&other.path) == list)?;
        match &found.response {
            ResponseBody::Json(Shape::Many(name)) => Some(name),
            _ => None,
        }
    }

    /// Returns each schema that becomes a type, with the sections whose operations use it, directly or through other
    /// types.
    #[must_use]
    pub fn sections_of_schemas(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut reached: BTreeMap<&str, BTreeSet<&str>> = self
            .schemas
            .keys()
            .filter(|name| !matches!(self.schema_kind(name), SchemaKind::Core(_)))
            .map(|name| (name.as_str(), BTreeSet::new()))
            .collect();
        for operation in &self.operations {
            let mut pending: Vec<&str> = operation.schemas().collect();
            while let Some(name) = pending.pop() {
                let Some(sections) = reached.get_mut(name) else { continue };
                if sections.insert(&operation.section)
                    && let Some(schema) = self.schemas.get(name)
                {
                    references(schema, &mut pending);
                }
            }
        }
        reached
    }
}

/// Returns the Rust name of a schema.
#[must_use]
pub fn type_name(schema: &str) -> String {
    schema.to_pascal_case()
}

/// Returns the Rust name of a property: its `x-rust-name`, or the name by rule.
#[must_use]
pub fn field_name(json_name: &str, property: &Value) -> String {
    let assigned = property.get("x-rust-name").and_then(Value::as_str);
    assigned.map_or_else(|| rust_names::field(json_name), str::to_owned)
}

/// Returns the name of the variant for a value of an enum: the one in its `x-rust-names`, or the name by rule.
#[must_use]
pub fn variant_name(value: &str, enumeration: &Value) -> String {
    let assigned = enumeration.get("x-rust-names").and_then(|names| names.get(value)).and_then(Value::as_str);
    assigned.map_or_else(|| rust_names::variant(value), str::to_owned)
}

/// Returns the values of an enum with the Rust names of their variants, in the order of the document.
pub fn variants(schema: &Value) -> impl Iterator<Item = (&str, String)> {
    let values = schema.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    values.map(move |value| (value, variant_name(value, schema)))
}

impl Operation {
    /// Returns the schemas of its parameters, request body and response.
    pub fn schemas(&self) -> impl Iterator<Item = &str> {
        let parameters = self.parameters.iter().filter_map(|parameter| parameter.value_type.schema());
        let response = match &self.response {
            ResponseBody::Json(shape) => shape.schema(),
            _ => None,
        };
        parameters.chain(self.body.as_ref().and_then(|body| body.shape.schema())).chain(response)
    }

    /// Returns `SECTION_NAME`: the operationId in psa.json and the name of progenitor's method.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}_{}", self.section, self.name)
    }

    /// Returns `GET /path (vendorId)`, the label in messages.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{} {} ({})", self.method.to_uppercase(), self.path, self.vendor_id)
    }

    /// Returns whether the body is a JSON patch.
    #[must_use]
    pub fn takes_patch(&self) -> bool {
        let patch = Shape::Many("PatchOperation".to_owned());
        self.method == "patch" && self.body.as_ref().is_some_and(|body| body.shape == patch)
    }

    /// Returns whether the operation returns records page by page.
    #[must_use]
    pub fn is_list(&self) -> bool {
        matches!(
            self.response,
            ResponseBody::Json(
                Shape::Many(_) | Shape::ManyMaps(_) | Shape::ManyAny | Shape::Scalars(_) | Shape::Lists(_)
            )
        ) && (self.method == "get" || self.query == Query::List)
    }
}

impl Body {
    /// Returns the name of the part with the file of a form, or `None` if the body has no file.
    #[must_use]
    pub fn file_part(&self, api: &Api) -> Option<String> {
        let schema = self.shape.schema().filter(|_| self.multipart)?;
        let properties = api.schemas.get(schema)?.get("properties")?.as_object()?;
        properties.iter().find(|(_, property)| document::is_binary(property)).map(|(name, _)| name.clone())
    }
}

impl Shape {
    /// Returns the named schema, if there is one.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        match self {
            Self::One(name) | Self::Many(name) | Self::Map(Some(name)) | Self::ManyMaps(Some(name)) => Some(name),
            Self::Lists(inner) | Self::Maps(inner) => inner.schema(),
            _ => None,
        }
    }

    /// Returns the shape of a schema, or `None` if the generator does not support it.
    #[must_use]
    pub fn from_schema(schema: &Value) -> Option<Self> {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(document::schema_name) {
            return Some(Self::One(name.to_owned()));
        }
        match schema.get("type").and_then(Value::as_str) {
            None => Some(Self::Any),
            Some("array") => match Self::from_schema(schema.get("items")?)? {
                Self::One(name) => Some(Self::Many(name)),
                Self::Scalar(value_type) => Some(Self::Scalars(value_type)),
                Self::Map(values) => Some(Self::ManyMaps(values)),
                Self::Any => Some(Self::ManyAny),
                other => Some(Self::Lists(Box::new(other))),
            },
            Some("object") => match Self::from_schema(schema.get("additionalProperties")?)? {
                Self::One(name) => Some(Self::Map(Some(name))),
                Self::Any => Some(Self::Map(None)),
                other => Some(Self::Maps(Box::new(other))),
            },
            Some(_) => ValueType::from_schema(schema).map(Self::Scalar),
        }
    }
}

impl ValueType {
    /// Returns the named schema, if there is one.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        match self {
            Self::Enumeration(name) | Self::Object(name) => Some(name),
            _ => None,
        }
    }

    /// Returns the type of a string, number or boolean, or `None` for any other schema.
    #[must_use]
    pub fn from_schema(schema: &Value) -> Option<Self> {
        match (schema.get("type").and_then(Value::as_str)?, schema.get("format").and_then(Value::as_str)) {
            ("integer", Some("int32")) => Some(Self::Integer),
            ("integer", _) => Some(Self::Long),
            ("number", _) => Some(Self::Number),
            ("boolean", _) => Some(Self::Boolean),
            ("string", Some("date-time")) => Some(Self::DateTime),
            ("string", Some("date")) => Some(Self::Date),
            ("string", Some("uuid")) => Some(Self::Uuid),
            ("string", _) => Some(Self::String),
            _ => None,
        }
    }
}

fn read_operation(path: &str, method: &str, operation: &Object, psa: &Value) -> Result<Operation, String> {
    let required =
        |key: &str| text(operation, key).map(str::to_owned).ok_or_else(|| format!("the operation has no {key}"));
    let mut query = Query::None;
    let mut parameters = Vec::new();
    for parameter in array(operation, "parameters").filter_map(Value::as_object) {
        if let Some(reference) = text(parameter, "$ref") {
            query = match reference.rsplit('/').next() {
                Some("ListQuery") => Query::List,
                Some("CountQuery") => Query::Count,
                Some("FieldsQuery") => Query::Fields,
                _ => return Err(format!("`{reference}` is not a shared query parameter")),
            };
            continue;
        }
        parameters.push(read_parameter(parameter, psa)?);
    }
    let body = match operation.get("requestBody") {
        None => None,
        Some(body) => {
            let (media, schema) = content(body).ok_or("the request body has no content")?;
            let shape = schema
                .map_or(Some(Shape::Any), Shape::from_schema)
                .ok_or("the generator does not support the schema of the request body")?;
            Some(Body {
                shape,
                multipart: media == "multipart/form-data",
                required: body.get("required").and_then(Value::as_bool).unwrap_or(false),
            })
        }
    };
    let (status, response) = operation
        .get("responses")
        .and_then(Value::as_object)
        .and_then(|responses| responses.iter().next())
        .ok_or("the operation has no response")?;
    let response = match content(response) {
        None => ResponseBody::Empty,
        Some(("application/json", schema)) => ResponseBody::Json(
            schema
                .map_or(Some(Shape::Any), Shape::from_schema)
                .ok_or("the generator does not support the schema of the response")?,
        ),
        Some((media, _)) => ResponseBody::Bytes(media.to_owned()),
    };
    Ok(Operation {
        section: required("x-section")?,
        name: required("x-name")?,
        vendor_id: required("x-vendor-id")?,
        method: method.to_owned(),
        path: path.to_owned(),
        tag: array(operation, "tags").next().and_then(Value::as_str).unwrap_or_default().to_owned(),
        parameters,
        query,
        body,
        response,
        status: status.clone(),
        annotations: read_annotations(operation),
    })
}

fn read_annotations(operation: &Object) -> Annotations {
    let strings =
        |value: &Value| value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    let media =
        |value: Option<&Value>| value.and_then(|value| value.get("x-media-types")).map(strings).unwrap_or_default();
    let response =
        operation.get("responses").and_then(Value::as_object).and_then(|responses| responses.values().next());
    let parameters = || array(operation, "parameters").filter_map(Value::as_object);
    let values = parameters().filter_map(|parameter| {
        Some((text(parameter, "name")?.to_owned(), strings(parameter.get("schema")?.get("x-values")?)))
    });
    let deprecated = parameters().filter(|parameter| is_deprecated(parameter));
    Annotations {
        without: operation.get("x-query-without").map(strings).unwrap_or_default(),
        deprecated: is_deprecated(operation),
        body_media: media(operation.get("requestBody")),
        response_media: media(response),
        deprecated_parameters: deprecated.filter_map(|parameter| text(parameter, "name")).map(str::to_owned).collect(),
        values: values.collect(),
    }
}

fn is_deprecated(object: &Object) -> bool {
    object.get("deprecated").is_some_and(|deprecated| *deprecated == true)
}

fn content(value: &Value) -> Option<(&str, Option<&Value>)> {
    let (media, body) = value.get("content")?.as_object()?.iter().next()?;
    Some((media, body.get("schema")))
}

fn read_parameter(parameter: &Object, psa: &Value) -> Result<Parameter, String> {
    let name = text(parameter, "name").ok_or("a parameter has no name")?;
    let schema = parameter.get("schema").ok_or_else(|| format!("the parameter `{name}` has no schema"))?;
    let value_type = if let Some(named) = schema.get("$ref").and_then(Value::as_str).and_then(document::schema_name) {
        let is_enum = psa
            .pointer("/components/schemas")
            .and_then(|schemas| schemas.get(named))
            .is_some_and(|schema| schema.get("enum").is_some());
        if is_enum { ValueType::Enumeration(named.to_owned()) } else { ValueType::Object(named.to_owned()) }
    } else {
        ValueType::from_schema(schema)
            .ok_or_else(|| format!("the parameter `{name}` is not a string, number, boolean or enum"))?
    };
    Ok(Parameter {
        name: name.to_owned(),
        argument: text(parameter, "x-argument").unwrap_or(name).to_owned(),
        in_path: text(parameter, "in") == Some("path"),
        value_type,
        required: parameter.get("required").and_then(Value::as_bool).unwrap_or(false),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schemas_have_shapes() {
        let reference = json!({"$ref": "#/components/schemas/A"});
        for (schema, expected) in [
            (reference.clone(), Some(Shape::One("A".into()))),
            (json!({"type": "array", "items": reference}), Some(Shape::Many("A".into()))),
            (
                json!({"type": "array", "items": {"type": "object", "additionalProperties": reference}}),
                Some(Shape::ManyMaps(Some("A".into()))),
            ),
            (
                json!({"type": "array", "items": {"type": "object", "additionalProperties": {}}}),
                Some(Shape::ManyMaps(None)),
            ),
            (json!({"type": "array", "items": {}}), Some(Shape::ManyAny)),
            (json!({"type": "integer"}), Some(Shape::Scalar(ValueType::Long))),
            (json!({"type": "array", "items": {"type": "string"}}), Some(Shape::Scalars(ValueType::String))),
            (json!({"type": "object", "additionalProperties": reference}), Some(Shape::Map(Some("A".into())))),
            (json!({}), Some(Shape::Any)),
            (
                json!({"type": "array", "items": {"type": "array", "items": reference}}),
                Some(Shape::Lists(Box::new(Shape::Many("A".into())))),
            ),
            (
                json!({"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}),
                Some(Shape::Maps(Box::new(Shape::Scalars(ValueType::String)))),
            ),
            (json!({"type": "file"}), None),
        ] {
            assert_eq!(Shape::from_schema(&schema), expected, "{schema}");
        }
    }

    #[test]
    fn schemas_belong_to_the_sections_that_use_them() {
        let response = |name: &str| json!({"200": {"content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{name}")}}}}});
        let operation = |section: &str, name: &str| json!({"x-section": section, "x-name": "get", "x-vendor-id": "v", "responses": response(name)});
        let psa = json!({"info": {"version": "1"}, "paths": {"/a/x": {"get": operation("a", "A")}, "/b/x": {"get": operation("b", "B")}}, "components": {"schemas": {
            "A": {"properties": {"inner": {"type": "array", "items": {"$ref": "#/components/schemas/Shared"}}}},
            "B": {"properties": {"inner": {"$ref": "#/components/schemas/Shared"}, "self": {"$ref": "#/components/schemas/B"}}},
            "Shared": {"enum": ["x"]},
            "Unused": {"properties": {}}
        }}});
        let api = Api::read(&psa).unwrap();
        let sections = api.sections_of_schemas();
        assert_eq!(sections["A"], ["a"].into());
        assert_eq!(sections["Shared"], ["a", "b"].into());
        assert!(sections["Unused"].is_empty());
    }
}
