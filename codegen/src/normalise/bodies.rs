//! Rules about request bodies, responses and their media types.

use serde_json::{Map, Value, json};

use crate::document::{self, for_each_operation};
use crate::problem::Problems;
use crate::prose;

fn for_each_response(document: &mut Value, mut each: impl FnMut(&str, &mut Map<String, Value>)) {
    for_each_operation(document, |_, _, operation| {
        let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
        for (status, response) in responses.iter_mut() {
            if let Some(response) = response.as_object_mut() {
                each(status, response);
            }
        }
    });
}

fn has_content(response: &Value) -> bool {
    response.get("content").and_then(Value::as_object).is_some_and(|content| !content.is_empty())
}

/// Reads `ContentType = image/png` in the description of a response without content. The response becomes bytes of this
/// media type.
pub(super) fn media_type_from_prose(document: &mut Value, _: &mut Problems) -> usize {
    let mut found = 0;
    for_each_response(document, |_, response| {
        let Some(media) = response.get("description").and_then(Value::as_str).and_then(prose::content_type) else {
            return;
        };
        if !response.contains_key("content") {
            let media = media.to_owned();
            response.insert("content".into(), json!({media: {"schema": {"type": "string", "format": "binary"}}}));
            found += 1;
        }
    });
    found
}

/// Removes all responses that are not 2xx. Keeps `default` if there is no 2xx response. Core has the type of error
/// bodies.
pub(super) fn remove_error_responses(document: &mut Value, _: &mut Problems) -> usize {
    let mut removed = 0;
    for_each_operation(document, |_, _, operation| {
        let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
        let before = responses.len();
        let has_success = responses.keys().any(|status| status.starts_with('2'));
        responses.retain(|status, _| status.starts_with('2') || (status == "default" && !has_success));
        removed += before - responses.len();
    });
    removed
}

/// Keeps one success response: the one with the lowest status, of those with a body if there are any. `decisions`
/// reported operations without a success response, and with different bodies.
pub(super) fn keep_one_success_response(document: &mut Value, _: &mut Problems) -> usize {
    let mut changed = 0;
    for_each_operation(document, |_, _, operation| {
        let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
        if responses.len() > 1 {
            changed += 1;
            let kept = responses
                .iter()
                .find(|(_, response)| has_content(response))
                .or_else(|| responses.iter().next())
                .map(|(status, response)| (status.clone(), response.clone()));
            *responses = kept.into_iter().collect();
        }
    });
    changed
}

/// Removes the bodies of 204 responses, which have none.
pub(super) fn remove_body_of_no_content(document: &mut Value, _: &mut Problems) -> usize {
    let mut removed = 0;
    for_each_response(document, |status, response| {
        if status == "204" && response.remove("content").is_some() {
            removed += 1;
        }
    });
    removed
}

/// Replaces `application/vnd.connectwise.com+json; version=…` with `application/json`, and records the vendor's media
/// type in `info.x-media-type`. Keeps only the JSON of a body with several media types; `x-media-types` lists all of
/// them. `decisions` reported bodies with several contents.
pub(super) fn plain_json(document: &mut Value, _: &mut Problems) -> usize {
    let mut changed = 0;
    let mut seen = None;
    let mut simplify = |body_or_response: &mut Value| {
        let Some(body_or_response) = body_or_response.as_object_mut() else { return };
        let Some(content) = body_or_response.get_mut("content").and_then(Value::as_object_mut) else { return };
        let mut result = Map::new();
        let mut essences = Vec::new();
        for (media, mut body) in std::mem::take(content) {
            let essence = document::essence(&media);
            if !essences.contains(&essence) {
                essences.push(essence.clone());
            }
            let is_json = document::is_json(&essence);
            if (is_json || essence == "multipart/form-data") && body.get("schema").is_none() {
                body = json!({"schema": {}});
            }
            if !is_json {
                result.entry(media).or_insert(body);
                continue;
            }
            if media != "application/json" {
                changed += 1;
                if essence != "application/json" {
                    seen = Some(essence);
                }
            }
            result.entry("application/json".to_owned()).or_insert(body);
        }
        if result.len() > 1 {
            // The bindings use the JSON form of a body with several media types.
            result.retain(|media, _| media == "application/json");
        }
        *content = result;
        if essences.len() > 1 {
            essences.sort();
            body_or_response.insert("x-media-types".into(), json!(essences));
        }
    };
    for_each_operation(document, |_, _, operation| {
        operation.get_mut("requestBody").into_iter().for_each(&mut simplify);
        document::values_mut(operation, "responses").for_each(&mut simplify);
    });
    if let (Some(media), Some(info)) = (seen, document.get_mut("info").and_then(Value::as_object_mut)) {
        info.insert("x-media-type".into(), media.into());
    }
    changed
}

/// Describes responses that are not JSON as bytes.
pub(super) fn binary_responses(document: &mut Value, _: &mut Problems) -> usize {
    let mut changed = 0;
    for_each_response(document, |_, response| {
        let Some(content) = response.get_mut("content").and_then(Value::as_object_mut) else { return };
        for (media, body) in content.iter_mut().filter(|(media, _)| media.as_str() != "application/json") {
            let bytes = json!({"schema": {"type": "string", "format": "binary"}});
            if *body != bytes && !media.is_empty() {
                *body = bytes;
                changed += 1;
            }
        }
    });
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_responses(responses: Value) -> Value {
        json!({"info": {}, "paths": {"/a": {"get": {"operationId": "getA", "responses": responses}}}})
    }

    fn responses(document: &Value) -> &Value {
        &document["paths"]["/a"]["get"]["responses"]
    }

    #[test]
    fn a_media_type_is_read_from_prose() {
        let mut document = with_responses(json!({"200": {"description": "ContentType = text/html"}}));
        assert_eq!(media_type_from_prose(&mut document, &mut Problems::default()), 1);
        assert_eq!(responses(&document)["200"]["content"]["text/html"]["schema"]["format"], "binary");
    }

    #[test]
    fn one_success_response_is_kept() {
        let mut document =
            with_responses(json!({"200": {}, "201": {"content": {"application/json": {}}}, "404": {}, "default": {}}));
        let mut problems = Problems::default();
        assert_eq!(remove_error_responses(&mut document, &mut problems), 2);
        assert_eq!(keep_one_success_response(&mut document, &mut problems), 1);
        assert_eq!(responses(&document).as_object().unwrap().keys().collect::<Vec<_>>(), ["201"]);
        assert_eq!(problems, Problems::default());
    }

    #[test]
    fn default_is_kept_if_it_is_the_only_response() {
        let mut document = with_responses(json!({"default": {}}));
        assert_eq!(remove_error_responses(&mut document, &mut Problems::default()), 0);
    }

    #[test]
    fn a_204_has_no_body() {
        let mut document = with_responses(json!({"204": {"content": {"application/json": {}}}}));
        assert_eq!(remove_body_of_no_content(&mut document, &mut Problems::default()), 1);
        assert_eq!(*responses(&document), json!({"204": {}}));
    }

    #[test]
    fn versioned_json_is_json_and_other_media_types_are_bytes() {
        let mut document = with_responses(
            json!({"200": {"content": {"application/vnd.connectwise.com+json; version=2025.8": {"schema": {"type": "integer"}}}}}),
        );
        assert_eq!(plain_json(&mut document, &mut Problems::default()), 1);
        assert_eq!(
            responses(&document)["200"]["content"],
            json!({"application/json": {"schema": {"type": "integer"}}})
        );
        assert_eq!(document["info"]["x-media-type"], "application/vnd.connectwise.com+json");
        let mut pdf = with_responses(json!({"200": {"content": {"application/pdf": {"schema": {"type": "string"}}}}}));
        assert_eq!(plain_json(&mut pdf, &mut Problems::default()), 0);
        assert_eq!(binary_responses(&mut pdf, &mut Problems::default()), 1);
        assert_eq!(responses(&pdf)["200"]["content"]["application/pdf"]["schema"]["format"], "binary");
    }

    #[test]
    fn the_versions_of_one_media_type_are_one() {
        let ticket = json!({"schema": {"$ref": "#/components/schemas/Ticket"}});
        let mut document = with_responses(json!({"200": {"content": {
            "application/vnd.connectwise.com+json; version=2024.1": ticket,
            "application/vnd.connectwise.com+json; version=2025.1": ticket,
        }}}));
        plain_json(&mut document, &mut Problems::default());
        assert_eq!(responses(&document)["200"], json!({"content": {"application/json": ticket}}));
    }

    #[test]
    fn all_media_types_of_a_body_are_kept() {
        let mut document = with_responses(
            json!({"200": {"content": {"text/csv": {}, "Application/JSON; charset=utf-8": {"schema": {"type": "integer"}}}}}),
        );
        document["paths"]["/a"]["get"]["requestBody"] =
            json!({"content": {"application/json": {"schema": {}}, "text/xml": {"schema": {}}}});
        plain_json(&mut document, &mut Problems::default());
        let response = &responses(&document)["200"];
        assert_eq!(response["content"], json!({"application/json": {"schema": {"type": "integer"}}}));
        assert_eq!(response["x-media-types"], json!(["application/json", "text/csv"]));
        assert_eq!(
            document["paths"]["/a"]["get"]["requestBody"]["x-media-types"],
            json!(["application/json", "text/xml"])
        );
    }

    #[test]
    fn json_without_a_schema_is_any_json() {
        let mut document = with_responses(json!({"200": {"content": {"application/json": {}}}}));
        plain_json(&mut document, &mut Problems::default());
        assert_eq!(responses(&document)["200"]["content"]["application/json"]["schema"], json!({}));
    }
}
