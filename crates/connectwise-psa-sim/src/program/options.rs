//! The command-line options.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use crate::faults::Fault;
use crate::program::faults;
use crate::program::switches::Switch;
use crate::seed::Seed;
use crate::sim::Sim;
use crate::sim::builder::SimBuilder;

/// The `Retry-After` time for requests over the rate limit.
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// The options of the program. Their help texts are for its users.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Port to listen on; 0 selects a free port
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// IP address to listen on; 0.0.0.0 allows connections from other machines
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::from(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,
    /// Short name of the company, part of the user name: COMPANY+PUBLIC_KEY
    #[arg(long, default_value = "demo", value_parser = company)]
    pub(crate) company: String,
    /// Public and private key of the API member
    #[arg(long, value_name = "PUBLIC:PRIVATE", default_value = "public:private", value_parser = keys)]
    pub(crate) keys: Pair,
    /// Integrator login, which may create API keys for members; repeatable
    #[arg(long = "integrator", value_name = "NAME:PASSWORD", value_parser = login)]
    pub(crate) integrators: Vec<Pair>,
    /// Records to start with: demo, empty, or a JSON file such as {"/service/boards": [{"id": 1, "name": "Help Desk"}]}
    #[arg(long, value_name = "demo|empty|FILE.json", default_value = "demo", value_parser = seed)]
    seed: SeedOption,
    /// Size of the demo data; 1 is 400 tickets, 250 is 100,000 tickets
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=2500))]
    scale: Option<u32>,
    /// File that keeps the records when the server stops; the next server with this file continues with them
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Delay of every response, such as 50ms or 1s
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    latency: Option<Duration>,
    /// Maximum requests per minute; further requests get status 429
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rate_limit: Option<u32>,
    /// Maximum size of an upload, such as 64M or 1G; larger ones get status 413
    #[arg(long, value_name = "SIZE", default_value = "64M", value_parser = size)]
    max_body: usize,
    /// JSON file of faults to inject into requests, such as [{"next": 2, "path": "/service", "with": {"status": 503}}]
    #[arg(long, value_name = "FILE", value_parser = fault_file)]
    faults: Option<Faults>,
    /// Behaviour to choose where live servers differ; repeatable
    #[arg(long = "switch", value_name = "NAME", value_enum)]
    switches: Vec<Switch>,
    /// Code base of the release, as in the path /v2025_1/apis/3.0
    #[arg(long, value_name = "NAME", default_value = "v2025_1", value_parser = code_base)]
    code_base: String,
    /// Right that all callers lack, such as "Service Desk > Service Tickets" or "Service Desk > Service Tickets (Add)";
    /// repeatable
    #[arg(long = "deny-right", value_name = "RIGHT")]
    denied_rights: Vec<String>,
    /// Use TLS, with a certificate generated at start
    #[arg(long)]
    tls: bool,
    /// File to write the certificate authority to, which clients must trust
    #[arg(long, value_name = "FILE", default_value = "cwpsa-sim-ca.pem", requires = "tls")]
    pub(crate) tls_ca: PathBuf,
    /// Host name or IP address that the certificate is also valid for, besides localhost, 127.0.0.1 and ::1; repeatable
    #[arg(long = "host", value_name = "HOST", requires = "tls")]
    hosts: Vec<String>,
    /// Do not log requests
    #[arg(long)]
    pub(crate) quiet: bool,
}

/// A name and its secret: a public and private key, or an integrator name and password.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) name: String,
    pub(crate) secret: String,
}

/// The values of `--seed`.
#[derive(Clone, Debug)]
enum SeedOption {
    Demo,
    Empty,
    Records(Value),
}

#[derive(Clone, Debug)]
struct Faults(Vec<Fault>);

impl Options {
    /// Returns what is wrong with the combination of the options.
    #[must_use]
    pub fn conflict(&self) -> Option<&'static str> {
        (self.scale.is_some() && !matches!(self.seed, SeedOption::Demo)).then_some("--scale requires --seed demo")
    }

    /// Returns the settings of the server, and the faults to inject at start.
    pub(crate) fn server(&self) -> (SimBuilder, Vec<Fault>) {
        let number = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let seed = match self.seed.clone() {
            SeedOption::Demo => Seed::Demo { scale: self.scale.map_or(1, number) },
            SeedOption::Empty => Seed::Empty,
            SeedOption::Records(records) => Seed::Records(records),
        };
        let mut server = Sim::builder()
            .listen(self.listen)
            .port(self.port)
            .company(&self.company)
            .keys(&self.keys.name, &self.keys.secret)
            .seed(seed)
            .code_base(&self.code_base)
            .max_body_size(self.max_body);
        for login in &self.integrators {
            server = server.integrator(&login.name, &login.secret);
        }
        for right in &self.denied_rights {
            server = server.deny_right(right);
        }
        for switch in &self.switches {
            server = switch.set(server);
        }
        for host in &self.hosts {
            server = server.host(host);
        }
        if let Some(file) = &self.state {
            server = server.state(file);
        }
        if let Some(latency) = self.latency {
            server = server.latency(latency);
        }
        if let Some(per_minute) = self.rate_limit {
            server = server.rate_limit(number(per_minute), RETRY_AFTER);
        }
        if self.tls {
            server = server.tls();
        }
        (server, self.faults.clone().map(|faults| faults.0).unwrap_or_default())
    }

    /// Returns the option for a setting that a library error names; `None` for a setting without an option.
    pub(crate) fn option_of(setting: &str) -> Option<&'static str> {
        Some(match setting {
            "port" => "--port",
            "company" => "--company",
            "public key" | "private key" => "--keys",
            "state" => "--state",
            "host" => "--host",
            "deny_right" => "--deny-right",
            _ if setting.starts_with("seed") => "--seed",
            _ => return None,
        })
    }
}

/// Returns whether a text is not empty, has no leading or trailing whitespace, and has no control characters.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.chars().any(char::is_control)
}

fn company(text: &str) -> Result<String, String> {
    if is_plain(text) && !text.contains(['+', ':', '/']) {
        return Ok(text.to_owned());
    }
    Err("must be a short name such as acme, without +, : and /".to_owned())
}

fn keys(text: &str) -> Result<Pair, String> {
    let pair = pair(text).ok_or(
        "must be a public and a private key with a colon between them, such as AbCdEf:GhIjKl; no + in the public key",
    )?;
    if pair.name == pair.secret { Err("the public and the private key are the same".to_owned()) } else { Ok(pair) }
}

fn login(text: &str) -> Result<Pair, String> {
    pair(text).ok_or_else(|| {
        "must be a name and a password with a colon between them, such as integrator:secret; no + in the name"
            .to_owned()
    })
}

fn pair(text: &str) -> Option<Pair> {
    let (name, secret) = text.split_once(':')?;
    let is_usable = is_plain(name) && !name.contains('+') && is_plain(secret);
    is_usable.then(|| Pair { name: name.to_owned(), secret: secret.to_owned() })
}

fn code_base(text: &str) -> Result<String, String> {
    let is_usable = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    if is_usable { Ok(text.to_owned()) } else { Err("must be one path segment, such as v2025_1".to_owned()) }
}

/// Reads a number of bytes with an optional unit.
fn size(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..).unwrap_or_default().to_ascii_uppercase().as_str() {
        "" | "B" => 1,
        "K" | "KB" | "KIB" => 1024,
        "M" | "MB" | "MIB" => 1024 * 1024,
        "G" | "GB" | "GIB" => 1024 * 1024 * 1024,
        _ => 0,
    };
    let bytes = digits.parse::<usize>().ok().and_then(|number| number.checked_mul(unit)).filter(|bytes| *bytes > 0);
    bytes.ok_or_else(|| "must be a number of bytes such as 1000000, 512K, 64M or 1G".to_owned())
}

fn seed(text: &str) -> Result<SeedOption, String> {
    match text {
        "demo" => Ok(SeedOption::Demo),
        "empty" => Ok(SeedOption::Empty),
        file => {
            let text = std::fs::read_to_string(file)
                .map_err(|error| format!("must be demo, empty or a file name; the file cannot be read: {error}"))?;
            serde_json::from_str(&text)
                .map(SeedOption::Records)
                .map_err(|error| format!("the file is not valid JSON: {error}"))
        }
    }
}

fn fault_file(file: &str) -> Result<Faults, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("the file cannot be read: {error}"))?;
    faults::read(&text).map(Faults)
}
