//! Singular and plural of the English nouns in paths.

/// Words whose singular and plural are the same, and singulars that end in `s`.
const INVARIANT: &[&str] = &[
    "analysis", "address", "basis", "business", "status", "series", "access", "news", "sms", "process", "canvas",
    "alias", "bonus", "progress",
];

/// Returns the singular of an English plural. Supports the words of the vendor's paths.
#[must_use]
pub fn singular(word: &str) -> String {
    let cut = |count: usize| word.get(..word.len() - count).unwrap_or(word).to_owned();
    if INVARIANT.contains(&word) || word.ends_with("ss") || word.len() < 3 {
        return word.to_owned();
    }
    match word {
        "slas" => return "sla".to_owned(),
        "indices" => return "index".to_owned(),
        _ => {}
    }
    if let Some(stem) = word.strip_suffix("ies") {
        return if stem.len() > 1 { format!("{stem}y") } else { cut(1) };
    }
    for ending in ["sses", "shes", "ches", "xes", "zes", "uses"] {
        // "uses" as in "statuses", not as in "houses" and "causes".
        if word.ends_with(ending) && !word.ends_with("auses") && !word.ends_with("ouses") {
            return cut(2);
        }
    }
    if word.ends_with('s') { cut(1) } else { word.to_owned() }
}

/// Returns the plural of a singular English noun.
#[must_use]
pub fn plural(word: &str) -> String {
    let vowel_before_y =
        word.len() > 1 && word.get(word.len() - 2..word.len() - 1).is_some_and(|c| "aeiou".contains(c));
    if word.ends_with('y') && !vowel_before_y {
        return format!("{}ies", word.get(..word.len() - 1).unwrap_or(word));
    }
    if ["s", "x", "z", "ch", "sh"].iter().any(|ending| word.ends_with(ending)) {
        format!("{word}es")
    } else {
        format!("{word}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_convert_between_singular_and_plural() {
        for (many, one) in [
            ("tickets", "ticket"),
            ("companies", "company"),
            ("statuses", "status"),
            ("status", "status"),
            ("addresses", "address"),
            ("taxes", "tax"),
            ("searches", "search"),
            ("types", "type"),
            ("warehouses", "warehouse"),
            ("slas", "sla"),
            ("causes", "cause"),
            ("info", "info"),
            ("entries", "entry"),
        ] {
            assert_eq!(singular(many), one);
        }
        for (one, many) in
            [("ticket", "tickets"), ("company", "companies"), ("key", "keys"), ("status", "statuses"), ("box", "boxes")]
        {
            assert_eq!(plural(one), many);
        }
    }
}
