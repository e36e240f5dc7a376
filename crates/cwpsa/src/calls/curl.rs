//! A request as a curl command for a shell. Secrets are variables of the environment.

use connectwise_psa::DryRun;

/// Headers whose value is a secret, or differs for each user, with what stands for them.
const VARIABLES: [(&str, &str); 2] = [("authorization", ""), ("clientid", "$CW_CLIENT_ID")];

/// Returns the curl command of a request. It has the credentials as `$CW_COMPANY+$CW_PUBLIC_KEY:$CW_PRIVATE_KEY`.
pub(crate) fn curl(request: &DryRun) -> String {
    let mut parts = vec!["curl".to_owned()];
    let method = request.method.as_str();
    if method != "GET" {
        parts.push(format!("-X {method}"));
    }
    parts.push(quoted(&request.url));
    parts.push(r#"-u "$CW_COMPANY+$CW_PUBLIC_KEY:$CW_PRIVATE_KEY""#.to_owned());
    for (name, value) in &request.headers {
        match VARIABLES.iter().find(|(header, _)| name.eq_ignore_ascii_case(header)) {
            Some((_, "")) => {}
            Some((_, variable)) => parts.push(format!(r#"-H "{name}: {variable}""#)),
            None => parts.push(format!("-H {}", quoted(&format!("{name}: {value}")))),
        }
    }
    if let Some(body) = &request.body {
        parts.push(format!("--data-raw {}", quoted(body)));
    }
    parts.join(" ")
}

/// Quotes a text for a POSIX shell: in single quotes, nothing is special.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_quotes_is_special() {
        assert_eq!(quoted("a'b $c `d`"), r"'a'\''b $c `d`'");
    }
}
