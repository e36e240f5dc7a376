//! The report of a comparison: what is granted, what is missing, and what is not known.

use std::fmt;

use crate::access::granted::{AccessSource, Granted};
use crate::access::level::{Level, Permission};
use crate::access::needs::Needs;

/// The last line of each report.
const RESTRICTIONS: &str = "Not visible here: a role can be restricted to some boards, locations or companies. The \
                            server then leaves out the other records, without an error.";

/// Whether a permission that is needed is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// It is granted.
    Granted,
    /// It is not granted, or only for the member's own records.
    Missing,
    /// It is not known.
    Unknown,
}

/// One permission that is needed, and whether it is granted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// The area on the Security Roles screen: `Service Desk`.
    pub area: &'static str,
    /// The entry in the area: `Service Tickets`.
    pub entry: &'static str,
    /// The column.
    pub permission: Permission,
    /// The level that is needed.
    pub needed: Level,
    /// The level that is granted; `None` if it is not known. If the rights were [probed](AccessSource::Probes),
    /// [`Level::My`] means "at least the member's own records".
    pub granted: Option<Level>,
    /// Whether the permission is granted.
    pub verdict: Verdict,
    /// The operations and profiles that need the permission.
    pub needed_for: Vec<String>,
}

/// The result of [`Access::compare`](crate::access::Access::compare). [`Display`](fmt::Display) prints what to grant, in
/// the order of the Security Roles screen.
#[derive(Clone, Debug)]
pub struct AccessReport {
    source: AccessSource,
    findings: Vec<Finding>,
    unknown_operations: Vec<String>,
    table_setup: Vec<&'static str>,
}

impl AccessReport {
    pub(crate) fn new(needs: &Needs, granted: &Granted) -> Self {
        let mut findings = Vec::new();
        let mut table_setup = Vec::new();
        for ((_, entry), need) in &needs.rights {
            table_setup.extend(need.table_setup.iter().copied());
            let needed = need.levels.into_iter().zip(&need.needed_for);
            for (permission, (needed, needed_for)) in Permission::ALL.into_iter().zip(needed) {
                if needed == Level::None {
                    continue;
                }
                let level = granted.level(need.area, entry, permission);
                findings.push(Finding {
                    area: need.area,
                    entry,
                    permission,
                    needed,
                    granted: level,
                    verdict: verdict(granted.source(), needed, level),
                    needed_for: needed_for.clone(),
                });
            }
        }
        Self { source: granted.source(), findings, unknown_operations: needs.unknown.clone(), table_setup }
    }

    /// Returns how the rights of the member were determined.
    #[must_use]
    pub const fn source(&self) -> AccessSource {
        self.source
    }

    /// Returns all findings, in the order of the screen.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns the permissions that must be granted, in the order of the screen.
    pub fn missing(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.verdict == Verdict::Missing)
    }

    /// Returns the operations whose rights this crate does not know.
    #[must_use]
    pub fn unknown_operations(&self) -> &[String] {
        &self.unknown_operations
    }

    /// Returns the entries of Table Setup that a profile needs. Whether they are allowed is not visible.
    #[must_use]
    pub fn table_setup(&self) -> &[&'static str] {
        &self.table_setup
    }

    /// Returns whether every permission that is needed is known to be granted, and the rights of all operations are known.
    /// Entries of Table Setup that must be allowed are not visible, so they do not count.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.unknown_operations.is_empty() && self.findings.iter().all(|finding| finding.verdict == Verdict::Granted)
    }

    /// Writes the findings with a verdict under a heading, one line for each entry.
    fn write_findings(&self, f: &mut fmt::Formatter<'_>, verdict: Verdict, heading: &str) -> fmt::Result {
        let findings: Vec<_> = self.findings.iter().filter(|finding| finding.verdict == verdict).collect();
        if findings.is_empty() {
            return Ok(());
        }
        writeln!(f, "{heading}")?;
        let mut area = "";
        for entry in findings.chunk_by(|a, b| (a.area, a.entry) == (b.area, b.entry)) {
            let Some(first) = entry.first() else { continue };
            if first.area != area {
                area = first.area;
                writeln!(f, "  {area}")?;
            }
            let levels: Vec<_> = entry.iter().map(|finding| level_text(finding)).collect();
            let mut needed_for: Vec<&str> = Vec::new();
            for reason in entry.iter().flat_map(|finding| &finding.needed_for) {
                if !needed_for.contains(&reason.as_str()) {
                    needed_for.push(reason);
                }
            }
            writeln!(f, "    {}: {}  (for {})", first.entry, levels.join(", "), needed_for.join(", "))?;
        }
        Ok(())
    }
}

/// `Add All (has None)`.
fn level_text(finding: &Finding) -> String {
    let has = match finding.granted {
        Some(level) if finding.verdict == Verdict::Missing => format!(" (has {level})"),
        _ => String::new(),
    };
    format!("{} {}{has}", finding.permission, finding.needed)
}

fn verdict(source: AccessSource, needed: Level, granted: Option<Level>) -> Verdict {
    match (source, granted) {
        (_, None) => Verdict::Unknown,
        (_, Some(Level::None)) => Verdict::Missing,
        // A probe shows that the member may read, but not which records.
        (AccessSource::Probes, Some(Level::My)) if needed == Level::All => Verdict::Unknown,
        (_, Some(level)) if level >= needed => Verdict::Granted,
        _ => Verdict::Missing,
    }
}

impl fmt::Display for AccessReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}",
            match self.source {
                AccessSource::MySecurity => "The server listed the rights of the API member.",
                AccessSource::Probes =>
                    "The server does not list the rights of the API member. Harmless reads show what it may read; \
                     whether it may read all records, and whether it may add, edit and delete, is not known.",
            }
        )?;
        self.write_findings(
            f,
            Verdict::Missing,
            "Missing: grant these in System > Security Roles, in the role of the API member:",
        )?;
        if !self.table_setup.is_empty() {
            writeln!(
                f,
                "Not visible: the role must also allow these entries of Table Setup (customise): {}",
                self.table_setup.join(", ")
            )?;
        }
        self.write_findings(f, Verdict::Unknown, "Not known: compare these with the role:")?;
        if !self.unknown_operations.is_empty() {
            writeln!(f, "Operations whose rights are not known: {}", self.unknown_operations.join(", "))?;
        }
        if self.is_complete() {
            writeln!(f, "All rights that the server shows are granted.")?;
        }
        write!(f, "{RESTRICTIONS}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn needs() -> Needs {
        let right =
            |needs: Needs, entry, permission, level| needs.right("Service Desk", entry, permission, level).unwrap();
        let needs = right(Needs::new(), "Service Tickets", Permission::Add, Level::All);
        let needs = right(needs, "Service Tickets", Permission::Inquire, Level::All);
        let needs = right(needs, "Merge Tickets", Permission::Edit, Level::My);
        needs.right("Companies", "Contacts", Permission::Inquire, Level::My).unwrap()
    }

    #[test]
    fn the_report_says_what_to_grant_in_the_order_of_the_screen() {
        let records = [
            json!({"moduleName": "Service Desk", "moduleFunctionName": "Service Tickets", "addLevel": "My", "inquireLevel": "All"}),
            json!({"moduleName": "Companies", "moduleFunctionName": "Contacts", "inquireLevel": "None"}),
        ];
        let report = AccessReport::new(&needs(), &Granted::from_my_security(&records).unwrap());
        assert!(!report.is_complete());
        let missing: Vec<_> =
            report.missing().map(|finding| (finding.area, finding.entry, finding.permission)).collect();
        assert_eq!(
            missing,
            [("Companies", "Contacts", Permission::Inquire), ("Service Desk", "Service Tickets", Permission::Add)]
        );
        assert_eq!(
            report.to_string(),
            "The server listed the rights of the API member.\n\
             Missing: grant these in System > Security Roles, in the role of the API member:\n\
             \x20 Companies\n\
             \x20   Contacts: Inquire My (has None)  (for the program)\n\
             \x20 Service Desk\n\
             \x20   Service Tickets: Add All (has My)  (for the program)\n\
             Not known: compare these with the role:\n\
             \x20 Service Desk\n\
             \x20   Merge Tickets: Edit My  (for the program)\n"
                .to_owned()
                + RESTRICTIONS
        );
    }

    #[test]
    fn a_probe_does_not_prove_that_all_records_are_readable() {
        let mut granted = Granted::new(AccessSource::Probes);
        granted.add_probe("Service Desk", "Service Tickets", Some(Level::My));
        granted.add_probe("Companies", "Contacts", Some(Level::My));
        let report = AccessReport::new(&needs(), &granted);
        let verdicts: Vec<_> = report.findings().iter().map(|finding| (finding.entry, finding.verdict)).collect();
        assert_eq!(
            verdicts,
            [
                ("Contacts", Verdict::Granted),
                ("Merge Tickets", Verdict::Unknown),
                ("Service Tickets", Verdict::Unknown),
                ("Service Tickets", Verdict::Unknown)
            ]
        );
        assert_eq!(report.missing().count(), 0);
        assert!(!report.is_complete());
    }
}
