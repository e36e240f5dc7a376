//! The normalising rules, in the order in which they run. Each is a small function that returns how many places it
//! changed.

mod bodies;
mod enums;
mod parameters;
mod paths;
mod prose;
mod schemas;

use serde_json::Value;

use crate::names::Lexicon;
use crate::problem::Problems;

type Rule = fn(&mut Value, &mut Problems) -> usize;

/// Every rule that needs nothing but the document.
const RULES: &[(&str, Rule)] = &[
    ("servers are dropped: the host belongs to the client's settings", paths::drop_servers),
    ("shared and path-level parameters are written out at the operation", parameters::write_out),
    ("shared bodies and answers are written out at the operation", bodies::write_out),
    ("components other than schemas are dropped, and what names them", schemas::drop_other_components),
    ("the vendor's extensions are dropped", schemas::drop_extensions),
    ("HEAD, OPTIONS and TRACE are dropped: they are no operations of the API", paths::drop_other_methods),
    ("clientId header becomes a setting of the client", parameters::move_client_id_to_settings),
    ("path templates are mended", paths::mend_templates),
    ("path parameters that are not in the path move to the query or the body", parameters::move_out_of_path),
    ("lengths and other facts are read from prose", prose::keep_facts),
    ("answers whose media type stands only in prose get it", bodies::media_type_from_prose),
    ("error answers are dropped: one error body serves all operations", bodies::drop_error_answers),
    ("an operation keeps one success answer", bodies::keep_one_answer),
    ("bodies of 204 answers are dropped", bodies::drop_body_of_no_content),
    ("the vendor's versioned JSON media type becomes application/json", bodies::plain_json),
    ("untyped binary answers become bytes", bodies::binary_answers),
    ("dotted schema names are flattened, names that Rust needs get a suffix", schemas::flatten_names),
    ("allOf of one schema is that schema", schemas::collapse_single_all_of),
    ("null is dropped from the values of enums", schemas::drop_null_values),
    ("enums of numbers are numbers", schemas::drop_enums_of_numbers),
    ("enums whose values make no names are text", enums::unnameable_to_text),
    ("named schemas that are values are written out where they are used", schemas::write_out_named_values),
    ("binary members of JSON objects are text", schemas::binary_members_of_json),
    ("a member that is an object without members carries any JSON", schemas::any_json),
    ("_info becomes one type", schemas::one_record_info),
    ("closed additionalProperties are opened", schemas::open_additional_properties),
    ("required becomes a fact of creation", schemas::required_on_create),
    ("nullability is dropped: everything read may be null", schemas::drop_nullability),
    ("list parameters become one ListQuery, CountQuery or FieldsQuery", parameters::list_parameters),
    ("references of id, name and identifier are marked", schemas::mark_references),
    ("dates without a format are marked", schemas::mark_dates_as_text),
    ("texts of a form are the enums that the list's query has under the same names", enums::share_with_forms),
    ("prose is dropped", prose::drop_prose),
];

/// Runs every rule over a corrected document; returns the rules with their counts.
pub fn normalise(document: &mut Value, lexicon: &Lexicon, problems: &mut Problems) -> Vec<(&'static str, usize)> {
    let mut counts: Vec<_> = RULES.iter().map(|(name, rule)| (*name, rule(document, problems))).collect();
    counts.push((
        "inline enums are lifted to named schemas, each set of values once",
        enums::lift(document, lexicon, problems),
    ));
    counts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_form_keeps_its_file_whatever_names_lead_to_it() {
        let mut document = json!({
            "info": {"version": "1"},
            "paths": {"/a/b": {"post": {"operationId": "postB", "responses": {"204": {}}, "requestBody": {"content": {"multipart/form-data": {"schema": {"$ref": "#/components/schemas/Alias"}}}}}}},
            "components": {"schemas": {
                "Alias": {"allOf": [{"$ref": "#/components/schemas/Form"}]},
                "Form": {"type": "object", "properties": {"file": {"$ref": "#/components/schemas/File"}}},
                "File": {"type": "string", "format": "binary"}
            }}
        });
        let mut problems = Problems::default();
        normalise(&mut document, &Lexicon::default(), &mut problems);
        assert_eq!(problems, Problems::default());
        assert_eq!(document["components"]["schemas"]["Form"]["properties"]["file"]["format"], "binary");
    }
}
