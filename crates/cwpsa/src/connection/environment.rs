//! The environment variables `CW_*`.

/// The variables without which they are not used. `CW_CLIENT_ID` is optional, and so is `CW_COMPANY` if the public key
/// starts with the company.
const NEEDED: [&str; 4] = ["CW_SITE", "CW_COMPANY", "CW_PUBLIC_KEY", "CW_PRIVATE_KEY"];

/// Returns whether all needed variables are set.
pub(crate) fn is_complete() -> bool {
    missing_of(value).is_empty()
}

/// Returns the needed variables that are not set, if some of them are set.
pub(crate) fn missing() -> Option<Vec<&'static str>> {
    let missing = missing_of(value);
    (!missing.is_empty() && NEEDED.iter().any(|name| value(name).is_some())).then_some(missing)
}

fn value(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

fn missing_of(value: impl Fn(&str) -> Option<String>) -> Vec<&'static str> {
    let has_company_in_key = value("CW_PUBLIC_KEY").is_some_and(|key| key.contains('+'));
    let is_missing = |name: &&str| value(name).is_none() && !(*name == "CW_COMPANY" && has_company_in_key);
    NEEDED.into_iter().filter(is_missing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_company_may_be_part_of_the_public_key() {
        let all = [("CW_SITE", "h"), ("CW_PUBLIC_KEY", "acme+pub"), ("CW_PRIVATE_KEY", "priv")];
        let with = |variables: &[(&str, &str)]| {
            missing_of(|name| variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned()))
        };
        assert!(with(&all).is_empty());
        assert_eq!(with(&[all[0], ("CW_PUBLIC_KEY", "pub")]), ["CW_COMPANY", "CW_PRIVATE_KEY"]);
        assert_eq!(with(&[]), NEEDED);
    }
}
