//! The number of tokens of a text, with a published tokenizer: o200k_base.

use std::sync::LazyLock;

use tiktoken_rs::CoreBPE;

/// Returns the number of tokens.
pub(crate) fn tokens(text: &str) -> usize {
    static TOKENIZER: LazyLock<CoreBPE> =
        LazyLock::new(|| tiktoken_rs::o200k_base().expect("the tokenizer is part of the crate"));
    TOKENIZER.encode_ordinary(text).len()
}
