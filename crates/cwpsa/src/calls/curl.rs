//! A request as a curl command for a shell. Secrets are variables of the environment.

use std::path::Path;

use connectwise_psa::DryRun;
use serde_json::{Map, Value};

/// Headers whose value is a secret, or differs for each user, with what stands for them. The option `-u` replaces an
/// empty value.
const VARIABLES: [(&str, &str); 2] = [("authorization", ""), ("clientid", "$CW_CLIENT_ID")];

/// A form with a file.
pub(crate) struct Form<'a> {
    pub(crate) file: &'a Path,
    pub(crate) fields: Map<String, Value>,
}

/// Returns the curl command of a request. It has the credentials as `$CW_COMPANY+$CW_PUBLIC_KEY:$CW_PRIVATE_KEY`. A
/// request with a file needs the fields of its form.
pub(crate) fn curl(request: &DryRun, form: Option<&Form<'_>>) -> String {
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
            // curl writes this header itself, with the boundary of the form.
            None if form.is_some() && name.eq_ignore_ascii_case("content-type") => {}
            None => parts.push(format!("-H {}", quoted(&format!("{name}: {value}")))),
        }
    }
    match (form, &request.body) {
        (Some(form), _) => parts.extend(form.options()),
        (None, Some(body)) => parts.push(format!("--data-raw {}", quoted(body))),
        (None, None) => {}
    }
    parts.join(" ")
}

impl Form<'_> {
    fn options(&self) -> impl Iterator<Item = String> {
        let fields = self.fields.iter().map(|(name, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            // Unlike -F, it does not read a file if the value starts with @ or <.
            format!("--form-string {}", quoted(&format!("{name}={value}")))
        });
        // In quotes, the name can have commas and semicolons.
        let file = self.file.display().to_string().replace('\\', r"\\").replace('"', "\\\"");
        fields.chain([format!("-F {}", quoted(&format!("file=@\"{file}\"")))])
    }
}

/// Quotes a text for a POSIX shell: in single quotes, nothing is special.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use connectwise_psa::{Method, Psa};
    use serde_json::json;

    use super::*;

    fn request(method: Method, body: Option<&Value>) -> DryRun {
        let builder = Psa::builder().host("psa.example").company("acme").keys("the-public", "the-private");
        let psa = builder.client_id("the-client").build().expect("a client");
        let request = psa.request(method, "/service/tickets").query("conditions", r#"summary = "it's""#);
        match body {
            Some(body) => request.json(body),
            None => request,
        }
        .dry_run()
        .expect("a valid request")
    }

    #[test]
    fn nothing_in_quotes_is_special() {
        assert_eq!(quoted("a'b $c `d`"), r"'a'\''b $c `d`'");
    }

    #[test]
    fn the_command_has_no_secrets() {
        let text = curl(&request(Method::Get, None), None);
        for secret in ["the-public", "the-private", "the-client"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(text.contains(r#"-u "$CW_COMPANY+$CW_PUBLIC_KEY:$CW_PRIVATE_KEY""#), "{text}");
        assert!(text.contains(r#": $CW_CLIENT_ID""#), "{text}");
    }

    /// Runs the command in a shell in which curl is a function that prints its arguments.
    #[cfg(unix)]
    #[test]
    fn a_shell_passes_the_arguments_on_unchanged() {
        let body = json!({ "summary": "it's $HOME `date` \"now\"\nand later" });
        let request = request(Method::Post, Some(&body));
        let command = curl(&request, None);
        let script = format!("curl() {{ printf '%s\\0' \"$@\"; }}\n{command}");
        let output = std::process::Command::new("sh").args(["-c", &script]).output().expect("a shell");
        let printed = String::from_utf8(output.stdout).expect("Unicode");
        let arguments: Vec<&str> = printed.split('\0').collect();
        assert!(arguments.contains(&request.url.as_str()), "{arguments:?}");
        let sent = arguments.iter().skip_while(|argument| **argument != "--data-raw").nth(1).expect("a body");
        assert_eq!(serde_json::from_str::<Value>(sent).expect("JSON"), body);
    }

    #[test]
    fn forms_name_the_file() {
        let Value::Object(fields) = json!({ "title": "@a b", "privateFlag": true }) else { panic!("an object") };
        let form = Form { file: Path::new("a,\"b.txt"), fields };
        let text = curl(&request(Method::Post, Some(&json!({}))), Some(&form));
        let expected = r#"--form-string 'privateFlag=true' --form-string 'title=@a b' -F 'file=@"a,\"b.txt"'"#;
        let expected_in_order = r#"--form-string 'title=@a b' --form-string 'privateFlag=true' -F 'file=@"a,\"b.txt"'"#;
        assert!(text.ends_with(expected) || text.ends_with(expected_in_order), "{text}");
    }
}
