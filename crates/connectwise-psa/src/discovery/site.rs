//! Parses server addresses in any form that a person may paste.

use std::net::Ipv4Addr;

use connectwise_psa_core::error::Error;
use url::{Host, Url};

use crate::discovery::region::Region;

/// The code base of self-hosted servers. Observed on live servers: on the cloud, it is an alias of the tenant's
/// release.
pub(crate) const CODE_BASE: &str = "v4_6_release";

/// The path after the code base.
const API_PATH: &str = "apis/3.0";

/// The domains of the ConnectWise cloud. Observed on live servers: the names of its API hosts start with `api-`.
const CLOUD_DOMAINS: &[&str] = &[".myconnectwise.net", ".connectwisedev.com"];

/// A server as configured, before any discovery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    /// The base URL. Discovery may replace its host and code base.
    pub(crate) base: Url,
    /// Whether it was given as a host of the ConnectWise cloud. False for a complete base URL, so it is not discovered
    /// by default.
    pub(crate) is_cloud: bool,
}

impl Site {
    /// Accepts the host in any form: with or without scheme, `api-` prefix, path or trailing slash, or a URL copied
    /// from a browser.
    pub(crate) fn from_host(text: &str) -> Result<Self, Error> {
        let mut base = parse(text, "host")?;
        // A URL copied from a browser may have a query and a fragment.
        base.set_query(None);
        base.set_fragment(None);
        let host = base.host_str().unwrap_or_default().to_ascii_lowercase();
        let is_cloud = is_cloud_host(&host);
        if is_cloud {
            if !host.starts_with("api-") && base.set_host(Some(&format!("api-{host}"))).is_err() {
                return Err(Error::invalid_input("host", format!("is {host:?}, which is not a valid host name")));
            }
            base.set_path(&format!("/{CODE_BASE}/{API_PATH}"));
        } else {
            base.set_path(&api_path(base.path()));
        }
        Ok(Self { base, is_cloud })
    }

    /// Accepts the complete base URL of the API, which is used unchanged except for trailing slashes. Without a path,
    /// it gets the default path.
    pub(crate) fn from_base_url(text: &str) -> Result<Self, Error> {
        let mut base = parse(text, "base_url")?;
        if base.query().is_some() {
            return Err(Error::invalid_input("base_url", "contains a query"));
        }
        if base.fragment().is_some() {
            return Err(Error::invalid_input("base_url", "contains a fragment: remove `#` and the text after it"));
        }
        let path = base.path().trim_end_matches('/').to_owned();
        base.set_path(if path.is_empty() { "/v4_6_release/apis/3.0" } else { &path });
        Ok(Self { base, is_cloud: false })
    }

    /// Returns the base URL with the host and the code base from the company information. Rejects another host unless
    /// both hosts belong to the same domain of the ConnectWise cloud, so credentials are not sent to other servers.
    pub(crate) fn discovered_base(&self, site_url: &str, code_base: &str) -> Result<Url, Error> {
        let reject = |reason: String| Err(Error::invalid_input("host", reason));
        let code_base = code_base.trim().trim_matches('/');
        if code_base.is_empty()
            || !code_base.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
            || code_base.starts_with('.')
        {
            return reject(format!("returned the code base {code_base:?}, which is not valid"));
        }
        let host = site_url.trim().trim_end_matches('/');
        let host = host.split_once("://").map_or(host, |(_, rest)| rest);
        let mut base = self.base.clone();
        if !host.is_empty() {
            let discovered = parse(&format!("{}://{host}", base.scheme()), "host")?;
            let own = base.host_str().unwrap_or_default().to_ascii_lowercase();
            let other = discovered.host_str().unwrap_or_default().to_ascii_lowercase();
            let related = own == other || domain(&own).is_some_and(|domain| other.ends_with(domain));
            if !related {
                return reject(format!(
                    "refers to {other}, but credentials for {own} are not sent there; if {other} is correct, set it as \
                     the host"
                ));
            }
            if base.set_host(Some(&other)).is_err() || (own != other && base.set_port(discovered.port()).is_err()) {
                return reject(format!("refers to {other}, which is not a valid host name"));
            }
        }
        base.set_path(&format!("/{code_base}/{API_PATH}"));
        Ok(base)
    }

    /// Returns the URLs of the public company information in the order to try them. They are requested without
    /// credentials.
    pub(crate) fn company_info_urls(&self, company: &str) -> Vec<Url> {
        let own = self.base.host_str().unwrap_or_default();
        let hosts = [own.strip_prefix("api-").filter(|_| self.is_cloud), Some(own)];
        let segment = percent_encoding::utf8_percent_encode(company, percent_encoding::NON_ALPHANUMERIC).to_string();
        let mut urls = Vec::new();
        for host in hosts.into_iter().flatten() {
            let mut url = self.base.clone();
            if url.set_host(Some(host)).is_ok() {
                url.set_path(&format!("/login/companyinfo/{segment}"));
                urls.push(url);
            }
        }
        urls
    }
}

/// Returns whether a host belongs to the ConnectWise cloud.
pub(crate) fn is_cloud_host(host: &str) -> bool {
    domain(host).is_some()
}

/// Returns the domain of the ConnectWise cloud that a host belongs to.
fn domain(host: &str) -> Option<&'static str> {
    CLOUD_DOMAINS.iter().copied().find(|domain| host.ends_with(domain) && host.len() > domain.len())
}

/// Parses an address as a URL. Errors do not quote the text, because it may contain credentials.
fn parse(text: &str, name: &str) -> Result<Url, Error> {
    let text = text.trim();
    if text.is_empty() {
        let problem = if name == "base_url" {
            "is missing: set it to the base URL of the API, such as https://psa.example.com/v4_6_release/apis/3.0"
        } else {
            "is missing: set it to the host that members log in to, such as na.myconnectwise.net"
        };
        return Err(Error::invalid_input(name, problem));
    }
    let with_scheme =
        if text.contains("://") { text.to_owned() } else { format!("https://{}", text.trim_start_matches('/')) };
    let url = Url::parse(&with_scheme).map_err(|error| {
        Error::invalid_input_from(
            name,
            "is not a valid server address, such as na.myconnectwise.net or https://psa.example.com",
            error,
        )
    })?;
    let problem = if !matches!(url.scheme(), "http" | "https") {
        Some("is not an https URL")
    } else if !url.username().is_empty() || url.password().is_some() {
        Some("contains credentials; set them as company and keys")
    } else if url.host_str().is_none_or(|host| matches!(host, "" | "http" | "https")) {
        Some("does not contain a host")
    } else if !url.host_str().is_some_and(is_host) {
        Some("contains characters that are not valid in a host name; remove any quotation marks")
    } else if url.host_str().is_some_and(|host| host.parse::<Region>().is_ok()) {
        Some("is the name of a region: set it with `region`, or use the full host name, such as na.myconnectwise.net")
    } else {
        None
    };
    match problem {
        Some(problem) => Err(Error::invalid_input(name, problem)),
        None => Ok(url),
    }
}

/// Returns whether a text has only characters of host names and IP addresses.
fn is_host(host: &str) -> bool {
    host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte))
}

/// Returns the path of the API for a pasted path. If the pasted path contains `/apis/3.0`, the result ends there.
/// Otherwise, `/apis/3.0` follows the code base. Without a code base, the result is the default path.
fn api_path(path: &str) -> String {
    let path = path.trim_end_matches('/');
    let lower = path.to_ascii_lowercase();
    if let Some(at) = lower.find("/apis/3.0") {
        return format!("{}/{API_PATH}", path.get(..at).unwrap_or_default().trim_end_matches('/'));
    }
    let mut prefix = String::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        prefix.push('/');
        prefix.push_str(segment);
        if is_code_base(segment) {
            return format!("{prefix}/{API_PATH}");
        }
    }
    format!("/{CODE_BASE}/{API_PATH}")
}

/// Returns whether a path segment is a code base, such as `v4_6_release` or `v2025_1`.
pub(crate) fn is_code_base(segment: &str) -> bool {
    segment.eq_ignore_ascii_case(CODE_BASE)
        || segment.strip_prefix(['v', 'V']).is_some_and(|rest| {
            rest.split_once('_').is_some_and(|(year, number)| {
                year.len() == 4
                    && year.bytes().all(|byte| byte.is_ascii_digit())
                    && !number.is_empty()
                    && number.bytes().all(|byte| byte.is_ascii_digit())
            })
        })
}

/// Returns whether requests to a URL stay on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.strip_suffix('.').unwrap_or(name).eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        // `::ffff:127.0.0.1` is the IPv4 address.
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        None => false,
    }
}

/// Returns whether a URL means this machine, so that requests must not go through a proxy. More hosts do than those of
/// [`is_loopback`]: an unspecified address, a name below `localhost`, and an IPv4 address in the obsolete form
/// `::127.0.0.1`. Whether requests to them stay on this machine depends on the operating system.
pub(crate) fn means_this_machine(url: &Url) -> bool {
    let is_local = |address: Ipv4Addr| address.is_loopback() || address.is_unspecified();
    let means_local = match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
            name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => is_local(address),
        Some(Host::Ipv6(address)) => address.to_ipv4().is_some_and(is_local),
        None => false,
    };
    means_local || is_loopback(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_of_this_machine_are_recognized() {
        for (host, loopback, this_machine) in [
            ("127.0.0.1", true, true),
            ("127.9.9.9", true, true),
            ("localhost.", true, true),
            ("LOCALHOST", true, true),
            ("[::1]", true, true),
            ("[::ffff:127.0.0.1]", true, true),
            ("0.0.0.0", false, true),
            ("0", false, true),
            ("[::]", false, true),
            ("[::ffff:0.0.0.0]", false, true),
            ("[::127.0.0.1]", false, true),
            ("psa.localhost", false, true),
            ("psa.LocalHost.", false, true),
            ("psa.example", false, false),
            ("psalocalhost", false, false),
            ("localhost.example", false, false),
            ("10.0.0.1", false, false),
            ("[::2]", false, false),
            ("[::10.0.0.1]", false, false),
            ("[2001:db8::127.0.0.1]", false, false),
        ] {
            let url: Url = format!("http://{host}/").parse().unwrap();
            assert_eq!((is_loopback(&url), means_this_machine(&url)), (loopback, this_machine), "{host}");
        }
    }

    #[test]
    fn every_form_of_a_host_is_accepted() {
        let na = "https://api-na.myconnectwise.net/v4_6_release/apis/3.0";
        for (text, base, is_cloud) in [
            ("na.myconnectwise.net", na, true),
            ("api-na.myconnectwise.net", na, true),
            (" https://na.myconnectwise.net/ ", na, true),
            ("HTTPS://NA.MyConnectWise.net", na, true),
            ("//na.myconnectwise.net", na, true),
            ("https://na.myconnectwise.net/v2025_1/ConnectWise.aspx?locale=en_US#XQAACHsA", na, true),
            ("https://api-na.myconnectwise.net/v2025_1/apis/3.0/service/tickets?page=2", na, true),
            ("api-staging.connectwisedev.com", "https://api-staging.connectwisedev.com/v4_6_release/apis/3.0", true),
            ("sandbox-na.myconnectwise.net", "https://api-sandbox-na.myconnectwise.net/v4_6_release/apis/3.0", true),
            ("psa.msp.example", "https://psa.msp.example/v4_6_release/apis/3.0", false),
            ("psa.msp.example:8443/", "https://psa.msp.example:8443/v4_6_release/apis/3.0", false),
            ("psa.msp.example/v2025_1", "https://psa.msp.example/v2025_1/apis/3.0", false),
            (
                "https://psa.msp.example/v4_6_release/services/system_io/login.html",
                "https://psa.msp.example/v4_6_release/apis/3.0",
                false,
            ),
            (
                "https://psa.msp.example/inside/v4_6_release/APIs/3.0/",
                "https://psa.msp.example/inside/v4_6_release/apis/3.0",
                false,
            ),
            ("https://psa.msp.example/some/page.html", "https://psa.msp.example/v4_6_release/apis/3.0", false),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v4_6_release/apis/3.0", false),
            ("[::1]:8080", "https://[::1]:8080/v4_6_release/apis/3.0", false),
            // Not a subdomain of `myconnectwise.net`.
            ("evilmyconnectwise.net", "https://evilmyconnectwise.net/v4_6_release/apis/3.0", false),
        ] {
            let site = Site::from_host(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((site.base.as_str(), site.is_cloud), (base, is_cloud), "{text}");
        }
    }

    #[test]
    fn errors_of_invalid_hosts_do_not_quote_the_text() {
        for (text, expected) in [
            ("", "host is missing"),
            ("  ", "host is missing"),
            ("https://", "host is not a valid server address"),
            ("ftp://psa.msp.example", "host is not an https URL"),
            ("https://user:hunter2@psa.msp.example", "host contains credentials"),
            ("psa msp example", "host is not a valid server address"),
            ("https://:8080", "host is not a valid server address"),
            ("https//psa.example", "host does not contain a host"),
            ("http:/psa.example", "host does not contain a host"),
            ("\"psa.example\"", "host contains characters"),
            ("na", "host is the name of a region"),
        ] {
            let error = Site::from_host(text).unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains("hunter2"), "{text}: {error}");
        }
    }

    #[test]
    fn a_base_url_without_a_path_gets_the_default_path_and_a_query_is_rejected() {
        assert!(Site::from_base_url("https://h/?a=b").is_err());
        assert_eq!(Site::from_base_url("https://h").unwrap().base.as_str(), "https://h/v4_6_release/apis/3.0");
        assert_eq!(
            Site::from_base_url("https://na.myconnectwise.net/v2024_1/apis/3.0/").unwrap().base.as_str(),
            "https://na.myconnectwise.net/v2024_1/apis/3.0"
        );
    }

    #[test]
    fn a_discovered_host_must_have_the_same_domain_and_a_code_base_must_be_one_segment() {
        let cloud = Site::from_host("na.myconnectwise.net").unwrap();
        for (site_url, code_base, expected) in [
            ("api-na.myconnectwise.net", "v2025_1/", Some("https://api-na.myconnectwise.net/v2025_1/apis/3.0")),
            (
                "https://api-eu.myconnectwise.net/",
                "/v2025_1/",
                Some("https://api-eu.myconnectwise.net/v2025_1/apis/3.0"),
            ),
            ("", "v4_6_release/", Some("https://api-na.myconnectwise.net/v4_6_release/apis/3.0")),
            ("evil.example", "v2025_1/", None),
            ("myconnectwise.net.evil.example", "v2025_1/", None),
            ("api-na.myconnectwise.net@evil.example", "v2025_1/", None),
            ("api-na.myconnectwise.net", "../login", None),
            ("api-na.myconnectwise.net", "", None),
        ] {
            let base = cloud.discovered_base(site_url, code_base).ok();
            assert_eq!(base.as_ref().map(Url::as_str), expected, "{site_url} {code_base}");
        }
        // Outside the cloud, the host must be the same.
        let local = Site::from_host("http://127.0.0.1:8080").unwrap();
        assert_eq!(
            local.discovered_base("127.0.0.1:8080", "v2025_1/").unwrap().as_str(),
            "http://127.0.0.1:8080/v2025_1/apis/3.0"
        );
        assert!(local.discovered_base("127.0.0.2", "v2025_1/").is_err());
    }

    #[test]
    fn company_information_is_requested_from_the_login_host_first() {
        let urls = |host: &str| {
            Site::from_host(host)
                .unwrap()
                .company_info_urls("acme & sons")
                .iter()
                .map(Url::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            urls("api-na.myconnectwise.net"),
            [
                "https://na.myconnectwise.net/login/companyinfo/acme%20%26%20sons",
                "https://api-na.myconnectwise.net/login/companyinfo/acme%20%26%20sons"
            ]
        );
        assert_eq!(urls("http://127.0.0.1:1"), ["http://127.0.0.1:1/login/companyinfo/acme%20%26%20sons"]);
    }
}
