//! The URLs of signing keys. They come from bodies that are not verified yet, and thousands of companies share the hosts
//! of the ConnectWise cloud, so a URL must be one of the configured server and company before it is requested.

use percent_encoding::percent_decode_str;
use url::Url;

use crate::discovery::site::{is_cloud_host, is_code_base};
use crate::webhooks::rejection::KeyUrlProblem;

/// The most bytes of a key URL.
const MAX_LENGTH: usize = 512;

/// The most characters of the key's id.
const MAX_ID: usize = 128;

/// What follows the code base in the path. Observed on live servers: two slashes.
const PATHS: [&str; 2] = ["//system/callbackkey/index.rails", "/system/callbackkey/index.rails"];

/// Returns the URLs of the servers that may have the signing keys: those of these base URLs. A server of the ConnectWise
/// cloud has two hosts: the one that members log in to, and the same with `api-`.
pub(crate) fn servers<'a>(bases: impl IntoIterator<Item = &'a Url>) -> Vec<Url> {
    let mut servers = Vec::new();
    for base in bases {
        let host = base.host_str().unwrap_or_default();
        let other = match host.strip_prefix("api-") {
            Some(login) => login.to_owned(),
            None => format!("api-{host}"),
        };
        let other = Some(other).filter(|other| is_cloud_host(host) && is_cloud_host(other));
        for host in std::iter::once(host.to_owned()).chain(other) {
            let mut server = base.clone();
            server.set_path("/");
            server.set_query(None);
            if server.set_host(Some(&host)).is_ok() && !servers.contains(&server) {
                servers.push(server);
            }
        }
    }
    servers
}

/// Returns a key URL if it is one of these servers and of this company. The text is compared as it is, not decoded, apart
/// from the name of the company; what is compared is what is requested.
pub(crate) fn pin(text: &str, servers: &[Url], company: &str) -> Result<Url, KeyUrlProblem> {
    if text.len() > MAX_LENGTH {
        return Err(KeyUrlProblem::TooLong);
    }
    if !text.bytes().all(is_expected) {
        return Err(KeyUrlProblem::Characters);
    }
    let (address, query) = text.split_once('?').ok_or(KeyUrlProblem::Query)?;
    let (scheme, rest) = address.split_once("://").ok_or(KeyUrlProblem::NotAUrl)?;
    let (authority, path) = rest.split_at(rest.find('/').ok_or(KeyUrlProblem::Path)?);
    let server = servers
        .iter()
        .find(|server| server.scheme().eq_ignore_ascii_case(scheme) && is_authority(server, authority))
        .ok_or(KeyUrlProblem::OtherServer)?;
    check_path(path)?;
    check_query(query, company)?;
    let expected = format!("{}{path}?{query}", server.as_str().trim_end_matches('/'));
    // The parser of URLs must not change the text.
    Url::parse(&expected).ok().filter(|url| url.as_str() == expected).ok_or(KeyUrlProblem::NotAUrl)
}

/// Returns whether a key URL can contain a byte: characters that URLs consist of, without `@`, `#` and `\`.
fn is_expected(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?&=%+[]!$'()*,;".contains(&byte)
}

/// Returns whether a text is the host and port of a server. The default port may be omitted.
fn is_authority(server: &Url, text: &str) -> bool {
    let host = server.host_str().unwrap_or_default();
    let with_port = server.port_or_known_default().map(|port| format!("{host}:{port}"));
    (server.port().is_none() && text.eq_ignore_ascii_case(host))
        || with_port.is_some_and(|with_port| text.eq_ignore_ascii_case(&with_port))
}

fn check_path(path: &str) -> Result<(), KeyUrlProblem> {
    let code_base = PATHS.iter().find_map(|end| path.strip_prefix('/')?.strip_suffix(end));
    code_base.filter(|code_base| is_code_base(code_base)).map(|_| ()).ok_or(KeyUrlProblem::Path)
}

fn check_query(query: &str, company: &str) -> Result<(), KeyUrlProblem> {
    let (mut name, mut id) = (None, None);
    for pair in query.split('&') {
        let (parameter, value) = match pair.split_once('=') {
            Some(("companyName", value)) => (&mut name, value),
            Some(("id", value)) => (&mut id, value),
            _ => return Err(KeyUrlProblem::Query),
        };
        if parameter.replace(value).is_some() {
            return Err(KeyUrlProblem::Query);
        }
    }
    let (name, id) = name.zip(id).ok_or(KeyUrlProblem::Query)?;
    let is_id = (1..=MAX_ID).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !is_id {
        return Err(KeyUrlProblem::Query);
    }
    let name = name.replace('+', " ");
    match percent_decode_str(&name).decode_utf8() {
        Ok(name) if is_company(&name, company) => Ok(()),
        _ => Err(KeyUrlProblem::OtherCompany),
    }
}

/// Returns whether a name is that of the configured company. The letter case of ASCII letters is ignored.
pub(crate) fn is_company(name: &str, company: &str) -> bool {
    name.eq_ignore_ascii_case(company)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "https://na.myconnectwise.net/v2025_1//system/callbackkey/index.rails?companyName=acme&id=0f8fad5b-d9cb-469f";

    fn cloud() -> Vec<Url> {
        servers(&["https://api-na.myconnectwise.net/v4_6_release/apis/3.0".parse().unwrap()])
    }

    #[test]
    fn a_server_of_the_cloud_has_two_hosts_and_any_other_server_one() {
        for (bases, expected) in [
            (
                &["https://api-na.myconnectwise.net/v4_6_release/apis/3.0"][..],
                &["https://api-na.myconnectwise.net/", "https://na.myconnectwise.net/"][..],
            ),
            (
                &[
                    "https://na.myconnectwise.net/v4_6_release/apis/3.0",
                    "https://api-eu.myconnectwise.net/v2025_1/apis/3.0",
                ],
                &[
                    "https://na.myconnectwise.net/",
                    "https://api-na.myconnectwise.net/",
                    "https://api-eu.myconnectwise.net/",
                    "https://eu.myconnectwise.net/",
                ],
            ),
            (&["https://api-psa.example:8443/v4_6_release/apis/3.0"], &["https://api-psa.example:8443/"]),
            (&["http://[::1]:8080/x", "http://[::1]:8080/y?z"], &["http://[::1]:8080/"]),
        ] {
            let bases: Vec<Url> = bases.iter().map(|base| base.parse().unwrap()).collect();
            let servers: Vec<String> = servers(&bases).iter().map(Url::to_string).collect();
            assert_eq!(servers, expected);
        }
    }

    #[test]
    fn key_urls_of_the_configured_server_and_company_are_accepted() {
        let local = servers(&["http://127.0.0.1:8080/v4_6_release/apis/3.0".parse().unwrap()]);
        let spaced = "https://na.myconnectwise.net/v2025_1//system/callbackkey/index.rails?companyName=Acme";
        for (text, servers, company, expected) in [
            (GOOD.to_owned(), cloud(), "acme", GOOD.to_owned()),
            (GOOD.to_owned(), cloud(), "ACME", GOOD.to_owned()),
            (GOOD.replace("//na.", "//api-na."), cloud(), "acme", GOOD.replace("//na.", "//api-na.")),
            (GOOD.replace("https://na", "HTTPS://NA"), cloud(), "acme", GOOD.to_owned()),
            (GOOD.replace(".net/", ".net:443/"), cloud(), "acme", GOOD.to_owned()),
            (GOOD.replace("//system", "/system"), cloud(), "acme", GOOD.replace("//system", "/system")),
            (GOOD.replace("v2025_1", "v4_6_Release"), cloud(), "acme", GOOD.replace("v2025_1", "v4_6_Release")),
            (GOOD.replace("=acme", "=ACme"), cloud(), "acme", GOOD.replace("=acme", "=ACme")),
            (format!("{spaced}%20%26+Sons&id=1"), cloud(), "acme & sons", format!("{spaced}%20%26+Sons&id=1")),
            (
                GOOD.replace("companyName=acme&id=0f8fad5b-d9cb-469f", "id=1&companyName=acme"),
                cloud(),
                "acme",
                GOOD.replace("companyName=acme&id=0f8fad5b-d9cb-469f", "id=1&companyName=acme"),
            ),
            (
                GOOD.replace("https://na.myconnectwise.net", "http://127.0.0.1:8080"),
                local,
                "acme",
                GOOD.replace("https://na.myconnectwise.net", "http://127.0.0.1:8080"),
            ),
        ] {
            assert_eq!(pin(&text, &servers, company).map(String::from), Ok(expected), "{text}");
        }
    }

    #[test]
    fn every_other_key_url_is_rejected() {
        use KeyUrlProblem::{Characters, NotAUrl, OtherCompany, OtherServer, Path, Query, TooLong};
        let host = "na.myconnectwise.net";
        for (from, to, expected) in [
            // The server.
            ("https:", "http:", OtherServer),
            ("https:", "ftp:", OtherServer),
            ("https://", "", NotAUrl),
            ("https://", "//", NotAUrl),
            ("https://", "https:/", NotAUrl),
            ("https://", "https:///", OtherServer),
            ("https://", " https://", Characters),
            ("https://", "https://user@", Characters),
            ("https://", "https://acme:x@", Characters),
            ("https://", "https://evil.example/https://", OtherServer),
            (host, "evil.example", OtherServer),
            (host, "eu.myconnectwise.net", OtherServer),
            (host, "na.myconnectwise.net.", OtherServer),
            (host, "na.myconnectwise.net.evil.example", OtherServer),
            (host, "evil-na.myconnectwise.net", OtherServer),
            (host, "na-myconnectwise.net", OtherServer),
            (host, "nа.myconnectwise.net", Characters), // a Cyrillic letter
            (host, "na.myconnectwise.net@evil.example", Characters),
            (host, "evil.example\\@na.myconnectwise.net", Characters),
            (host, "evil.example#na.myconnectwise.net", Characters),
            (host, "evil.example?na.myconnectwise.net", Path),
            (host, "na%2emyconnectwise.net", OtherServer),
            (host, "%6ea.myconnectwise.net", OtherServer),
            (host, "na.myconnectwise.net%2f.evil.example", OtherServer),
            (host, "na.myconnectwise.net:", OtherServer),
            (host, "na.myconnectwise.net:80", OtherServer),
            (host, "na.myconnectwise.net:8443", OtherServer),
            (host, "na.myconnectwise.net:0443", OtherServer),
            (host, "na.myconnectwise.net:443:443", OtherServer),
            (host, "127.0.0.1", OtherServer),
            (host, "[::1]", OtherServer),
            (host, "", OtherServer),
            // The path.
            ("v2025_1", "login", Path),
            ("v2025_1", "v2025_1/v2025_1", Path),
            ("v2025_1", "v2025_", Path),
            ("v2025_1", "v202_1", Path),
            ("v2025_1", "v2025_1/..", Path),
            ("v2025_1", "%762025_1", Path),
            ("v2025_1//", "", Path),
            ("//system", "///system", Path),
            ("//system", "/./system", Path),
            ("//system", "/x/../system", Path),
            ("//system", "/%2fsystem", Path),
            ("//system", "/\\system", Characters),
            ("system", "System", Path),
            ("callbackkey", "callbackkey/..", Path),
            ("index.rails", "index%2erails", Path),
            ("index.rails", "index.rails/", Path),
            ("index.rails", "index.rails;x", Path),
            ("index.rails", "", Path),
            // The query.
            ("?companyName", "companyName", Query),
            ("?companyName", "?companyname", Query),
            ("?companyName", "?company%4eame", Query),
            ("?companyName=acme&", "?", Query),
            ("companyName=acme&", "companyName=acme&companyName=acme&", Query),
            ("companyName=acme&", "companyName=acme&companyName=other&", Query),
            ("companyName=acme&", "companyName=acme&&", Query),
            ("companyName=acme&", "companyName=acme&x=1&", Query),
            ("companyName=acme&", "companyName=acme;", Query),
            ("companyName=acme&", "companyName=acme?", Query),
            ("companyName=acme", "companyName", Query),
            ("companyName=acme", "companyName=", OtherCompany),
            ("companyName=acme", "companyName=other", OtherCompany),
            ("companyName=acme", "companyName=acme%00", OtherCompany),
            ("companyName=acme", "companyName=acme%26companyName%3Dother", OtherCompany),
            ("companyName=acme", "companyName=%ffacme", OtherCompany),
            ("companyName=acme", "companyName=acme%", OtherCompany),
            ("companyName=acme", "companyName=+acme", OtherCompany),
            ("companyName=acme", "companyName=acme.", OtherCompany),
            ("&id=0f8fad5b-d9cb-469f", "", Query),
            ("&id=", "&id", Query),
            ("&id=0f8fad5b-d9cb-469f", "&id=", Query),
            ("&id=0f8fad5b-d9cb-469f", "&id=1&id=2", Query),
            ("&id=", "&id=a%26", Query),
            ("&id=", "&id=../", Query),
            ("&id=", "&ID=", Query),
            ("469f", "469f&", Query),
            ("469f", "469f#", Characters),
            ("469f", "469f#x", Characters),
            ("469f", "469f\r\nHost: evil.example", Characters),
            ("469f", "469f\t", Characters),
            ("469f", "469f\0", Characters),
            ("469f", "469f ", Characters),
        ] {
            assert!(GOOD.contains(from), "{from}");
            let text = GOOD.replacen(from, to, 1);
            assert_eq!(pin(&text, &cloud(), "acme").map(String::from), Err(expected), "{text}");
        }
        for (text, expected) in [
            ("", Query),
            ("?", NotAUrl),
            ("https://na.myconnectwise.net?", Path),
            ("javascript:alert(1)", Query),
            (&format!("{GOOD}{}", "0".repeat(512)), TooLong),
            (&format!("{GOOD}{}", "0".repeat(128)), Query),
        ] {
            assert_eq!(pin(text, &cloud(), "acme").map(String::from), Err(expected), "{text}");
        }
        assert_eq!(pin(GOOD, &[], "acme").map(String::from), Err(OtherServer));
    }

    #[test]
    fn a_company_is_compared_ignoring_the_case_of_ascii_letters() {
        for (name, is_same) in [("ACME", true), ("acme", true), ("acmé", false), ("acme ", false), ("acm", false)] {
            assert_eq!(is_company(name, "Acme"), is_same, "{name}");
        }
        // The Kelvin sign is a `k` in lower case.
        assert!(!is_company("\u{212a}iwi", "kiwi"));
    }
}
