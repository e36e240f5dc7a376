//! The simulator as a program: its options and its output. `cwpsa-sim` and `cwpsa sim` are this program.

mod faults;
mod options;
mod switches;

pub use options::Options;

use std::io::{self, Write as _};

use connectwise_psa::Error;

use crate::request_log::RecordedRequest;
use crate::sim::Sim;

/// Runs the server until a signal ends the program. Prints the server's address and its use on standard output, under
/// the name that the program was started with (`cwpsa-sim`), and requests and warnings on standard error.
///
/// # Errors
///
/// Returns what is wrong: with an option, or with the machine, such as a port that another program uses.
pub fn run(options: &Options, name: &str) -> Result<(), String> {
    // Fails only if the process has a subscriber already.
    let _ = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_writer(io::stderr)
        .without_time()
        .with_target(false)
        .try_init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(serve(options, name))
}

/// Runs the server until a signal ends the program or the state file cannot be written.
async fn serve(options: &Options, name: &str) -> Result<(), String> {
    let (server, faults) = options.server();
    let server = if options.quiet { server } else { server.on_request(log) };
    // Registered before the address is printed, so a signal right after that is not missed.
    let shutdown = shutdown_signal().map_err(|error| format!("cannot listen for signals: {error}"))?;
    let sim = server.start().await.map_err(|error| option_error(&error))?;
    faults.into_iter().for_each(|fault| sim.inject(fault));
    if let Some(certificate) = sim.ca_certificate() {
        let file = &options.tls_ca;
        std::fs::write(file, certificate)
            .map_err(|error| format!("--tls-ca: {} cannot be written: {error}", file.display()))?;
    }
    let _ = print_usage(&mut io::stdout().lock(), options, &sim, name);
    tokio::select! {
        result = sim.run() => result.map_err(|error| error.to_string()),
        () = shutdown => Ok(()),
    }
}

/// Waits for Ctrl-C or SIGTERM.
#[cfg(unix)]
fn shutdown_signal() -> io::Result<impl Future<Output = ()>> {
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
fn shutdown_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

/// Formats a library error with the name of the option in place of that of the setting.
fn option_error(error: &Error) -> String {
    let setting = error.parameter().unwrap_or_default();
    let message = error.message().map_or_else(|| error.to_string(), str::to_owned);
    match Options::option_of(setting) {
        Some(option) if setting.contains(' ') => format!("{option}: {setting} {message}"),
        Some(option) => format!("{option}: {message}"),
        None => format!("{setting} {message}"),
    }
}

/// Logs a request.
fn log(request: &RecordedRequest) {
    let separator = if request.query.is_empty() { "" } else { "?" };
    let status = request.status.map_or_else(|| "no response".to_owned(), |status| status.to_string());
    // If standard error is closed, the server continues.
    let _ = writeln!(
        io::stderr(),
        "{} {}{separator}{} {status} {:.1?}",
        request.method,
        request.path,
        request.query,
        request.duration
    );
}

/// Prints the address of the server and how to use it.
fn print_usage(out: &mut impl io::Write, options: &Options, sim: &Sim, name: &str) -> io::Result<()> {
    const CLIENT_ID: &str = "00000000-0000-0000-0000-000000000000";
    let url = sim.url();
    let (company, keys) = (&options.company, &options.keys);
    writeln!(out, "{name} listens on {url}\n")?;
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
        writeln!(out, "\nClients must trust the certificate in {file}, which is new at each start:\n")?;
        for (variable, client) in [
            ("NODE_EXTRA_CA_CERTS", "Node"),
            ("REQUESTS_CA_BUNDLE", "Python's requests"),
            ("SSL_CERT_FILE", "Rust, Go and .NET, all on Linux"),
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

/// Quotes a string for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
