//! Keeps a copy of the members: reads all of them once, then only those that have changed.
//!
//! `cargo run --example sync_members`
//!
//! The server is a simulator inside this program.

#![allow(clippy::print_stdout, reason = "an example prints")]

use std::collections::BTreeMap;

use connectwise_psa::types::Member;
use connectwise_psa::{DateTime, Error, Patch, Psa, Record};
use connectwise_psa_sim::Sim;

/// A copy of the members, and until when it is up to date.
#[derive(Default)]
pub(crate) struct Members {
    by_id: BTreeMap<i32, Member>,
    /// The latest change that has been read, in the server's time. The clock of this machine may differ from it.
    until: Option<DateTime>,
}

impl Members {
    /// Reads the members that have changed since the last call, and returns a line for each.
    ///
    /// Members are never deleted in PSA; they become inactive, which is a change. For records that can be deleted, and to
    /// learn of changes at once, use the module `webhooks`, whose catch-up also compares ids.
    pub(crate) async fn sync(&mut self, psa: &Psa) -> Result<Vec<String>, Error> {
        let mut list = psa.system().list_members();
        if let Some(until) = self.until {
            // `>=` reads the last changes again, so that none of the same second is missed.
            list = list.filter(|member| member.last_updated().ge(until));
        }
        let mut lines = Vec::new();
        let mut members = list.stream();
        while let Some(member) = members.next().await {
            let member = member?;
            let id = member.id()?;
            self.until = self.until.max(member.info().and_then(|info| info.last_updated()));
            let known = self.by_id.get(&id);
            if known == Some(&member) {
                continue;
            }
            let what = match (known, member.inactive_flag) {
                (None, _) => "added",
                (Some(known), Some(true)) if known.inactive_flag != Some(true) => "deactivated",
                _ => "changed",
            };
            lines.push(format!("{what}: {} ({id})", member.identifier.as_deref().unwrap_or_default()));
            self.by_id.insert(id, member);
        }
        Ok(lines)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let sim = Sim::builder().start().await?;
    let psa = sim.psa();
    let mut members = Members::default();

    println!("The first run reads all members:");
    members.sync(&psa).await?.iter().for_each(|line| println!("  {line}"));

    println!("Nothing has changed, so the second run finds nothing:");
    println!("  {} changes", members.sync(&psa).await?.len());

    change(&psa).await?;
    println!("A member has got another title, and one has been deactivated:");
    members.sync(&psa).await?.iter().for_each(|line| println!("  {line}"));
    Ok(())
}

/// Changes two members.
pub(crate) async fn change(psa: &Psa) -> Result<(), Error> {
    let ids: Vec<_> =
        psa.system().list_members().take(2).all().await?.iter().map(Record::id).collect::<Result<_, _>>()?;
    for (id, patch) in ids.into_iter().zip([
        Patch::new().set(Member::fields().title(), "Dispatcher"),
        Patch::new().set(Member::fields().inactive_flag(), true),
    ]) {
        psa.system().update_member(id, &patch).await?;
    }
    Ok(())
}
