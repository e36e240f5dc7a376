//! `cwpsa-sim`: the simulated server as a program, for integrations in any language.
#![forbid(unsafe_code)]

mod faults;
mod options;
mod switches;

use std::io::{self, Write as _};
use std::process::ExitCode;

use connectwise_psa::Error;
use connectwise_psa_sim::{RecordedRequest, Sim};

use crate::options::Options;

fn main() -> ExitCode {
    let options = Options::read();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_writer(io::stderr)
        .without_time()
        .with_target(false)
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let ended = runtime.map_err(|error| error.to_string()).and_then(|runtime| runtime.block_on(run(&options)));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // Nobody reads it when the pipe is closed.
            let _ = writeln!(io::stderr(), "error: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Serves until the program is told to end, or cannot go on.
async fn run(options: &Options) -> Result<(), String> {
    let (server, faults) = options.server();
    let server = if options.quiet { server } else { server.on_request(log) };
    // Who ends the program as soon as it shows its address is heard.
    let end = end().map_err(|error| format!("signals cannot be waited for: {error}"))?;
    let sim = server.start().await.map_err(|error| told(&error))?;
    faults.into_iter().for_each(|fault| sim.inject(fault));
    if let Some(certificate) = sim.ca_certificate() {
        let file = &options.tls_ca;
        std::fs::write(file, certificate)
            .map_err(|error| format!("--tls-ca: {} cannot be written: {error}", file.display()))?;
    }
    let _ = greet(&mut io::stdout().lock(), options, &sim);
    tokio::select! {
        ended = sim.run() => ended.map_err(|error| error.to_string()),
        () = end => Ok(()),
    }
}

/// Waits for Ctrl-C or, where there is one, SIGTERM.
#[cfg(unix)]
fn end() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
fn end() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

/// A library's error with the option in place of the setting.
fn told(error: &Error) -> String {
    let setting = error.parameter().unwrap_or_default();
    let message = error.message().map_or_else(|| error.to_string(), str::to_owned);
    match Options::option_of(setting) {
        Some(option) if setting.contains(' ') => format!("{option}: {setting} {message}"),
        Some(option) => format!("{option}: {message}"),
        None => format!("{setting} {message}"),
    }
}

/// A line for a request.
fn log(request: &RecordedRequest) {
    let mark = if request.query.is_empty() { "" } else { "?" };
    let status = request.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    // A log that nobody reads stops no server.
    let _ = writeln!(
        io::stderr(),
        "{} {}{mark}{} {status} {:.1?}",
        request.method,
        request.path,
        request.query,
        request.duration
    );
}

/// Tells where the server is, and how to use it.
fn greet(out: &mut impl io::Write, options: &Options, sim: &Sim) -> io::Result<()> {
    const CLIENT_ID: &str = "00000000-0000-0000-0000-000000000000";
    let url = sim.url();
    let (company, keys) = (&options.company, &options.keys);
    writeln!(out, "cwpsa-sim listens on {url}\n")?;
    writeln!(
        out,
        "  company      {company}\n  public key   {}\n  private key  {}\n  client id    any",
        keys.name, keys.secret
    )?;
    for login in &options.integrators {
        writeln!(out, "  integrator   {} with password {}", login.name, login.secret)?;
    }
    if let Some(file) = &options.state {
        writeln!(out, "  state        {}", file.display())?;
    }
    let mut trust = String::new();
    if sim.ca_certificate().is_some() {
        let file = std::path::absolute(&options.tls_ca).unwrap_or_else(|_| options.tls_ca.clone());
        let file = quoted(&file.to_string_lossy());
        trust = format!(" --cacert {file}");
        writeln!(out, "\nClients have to trust {file}, which is another one at each start:\n")?;
        for (variable, client) in [
            ("NODE_EXTRA_CA_CERTS", "Node"),
            ("REQUESTS_CA_BUNDLE", "Python's requests"),
            ("SSL_CERT_FILE", "Rust, Go, .NET on Linux"),
        ] {
            writeln!(out, "export {variable}={file}  # {client}")?;
        }
    }
    let user = quoted(&format!("{company}+{}:{}", keys.name, keys.secret));
    let list = quoted(&format!("{url}/v4_6_release/apis/3.0/service/tickets?pageSize=5"));
    writeln!(out, "\ncurl{trust} --user {user} --header 'clientId: {CLIENT_ID}' {list}\n")?;
    for (name, value) in [
        ("CW_SITE", url.as_str()),
        ("CW_COMPANY", company),
        ("CW_PUBLIC_KEY", &keys.name),
        ("CW_PRIVATE_KEY", &keys.secret),
        ("CW_CLIENT_ID", CLIENT_ID),
    ] {
        writeln!(out, "export {name}={}", quoted(value))?;
    }
    writeln!(out)?;
    out.flush()
}

/// A text as a shell reads it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
