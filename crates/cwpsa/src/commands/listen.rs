//! `cwpsa listen`: receives webhooks, verifies them, and forwards them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use clap::Args;
use connectwise_psa::dependencies::chrono::Utc;
use connectwise_psa::webhooks::{CallbackType, Verifier};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::output::Format;
use crate::output::text::print;
use crate::webhooks::callbacks::OwnCallbacks;
use crate::webhooks::event_filter::EventFilter;
use crate::webhooks::forwarder::Forwarder;
use crate::webhooks::interrupt::Interrupt;
use crate::webhooks::listener::{Listener, Notice};
use crate::webhooks::report::Report;
use crate::webhooks::simulator::simulator_settings;
use crate::webhooks::target::Target;

/// How long accepted messages are forwarded after the end was requested.
const GRACE: Duration = Duration::from_secs(10);

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Forward each message to this http or https URL; its query is kept
    #[arg(long, value_name = "URL")]
    forward_to: Target,
    /// Forward only these events: ticket.updated,company; by default all
    #[arg(long, value_name = "EVENT", value_delimiter = ',')]
    events: Vec<EventFilter>,
    /// The URL of a tunnel that PSA can reach and that leads to this program; callbacks are registered below it
    #[arg(long, value_name = "URL", conflicts_with_all = ["sim", "no_register"])]
    public_url: Option<String>,
    /// Register no callbacks: receive the messages of those that exist
    #[arg(long)]
    no_register: bool,
    /// The port to listen on; 0 for a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// The address to listen on; 0.0.0.0 if PSA or the tunnel is on another machine
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::from(Ipv4Addr::LOCALHOST))]
    bind: IpAddr,
    /// The seconds that the target has for a response
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// End after this number of messages
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
}

impl Arguments {
    pub(crate) fn run(&self, context: &Context) -> Outcome {
        if context.global.jq.is_some() || context.global.format() == Format::Csv {
            return Err(CommandError::usage(
                "listen prints a line for each message: use --json, without --jq and --csv",
            ));
        }
        if self.public_url.is_none() && !context.global.sim && !self.no_register {
            return Err(CommandError::usage("PSA cannot reach this machine without a URL").with_next_step(
                "hint: start a tunnel to this machine and add --public-url URL --port N; or use --sim, or --no-register",
            ));
        }
        context.block_on(self.listen(context))?
    }

    async fn listen(&self, context: &Context) -> Outcome {
        let mut interrupt = Interrupt::new()?;
        let psa = tokio::select! {
            psa = context.psa() => psa?,
            () = interrupt.next() => return Ok(Exit::Success),
        };
        let forwarder = Forwarder::new(self.forward_to.clone(), Duration::from_secs(self.timeout))?;
        let (socket, local) = self.bind().await?;
        let mut callbacks = match (&self.public_url, self.no_register) {
            (_, true) => None,
            (Some(url), false) => Some(OwnCallbacks::new(psa, url)?),
            (None, false) => Some(OwnCallbacks::new(psa, &local)?),
        };
        let mut listener = Listener::new(Verifier::new(psa)?, &self.events, &forwarder);
        // Messages can arrive before all callbacks are registered.
        let serving = tokio::spawn(axum::serve(socket, listener.router.clone()).into_future());
        self.introduce(context, &local).await?;

        if let Some(callbacks) = &mut callbacks
            && let Err(error) = self.register(callbacks, context).await
        {
            if let Err(remaining) = callbacks.delete().await {
                context.output().note(&remaining.to_string());
            }
            return Err(error);
        }
        context.output().note("Stop with Ctrl-C");

        let mut session = Session { as_json: context.global.is_json(), finished: 0, failed: 0 };
        let printed = session.run(&mut listener, &mut interrupt, self.count).await;
        let deleted = delete(callbacks, &mut interrupt, context).await;
        serving.abort();
        if matches!(printed, Ok(true)) {
            session.drain(&mut listener, &mut interrupt).await?;
        }
        let lost = listener.waiting();
        if lost > 0 {
            context.output().note(&format!("Messages that were accepted and not forwarded: {lost}"));
        }
        printed?;
        deleted?;
        Ok(if session.failed > 0 || lost > 0 { Exit::PartlyFailed } else { Exit::Success })
    }

    /// Opens the port. Returns the URL that programs of this machine reach it at, too.
    async fn bind(&self) -> Result<(TcpListener, String), CommandError> {
        let requested = SocketAddr::new(self.bind, self.port);
        let failed = |error| CommandError::failure(format!("cannot listen on {requested}: {error}"));
        let socket = TcpListener::bind(requested).await.map_err(failed)?;
        let bound = socket.local_addr().map_err(failed)?;
        let ip = match bound.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        Ok((socket, format!("http://{}", SocketAddr::new(ip, bound.port()))))
    }

    /// Prints where messages come from and go to.
    async fn introduce(&self, context: &Context, local: &str) -> Result<(), CommandError> {
        context.output().note(&format!("Listening on {local}, forwarding to {}", self.forward_to));
        if context.global.sim {
            let settings = simulator_settings(&context.sim().await?.url(), "demo");
            context.output().note(&format!("The simulator, for changes by other programs:\n  {settings}"));
        }
        Ok(())
    }

    /// Registers the callbacks. An interrupt does not cancel this: it would not be known which of them exist.
    async fn register(&self, callbacks: &mut OwnCallbacks, context: &Context) -> Result<(), CommandError> {
        callbacks.register(&self.types()).await?;
        let ids: Vec<String> = callbacks.ids().iter().map(ToString::to_string).collect();
        context.output().note(&format!(
            "Registered for {}: callbacks {}, which are deleted at the end",
            callbacks.url(),
            ids.join(", ")
        ));
        Ok(())
    }

    /// Returns the types to register.
    fn types(&self) -> Vec<CallbackType> {
        let mut types: Vec<CallbackType> = Vec::new();
        for EventFilter { callback_type, .. } in &self.events {
            if !types.contains(callback_type) {
                types.push(callback_type.clone());
            }
        }
        if types.is_empty() {
            // ConnectWise does not document the levels of sites, so a server may reject them.
            types.extend(CallbackType::KNOWN.into_iter().filter(|known| *known != CallbackType::Site));
        }
        types
    }
}

/// Deletes the callbacks, unless the user does not want to wait.
async fn delete(
    callbacks: Option<OwnCallbacks>,
    interrupt: &mut Interrupt,
    context: &Context,
) -> Result<(), CommandError> {
    let Some(mut callbacks) = callbacks else { return Ok(()) };
    let deleting = tokio::select! {
        deleted = callbacks.delete() => Some(deleted),
        () = interrupt.next() => None,
    };
    match deleting {
        Some(Ok(count)) => {
            context.output().note(&format!("Deleted callbacks: {count}"));
            Ok(())
        }
        Some(Err(error)) => Err(error),
        None => Err(callbacks.remaining("interrupted while they were deleted")),
    }
}

/// The messages so far.
struct Session {
    as_json: bool,
    /// The messages that no further attempt is made for.
    finished: u64,
    failed: u64,
}

impl Session {
    /// Prints what happens until the end is requested. Returns whether anyone still reads.
    async fn run(
        &mut self,
        listener: &mut Listener,
        interrupt: &mut Interrupt,
        count: Option<u64>,
    ) -> Result<bool, CommandError> {
        while count.is_none_or(|count| self.finished < count) {
            tokio::select! {
                () = interrupt.next() => break,
                Some(notice) = listener.notices.recv() => if !self.print(&notice)? { return Ok(false) },
            }
        }
        Ok(true)
    }

    /// Prints what happened to a message. Returns whether anyone still reads.
    fn print(&mut self, notice: &Notice) -> Result<bool, CommandError> {
        let report = match notice {
            Notice::Attempted { received, attempt, number, retry_after } => {
                if retry_after.is_none() {
                    self.finished += 1;
                    self.failed += u64::from(!attempt.is_success());
                }
                let retry_after_seconds = retry_after.map(|delay| delay.as_secs());
                Report::Forwarded { received, attempt, number: *number, retry_after_seconds }
            }
            Notice::Filtered(received) => Report::Filtered { received },
            Notice::Duplicate(received) => Report::Duplicate { received },
            Notice::Rejected { status, reason } => Report::Rejected { status: status.as_u16(), reason: reason.clone() },
        };
        let now = Utc::now();
        match print(&if self.as_json { Value::Object(report.json(now)).to_string() } else { report.text(now) }) {
            Err(error) if error.is_closed_pipe() => Ok(false),
            printed => printed.map(|()| true),
        }
    }

    /// Waits for the messages that were accepted, for a limited time.
    async fn drain(&mut self, listener: &mut Listener, interrupt: &mut Interrupt) -> Result<(), CommandError> {
        let end = tokio::time::sleep(GRACE);
        tokio::pin!(end);
        while listener.waiting() > 0 || !listener.notices.is_empty() {
            tokio::select! {
                () = &mut end => break,
                () = interrupt.next() => break,
                Some(notice) = listener.notices.recv() => if !self.print(&notice)? { break },
            }
        }
        Ok(())
    }
}
