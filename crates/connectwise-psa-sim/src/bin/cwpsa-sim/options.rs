//! What the program can be told, and what is wrong with what it was told.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser};
use connectwise_psa_sim::{Fault, Seed, Sim, SimBuilder};
use serde_json::Value;

use crate::faults;
use crate::switches::Switch;

/// How long requests over the limit are to wait.
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// A simulated ConnectWise PSA (formerly Manage) server, for tests of integrations in any language.
#[derive(Clone, Debug, Parser)]
#[command(name = "cwpsa-sim", version)]
pub(crate) struct Options {
    /// Port to listen on; 0 is a free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Address to listen on; 0.0.0.0 lets other machines in
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::from(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,
    /// Short name of the company, as members give it when they log in
    #[arg(long, default_value = "demo", value_parser = company)]
    pub(crate) company: String,
    /// Keys of the API member
    #[arg(long, value_name = "PUBLIC:PRIVATE", default_value = "public:private", value_parser = keys)]
    pub(crate) keys: Pair,
    /// An integrator login, which may mint keys for members; can be given several times
    #[arg(long = "integrator", value_name = "NAME:PASSWORD", value_parser = login)]
    pub(crate) integrators: Vec<Pair>,
    /// Records to begin with: demo, empty, or a file of records by the path of their list
    #[arg(long, value_name = "demo|empty|FILE.json", default_value = "demo", value_parser = seed)]
    seed: SeedOption,
    /// How many times as large the demo data are; 250 is 100,000 tickets
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=2500))]
    scale: Option<u32>,
    /// File that keeps the records; with it, a new server goes on where the last one was
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// How long every answer takes, as 50ms or 1s
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    latency: Option<Duration>,
    /// How many requests a minute may hold; others get status 429
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rate_limit: Option<u32>,
    /// File of faults that some of the requests meet
    #[arg(long, value_name = "FILE", value_parser = fault_file)]
    faults: Option<Faults>,
    /// How the server behaves where servers differ, or nobody knows; can be given several times
    #[arg(long = "switch", value_name = "NAME", value_enum)]
    switches: Vec<Switch>,
    /// Code base of the release
    #[arg(long, value_name = "NAME", default_value = "v2025_1", value_parser = code_base)]
    code_base: String,
    /// Right that callers do not have: "Service Desk > Service Tickets", or with a level in parentheses; can be given
    /// several times
    #[arg(long = "deny-right", value_name = "RIGHT")]
    denied_rights: Vec<String>,
    /// Speak TLS, with a certificate made at start
    #[arg(long)]
    tls: bool,
    /// Where the certificate goes that clients have to trust
    #[arg(long, value_name = "FILE", default_value = "cwpsa-sim-ca.pem", requires = "tls")]
    pub(crate) tls_ca: PathBuf,
    /// Another name or address that the certificate is for, beside localhost, 127.0.0.1 and ::1; can be given several
    /// times
    #[arg(long = "host", value_name = "HOST", requires = "tls")]
    hosts: Vec<String>,
    /// Do not log requests
    #[arg(long)]
    pub(crate) quiet: bool,
}

/// A name and what belongs to it.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) name: String,
    pub(crate) secret: String,
}

/// What `--seed` can be.
#[derive(Clone, Debug)]
enum SeedOption {
    Demo,
    Empty,
    Records(Value),
}

#[derive(Clone, Debug)]
struct Faults(Vec<Fault>);

impl Options {
    /// The arguments of the program. What is wrong with them is told, and the program ended with code 2.
    pub(crate) fn read() -> Self {
        let options = Self::parse();
        if options.scale.is_some() && !matches!(options.seed, SeedOption::Demo) {
            Self::command().error(ErrorKind::ArgumentConflict, "--scale is for --seed demo alone").exit();
        }
        options
    }

    /// The server that they describe, with the faults it has from the beginning.
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
            .code_base(&self.code_base);
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

    /// The option that a setting of the library is.
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

/// Text that can stand in a header, and is something.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.chars().any(char::is_control)
}

fn company(text: &str) -> Result<String, String> {
    if is_plain(text) && !text.contains(['+', ':', '/']) {
        return Ok(text.to_owned());
    }
    Err("a short name like acme, without +, : and /".to_owned())
}

fn keys(text: &str) -> Result<Pair, String> {
    let pair = pair(text)
        .ok_or("a public and a private key with a colon between, like AbCdEf:GhIjKl; the public one without +")?;
    if pair.name == pair.secret { Err("the public and the private key are the same".to_owned()) } else { Ok(pair) }
}

fn login(text: &str) -> Result<Pair, String> {
    pair(text).ok_or_else(|| {
        "a name and a password with a colon between, like integrator:secret; the name without +".to_owned()
    })
}

fn pair(text: &str) -> Option<Pair> {
    let (name, secret) = text.split_once(':')?;
    let is_usable = is_plain(name) && !name.contains('+') && is_plain(secret);
    is_usable.then(|| Pair { name: name.to_owned(), secret: secret.to_owned() })
}

fn code_base(text: &str) -> Result<String, String> {
    let is_usable = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    if is_usable { Ok(text.to_owned()) } else { Err("one segment of a path, like v2025_1".to_owned()) }
}

fn seed(text: &str) -> Result<SeedOption, String> {
    match text {
        "demo" => Ok(SeedOption::Demo),
        "empty" => Ok(SeedOption::Empty),
        file => {
            let text = std::fs::read_to_string(file)
                .map_err(|error| format!("it is demo, empty or a file, and the file cannot be read: {error}"))?;
            serde_json::from_str(&text)
                .map(SeedOption::Records)
                .map_err(|error| format!("the file is no JSON: {error}"))
        }
    }
}

fn fault_file(file: &str) -> Result<Faults, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("the file cannot be read: {error}"))?;
    faults::read(&text).map(Faults)
}
