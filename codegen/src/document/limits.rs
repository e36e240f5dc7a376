//! Finds documents that become too large when their references are followed. The import replaces references to lists,
//! strings, shared parameters and the like with their content, so a small document can grow without end.

use std::collections::HashMap;

use serde_json::Value;

use crate::problem::Problems;

/// The maximum number of JSON values after all references are followed. The vendor's documents have 220,000.
const MAXIMUM_VALUES: u64 = 5_000_000;

/// The maximum number of references that lead from one to the next.
const MAXIMUM_CHAIN: usize = 200;

/// Reports a document that becomes too large, with the component that contributes most.
pub(crate) fn check(document: &Value, problems: &mut Problems) {
    let mut sizes = Sizes { document, known: HashMap::new(), too_long: None };
    let total = sizes.of(document, false, 0).values;
    let largest = sizes.known.iter().map(|(reference, size)| (size.values, reference)).max();
    let location = |reference: &str| reference.trim_start_matches('#').to_owned();
    const FIX: &str = "use the OpenAPI document from the developer portal (All.json); the vendor's documents are far below \
        the limit";
    if let Some(reference) = &sizes.too_long {
        let message = format!("more than {MAXIMUM_CHAIN} references lead from one to the next");
        problems.add(location(reference), message, FIX);
    } else if total > MAXIMUM_VALUES {
        let (size, reference) = largest.map_or((total, "#/"), |(size, reference)| (size, reference.as_str()));
        let message = format!(
            "the document becomes too large when its references are followed: this component has {size} values, and \
             the limit for all is {MAXIMUM_VALUES}"
        );
        problems.add(location(reference), message, FIX);
    }
}

/// What a value becomes when its references are followed.
#[derive(Clone, Copy)]
struct Size {
    values: u64,
    /// The number of references that lead from one to the next.
    chain: usize,
}

impl Size {
    fn add(&mut self, part: Self) {
        self.values = self.values.saturating_add(part.values);
        self.chain = self.chain.max(part.chain);
    }
}

struct Sizes<'a> {
    document: &'a Value,
    /// The sizes of components.
    known: HashMap<String, Size>,
    /// A component from which too many references lead on.
    too_long: Option<String>,
}

impl Sizes<'_> {
    /// Returns the size of `value`. A reference to an object or an enum is followed only in `allOf`, because these become
    /// types. `outer` is the number of references that lead to the value.
    fn of(&mut self, value: &Value, in_all_of: bool, outer: usize) -> Size {
        let mut size = Size { values: 1, chain: 0 };
        match value {
            Value::Array(items) => {
                for item in items {
                    size.add(self.of(item, in_all_of, outer));
                }
            }
            Value::Object(object) => {
                if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
                    size.add(self.component(reference, in_all_of, outer));
                }
                for (key, value) in object {
                    size.add(self.of(value, key == "allOf", outer));
                }
            }
            _ => {}
        }
        size
    }

    fn component(&mut self, reference: &str, in_all_of: bool, outer: usize) -> Size {
        const NOTHING: Size = Size { values: 0, chain: 0 };
        let document = self.document;
        let Some(component) = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer)) else {
            return NOTHING;
        };
        let is_type = component.get("properties").is_some() || component.get("enum").is_some();
        if is_type && !in_all_of && reference.starts_with("#/components/schemas/") {
            return NOTHING;
        }
        if let Some(size) = self.known.get(reference) {
            return *size;
        }
        // A component that contains itself is reported by the rule that follows its references.
        self.known.insert(reference.to_owned(), NOTHING);
        let mut size = if outer < MAXIMUM_CHAIN { self.of(component, false, outer + 1) } else { NOTHING };
        size.chain += 1;
        if size.chain > MAXIMUM_CHAIN || outer >= MAXIMUM_CHAIN {
            self.too_long.get_or_insert_with(|| reference.to_owned());
        }
        self.known.insert(reference.to_owned(), size);
        size
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems_of(schemas: Value) -> String {
        let mut problems = Problems::default();
        check(&json!({"paths": {}, "components": {"schemas": schemas}}), &mut problems);
        if problems.0.is_empty() { String::new() } else { problems.to_string() }
    }

    /// Returns schemas in which each of `count` refers to the one before as `link` says.
    fn linked(count: usize, link: fn(Value) -> Value) -> Value {
        let mut schemas = json!({"S0": {"type": "string"}});
        for index in 1..=count {
            schemas[format!("S{index}")] = link(json!({"$ref": format!("#/components/schemas/S{}", index - 1)}));
        }
        schemas
    }

    #[test]
    fn schemas_that_double_without_end_are_reported() {
        for link in [
            |inner: Value| json!({"oneOf": [inner, inner]}),
            |inner: Value| json!({"type": "array", "items": inner, "additionalProperties": inner}),
            |inner: Value| json!({"properties": {}, "allOf": [inner, inner]}),
        ] {
            assert_eq!(problems_of(linked(10, link)), "");
            let problems = problems_of(linked(40, link));
            assert!(problems.contains("/components/schemas/S") && problems.contains("becomes too large"), "{problems}");
        }
        let chain = problems_of(linked(300, |inner| json!({"type": "array", "items": inner})));
        assert!(chain.contains("more than 200 references lead"), "{chain}");
    }

    #[test]
    fn objects_that_refer_to_each_other_and_schemas_that_contain_themselves_are_not_too_large() {
        let object = |inner: Value| json!({"properties": {"a": inner, "b": inner}});
        assert_eq!(problems_of(linked(1000, object)), "");
        let list = json!({"type": "array", "items": {"$ref": "#/components/schemas/L"}});
        assert_eq!(problems_of(json!({"L": list})), "");
    }

    #[test]
    fn a_shared_response_counts_for_each_of_its_uses() {
        let values: Vec<String> = (0..6000).map(|value| format!("v{value}")).collect();
        let mut document = json!({"paths": {}, "components": {"responses": {"R": {"x-values": values}}}});
        for path in 0..1000 {
            document["paths"][format!("/a{path}")] =
                json!({"get": {"responses": {"200": {"$ref": "#/components/responses/R"}}}});
        }
        let mut problems = Problems::default();
        check(&document, &mut problems);
        assert!(problems.to_string().contains("/components/responses/R: "), "{problems}");
    }
}
