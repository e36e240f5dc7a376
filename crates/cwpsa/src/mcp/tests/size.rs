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

    // Beside it: one tool for each operation, first with the names of its parameters only, then with the schema of its body.
    // Counted for each 50th operation, because all of them take a minute in a debug build.
    let (mut sample, mut small, mut whole) = (0, 0, 0);
    for operation in catalogue::all().step_by(50) {
        let parameters: serde_json::Map<String, Value> =
            operation.parameters.iter().map(|parameter| (parameter.name.to_owned(), json!({}))).collect();
        let tool = json!({
            "name": id::name(operation),
            "description": catalogue::summary(operation),
            "inputSchema": { "type": "object", "properties": parameters },
        });
        sample += 1;
        small += count(&tool);
        whole += count(&tool) + schemas::for_body(operation).as_ref().map_or(0, count);
    }
    let of_all = |tokens: usize| tokens * catalogue::all().count() / sample;
    println!(
        "tokens (o200k_base): {tokens} for the six tools; one tool per operation: about {} without schemas of bodies, {} with them",
        of_all(small),
        of_all(whole)
    );
    assert!(of_all(small) > 50 * tokens);
}
