//! The tokens of the list of tools, counted with the published tokenizer `o200k_base`.

use connectwise_psa::catalogue;
use connectwise_psa::schemas;
use serde_json::{Value, json};
use tiktoken_rs::o200k_base;

use super::writing;
use crate::mcp::tools::allowed;
use crate::operations::id;

/// The largest size of the list with all tools.
const MAX_TOKENS: usize = 1_000;

#[test]
fn the_list_of_tools_is_small() {
    let tokenizer = o200k_base().unwrap();
    let count = |value: &Value| tokenizer.encode_with_special_tokens(&value.to_string()).len();
    let list = json!({ "tools": allowed(&writing().policy) });
    assert_eq!(list["tools"].as_array().map(Vec::len), Some(6));
    let tokens = count(&list);
    assert!(tokens <= MAX_TOKENS, "{tokens} tokens");

    // Beside it: one tool for each operation, with the smallest schema that names its parameters and the type of its body.
    let one_each: Vec<Value> = catalogue::all()
        .map(|operation| {
            let parameters: serde_json::Map<String, Value> =
                operation.parameters.iter().map(|parameter| (parameter.name.to_owned(), json!({}))).collect();
            json!({
                "name": id::name(operation),
                "description": catalogue::summary(operation),
                "inputSchema": { "type": "object", "properties": parameters },
            })
        })
        .collect();
    let small: usize = one_each.iter().map(count).sum();
    // The schemas of bodies for a sample: every 25th operation, because all of them take minutes in a debug build.
    let (operations, bodies) = catalogue::all().step_by(25).fold((0, 0), |(operations, tokens), operation| {
        (operations + 1, tokens + schemas::for_body(operation).as_ref().map_or(0, count))
    });
    let whole = small + bodies * one_each.len() / operations;
    println!(
        "tokens (o200k_base): {tokens} for the six tools; {small} for one tool per operation without schemas of bodies, about {whole} with them"
    );
    assert!(small > 50 * tokens);
}
