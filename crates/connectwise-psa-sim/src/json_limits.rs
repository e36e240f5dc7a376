//! Limits on JSON. A value that is nested too deeply cannot be read back from the state file, and a body with very many
//! values keeps other clients waiting. Live servers have limits too, which are not known; these are the simulator's.

use serde_json::Value;

/// The deepest nesting of a request body, in levels: `{}` has one, `{"a": [1]}` has two.
pub(crate) const MAX_BODY_DEPTH: usize = 64;

/// The deepest nesting of a record. More than a body's, because an operation may put a body a few levels deeper into a
/// record, and less than the 128 levels that can be parsed, because responses and the state file put records into
/// further objects and arrays.
pub(crate) const MAX_RECORD_DEPTH: usize = 96;

/// The maximum number of values in a request body: fields of objects and elements of arrays.
pub(crate) const MAX_BODY_VALUES: usize = 100_000;

/// Why a body is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Excess {
    Depth,
    Values,
}

/// Checks a body without parsing it: it may be invalid JSON.
pub(crate) fn check_body(body: &[u8]) -> Result<(), Excess> {
    let (mut depth, mut values) = (0_usize, 0_usize);
    let mut is_string = false;
    let mut bytes = body.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            // Skips an escaped character.
            b'\\' if is_string => _ = bytes.next(),
            b'"' => is_string = !is_string,
            _ if is_string => {}
            b'[' | b'{' => {
                depth += 1;
                // The first value of the array or object; a comma precedes each other value.
                values += 1;
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' => values += 1,
            _ => {}
        }
        if depth > MAX_BODY_DEPTH {
            return Err(Excess::Depth);
        }
        if values > MAX_BODY_VALUES {
            return Err(Excess::Values);
        }
    }
    Ok(())
}

/// Replaces the arrays and objects below `depth` levels with null. Returns whether there were any.
pub(crate) fn cut(value: &mut Value, depth: usize) -> bool {
    let is_container = value.is_array() || value.is_object();
    if is_container && depth == 0 {
        discard(std::mem::take(value));
        return true;
    }
    // Each element is visited: `any` would stop at the first one that was cut.
    let cut_each = |all: bool, value: &mut Value| cut(value, depth - 1) | all;
    match value {
        Value::Array(elements) => elements.iter_mut().fold(false, cut_each),
        Value::Object(fields) => fields.values_mut().fold(false, cut_each),
        _ => false,
    }
}

/// Drops a value of any depth. Dropping it as a whole would overflow the stack if it is nested very deeply.
fn discard(value: Value) {
    let mut rest = vec![value];
    while let Some(value) = rest.pop() {
        match value {
            Value::Array(elements) => rest.extend(elements),
            Value::Object(fields) => rest.extend(fields.into_iter().map(|(_, value)| value)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn bodies_are_limited_in_depth_and_number_of_values() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let list = |values: usize| format!("[{}0]", "0,".repeat(values - 1));
        for (body, expected) in [
            (nested(MAX_BODY_DEPTH), Ok(())),
            (nested(MAX_BODY_DEPTH + 1), Err(Excess::Depth)),
            (r#"{"a":"#.repeat(MAX_BODY_DEPTH + 1), Err(Excess::Depth)),
            (list(MAX_BODY_VALUES), Ok(())),
            (list(MAX_BODY_VALUES + 1), Err(Excess::Values)),
            // Brackets and commas in strings do not count, even behind an escaped quotation mark.
            (json!({ "a": format!("\"{}", "[".repeat(500)) }).to_string(), Ok(())),
            (json!({ "a": format!("\\\"{}", ",".repeat(MAX_BODY_VALUES + 1)) }).to_string(), Ok(())),
            ("]]]]{".to_owned(), Ok(())),
            (String::new(), Ok(())),
        ] {
            assert_eq!(check_body(body.as_bytes()), expected, "{}", body.chars().take(50).collect::<String>());
        }
    }

    #[test]
    fn values_below_a_depth_become_null() {
        for (value, depth, expected) in [
            (json!({"a": [1, [2]], "b": 3, "c": [{}]}), 3, None),
            (json!({"a": [1, [2]], "b": 3, "c": [{}]}), 2, Some(json!({"a": [1, null], "b": 3, "c": [null]}))),
            (json!({"a": [1], "b": {}}), 1, Some(json!({"a": null, "b": null}))),
            (json!([]), 1, None),
            (json!(5), 0, None),
        ] {
            let mut changed = value.clone();
            assert_eq!(cut(&mut changed, depth), expected.is_some(), "{value}");
            assert_eq!(changed, expected.unwrap_or(value));
        }
        // A value that is deep enough to overflow the stack.
        let mut deep = Value::Null;
        for _ in 0..1_000_000 {
            deep = Value::Array(vec![deep]);
        }
        assert!(cut(&mut deep, 3));
        assert_eq!(deep, json!([[[null]]]));
    }
}
