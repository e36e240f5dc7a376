//! What the documentation of one item needs to know about the rest of the API: collections, uses of types, Rust names of
//! fields, and which operations have an example.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::docs::Docs;
use crate::document::{self, references};
use crate::model::{Api, Operation, ResponseBody, SchemaKind, field_name};
use crate::render::collections::{self, Collection};
use crate::render::docs::examples::{self, Example};
use crate::render::properties::{Property, rust_type};

/// The API as the documentation sees it.
pub struct Context<'a> {
    /// The API.
    pub api: &'a Api,
    /// Texts, known values and rights.
    pub docs: &'a Docs,
    /// The collections of each section.
    pub collections: BTreeMap<&'a str, Vec<Collection<'a>>>,
    /// The sections that compile each type.
    sections: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// The fields of each struct.
    properties: BTreeMap<&'a str, Vec<Property>>,
    /// The operations that return or take each type, and the fields that have it.
    uses: BTreeMap<&'a str, Uses<'a>>,
    /// The examples, by the ID of the operation in psa.json.
    examples: BTreeMap<String, Example>,
}

/// The uses of a type.
#[derive(Clone, Debug, Default)]
pub struct Uses<'a> {
    /// The operations whose response it is, in the order of the documentation.
    pub returned: Vec<&'a Operation>,
    /// The operations whose body it is.
    pub taken: Vec<&'a Operation>,
    /// The fields (`Ticket.board`) that have the type or a list of it, and the query parameters of operations.
    pub fields: Vec<String>,
}

impl<'a> Context<'a> {
    /// Collects what the documentation needs.
    #[must_use]
    pub fn new(api: &'a Api, docs: &'a Docs) -> Self {
        let mut by_section: BTreeMap<&str, Vec<&'a Operation>> = BTreeMap::new();
        for operation in &api.operations {
            by_section.entry(&operation.section).or_default().push(operation);
        }
        let collections: BTreeMap<_, _> = by_section
            .into_iter()
            .map(|(section, operations)| (section, collections::in_section(&operations)))
            .collect();
        let properties =
            api.schemas.iter().map(|(name, schema)| (name.as_str(), properties(api, name, schema))).collect();
        let mut context = Self {
            api,
            docs,
            uses: uses(api, &collections),
            collections,
            sections: api.sections_of_schemas(),
            properties,
            examples: BTreeMap::new(),
        };
        context.examples = examples::choose(&context);
        context
    }

    /// Returns the sections whose feature compiles a type. Empty for a type of core, and for a type that no operation
    /// uses.
    #[must_use]
    pub fn sections_of(&self, schema: &str) -> BTreeSet<&'a str> {
        self.sections.get(schema).cloned().unwrap_or_default()
    }

    /// Returns whether a schema becomes a type of the bindings.
    #[must_use]
    pub fn is_generated(&self, schema: &str) -> bool {
        self.api.schemas.contains_key(schema) && !matches!(self.api.schema_kind(schema), SchemaKind::Core(_))
    }

    /// Returns the fields of a struct.
    #[must_use]
    pub fn properties(&self, schema: &str) -> &[Property] {
        self.properties.get(schema).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns a field of a struct by its JSON name.
    #[must_use]
    pub fn property(&self, schema: &str, json_name: &str) -> Option<&Property> {
        self.properties(schema).iter().find(|property| property.json_name == json_name)
    }

    /// Returns the uses of a type.
    #[must_use]
    pub fn uses(&self, schema: &str) -> Uses<'a> {
        self.uses.get(schema).cloned().unwrap_or_default()
    }

    /// Returns the example of an operation.
    #[must_use]
    pub fn example(&self, operation: &Operation) -> Option<&Example> {
        self.examples.get(&operation.id())
    }

    /// Returns the operations of a section in the order of the documentation.
    pub fn operations_of(&self, section: &str) -> impl Iterator<Item = &'a Operation> + use<'_, 'a> {
        self.collections.get(section).into_iter().flatten().flat_map(|collection| collection.operations.iter().copied())
    }

    /// Returns the path of the list of these records: the shortest one without parameters, otherwise the shortest.
    #[must_use]
    pub fn list_path(&self, schema: &str) -> Option<&'a str> {
        let lists = self.uses.get(schema)?.returned.iter().copied().filter(|operation| {
            let last = operation.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            operation.method == "get" && operation.is_list() && !last.eq_ignore_ascii_case("info")
        });
        let path = |operation: &'a Operation| operation.path.trim_end_matches('/');
        lists.map(path).min_by_key(|path| (path.matches('{').count(), path.matches('/').count(), path.len()))
    }
}

/// Returns the fields of a schema's struct.
fn properties(api: &Api, schema_name: &str, schema: &Value) -> Vec<Property> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .filter(|(_, property)| !document::is_binary(property))
        // A property without a valid name or type is reported when it is rendered.
        .filter_map(|(json_name, property)| {
            Some(Property {
                json_name: json_name.clone(),
                ident: syn::parse_str(&field_name(json_name, property)).ok()?,
                rust_type: rust_type(api, schema_name, json_name, property)?,
            })
        })
        .collect()
}

/// Collects the uses of all types.
fn uses<'a>(api: &'a Api, collections: &BTreeMap<&'a str, Vec<Collection<'a>>>) -> BTreeMap<&'a str, Uses<'a>> {
    let mut uses: BTreeMap<&str, Uses<'a>> = BTreeMap::new();
    for operation in collections.values().flatten().flat_map(|collection| &collection.operations) {
        if let ResponseBody::Json(shape) = &operation.response
            && let Some(schema) = shape.schema()
        {
            uses.entry(schema).or_default().returned.push(operation);
        }
        if let Some(schema) = operation.body.as_ref().and_then(|body| body.shape.schema()) {
            uses.entry(schema).or_default().taken.push(operation);
        }
        for parameter in &operation.parameters {
            if let Some(schema) = parameter.value_type.schema() {
                let location = format!("{}.{} ({})", operation.section, operation.name, parameter.name);
                uses.entry(schema).or_default().fields.push(location);
            }
        }
    }
    for (name, schema) in &api.schemas {
        for (field, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let mut found = Vec::new();
            references(property, &mut found);
            for schema in found {
                uses.entry(schema).or_default().fields.push(format!("{name}.{field}"));
            }
        }
    }
    uses
}

/// Returns the schema of a property.
#[must_use]
pub fn property_schema<'a>(schema: &'a Value, json_name: &str) -> &'a Value {
    schema.pointer(&format!("/properties/{}", document::escape(json_name))).unwrap_or(&Value::Null)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Query, Shape};
    use crate::render::summary::tests::operation_named;

    #[test]
    fn uses_and_list_paths_are_found() {
        let list = |name: &str, path: &str| Operation {
            section: "service".into(),
            method: "get".into(),
            path: path.into(),
            query: Query::List,
            response: ResponseBody::Json(Shape::Many("Board".into())),
            ..operation_named(name)
        };
        let api = Api {
            version: String::new(),
            operations: vec![
                list("list_board_infos", "/service/boards/info"),
                list("list_boards", "/service/boards/"),
                list("list_team_boards", "/service/teams/{id}/boards"),
            ],
            schemas: [
                ("Board".to_owned(), json!({"properties": {"status": {"$ref": "#/components/schemas/Status"}}})),
                ("Status".to_owned(), json!({"enum": ["a"]})),
            ]
            .into(),
        };
        let docs = Docs::default();
        let context = Context::new(&api, &docs);
        assert_eq!(context.list_path("Board"), Some("/service/boards"));
        assert_eq!(context.list_path("Status"), None);
        assert_eq!(context.uses("Board").returned.len(), 3);
        assert_eq!(context.uses("Status").fields, ["Board.status"]);
        assert_eq!(context.operations_of("service").next().unwrap().name, "list_boards");
    }
}
