//! The normalising rules, in the order in which they run. Each returns the number of changes that it made.

mod bodies;
mod enums;
mod parameters;
pub(crate) mod paths;
mod prose;
pub(crate) mod schemas;

use serde_json::Value;

use crate::problem::Problems;

type Rule = fn(&mut Value, &mut Problems) -> usize;

/// The rules.
const RULES: &[(&str, Rule)] = &[
    ("servers are removed: the host is a setting of the client", paths::remove_servers),
    ("components other than schemas are removed, with the references to them", schemas::remove_other_components),
    ("the vendor's extensions are removed", schemas::remove_extensions),
    ("the clientId header becomes a setting of the client", parameters::move_client_id_to_settings),
    ("invalid path templates are corrected", paths::correct_templates),
    ("path parameters that are not in the path move to the query or the body", parameters::move_out_of_path),
    ("lengths and other facts are read from prose", prose::keep_facts),
    ("media types of responses are read from prose", bodies::media_type_from_prose),
    ("error responses are removed: all operations have the same error body", bodies::remove_error_responses),
    ("one success response per operation is kept", bodies::keep_one_success_response),
    ("bodies of 204 responses are removed", bodies::remove_body_of_no_content),
    ("the vendor's versioned JSON media type becomes application/json", bodies::plain_json),
    ("responses that are not JSON become bytes", bodies::binary_responses),
    ("dots are removed from schema names, names that Rust uses get a suffix", schemas::flatten_names),
    ("null is removed from the values of enums", schemas::remove_null_values),
    ("enums without values become strings", enums::empty_to_string),
    ("named schemas that are not objects or enums are inlined", schemas::inline_named_values),
    ("binary properties of JSON objects become strings", schemas::binary_properties_of_json),
    ("objects without properties become any JSON", schemas::any_json),
    ("_info becomes one type", schemas::one_record_info),
    ("closed objects are opened", schemas::open_additional_properties),
    ("required becomes x-required-on-create", schemas::required_on_create),
    ("nullable is removed: every property can be null", schemas::remove_nullability),
    ("list parameters become one ListQuery, CountQuery or FieldsQuery", parameters::list_parameters),
    ("references are marked as plain (only id, name and identifier) or extended", schemas::mark_references),
    ("date strings without a format are marked", schemas::mark_dates_as_text),
    ("strings in a form become the enums of the query parameters with the same names", enums::share_with_forms),
    ("prose is removed", prose::remove_prose),
];

/// Applies all rules to a corrected document, and returns the rules with their counts.
pub fn normalise(document: &mut Value, problems: &mut Problems) -> Vec<(&'static str, usize)> {
    RULES.iter().map(|(name, rule)| (*name, rule(document, problems))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_form_keeps_a_file_that_is_described_by_reference() {
        let mut document = json!({
            "info": {"version": "1"},
            "paths": {"/a/b": {"post": {"operationId": "postB", "responses": {"204": {}}, "requestBody": {"content": {"multipart/form-data": {"schema": {"$ref": "#/components/schemas/Alias"}}}}}}},
            "components": {"schemas": {
                "Alias": {"$ref": "#/components/schemas/Form"},
                "Form": {"type": "object", "properties": {"file": {"$ref": "#/components/schemas/File"}}},
                "File": {"type": "string", "format": "binary"}
            }}
        });
        let mut problems = Problems::default();
        normalise(&mut document, &mut problems);
        assert_eq!(problems, Problems::default());
        assert_eq!(document["components"]["schemas"]["Form"]["properties"]["file"]["format"], "binary");
    }
}
