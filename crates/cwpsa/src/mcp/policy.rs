//! What agents may do. One table says what each operation needs, and the switches of `cwpsa mcp` say what is allowed.

use std::collections::BTreeSet;
use std::fmt;

use clap::ValueEnum;
use connectwise_psa::Method;
use connectwise_psa::catalogue::Operation;

use crate::operations::id;

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    /// It reads, and is always allowed.
    Read,
    /// It changes records.
    Write(Verb),
    /// It deletes records, or destroys them in another way.
    Delete,
    /// It carries requests that this policy cannot see, so it is never allowed.
    Never,
}

/// A kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Verb {
    /// New records, copies and uploads
    Create,
    /// Changes of fields
    Update,
    /// Everything else: merge, convert, submit, approve, reject, detach and similar
    Action,
}

/// What operations on sensitive records need besides the section and the verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Switch {
    /// Members and their API keys.
    Members,
    /// Roles, logins, single sign-on, mail accounts and other ways in.
    Security,
    /// Webhooks, which send records to other servers.
    Callbacks,
}

impl Switch {
    /// Returns the option of `cwpsa mcp`.
    const fn option(self) -> &'static str {
        match self {
            Self::Members => "--allow-members",
            Self::Security => "--allow-security",
            Self::Callbacks => "--allow-callbacks",
        }
    }
}

/// The operations of POST by the first word of their id. All others need [`Verb::Action`].
const BY_FIRST_WORD: [(&str, Access); 5] = [
    ("bulk", Access::Write(Verb::Create)),
    ("copy", Access::Write(Verb::Create)),
    ("create", Access::Write(Verb::Create)),
    ("search", Access::Read),
    ("upload", Access::Write(Verb::Create)),
];

/// The operations that do something else than their method and first word say.
const BY_ID: [(&str, Access); 8] = [
    // They only compute.
    ("procurement.calculate_catalog_item_pricing", Access::Read),
    ("system.resolve_link_url", Access::Read),
    ("system.run_count_bundle", Access::Read),
    ("time.get_time_entry_defaults", Access::Read),
    ("system.replace_document_content", Access::Write(Verb::Update)),
    // The merged company is gone, and the lists are emptied.
    ("company.merge_company", Access::Delete),
    ("company.clear_company_picker_items", Access::Delete),
    ("system.run_bundle", Access::Never),
];

/// The paths of sensitive records, in lower case. An operation needs the switches of all rows that its path starts with
/// (`*` stands for one segment).
const BY_PATH: [(&str, Switch); 31] = [
    ("/system/members", Switch::Members),
    ("/system/members/*/tokens", Switch::Security),
    ("/system/members/*/linkssouser", Switch::Security),
    ("/system/members/*/unlinkssouser", Switch::Security),
    ("/system/members/*/delegations", Switch::Security),
    ("/system/membertemplates", Switch::Members),
    ("/system/apimembers", Switch::Members),
    ("/system/apimembers", Switch::Security),
    ("/system/myaccount", Switch::Members),
    ("/service/teammembers", Switch::Members),
    ("/system/securityroles", Switch::Security),
    ("/project/securityroles", Switch::Security),
    ("/company/portalsecuritysettings", Switch::Security),
    ("/company/portalsecuritylevels", Switch::Security),
    ("/company/portalconfigurations/*/passwordemailsetups", Switch::Security),
    ("/company/contacts/requestpassword", Switch::Security),
    ("/company/contacts/validateportalcredentials", Switch::Security),
    ("/company/manageddevicesintegrations/*/logins", Switch::Security),
    ("/system/ssoconfigurations", Switch::Security),
    ("/system/ldapconfigurations", Switch::Security),
    ("/system/integratorlogins", Switch::Security),
    ("/system/authanvils", Switch::Security),
    ("/system/managementnetworksecurities", Switch::Security),
    ("/system/allowedorigins", Switch::Security),
    ("/system/googleemailsetup", Switch::Security),
    ("/system/imaps", Switch::Security),
    ("/system/office365", Switch::Security),
    // Hosted pages get the login of the member who opens them.
    ("/system/connectwisehostedsetups", Switch::Security),
    ("/system/emailconnectors", Switch::Security),
    // Workflows send mail and call other systems.
    ("/system/workflows", Switch::Security),
    ("/system/callbacks", Switch::Callbacks),
];

/// What an operation needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Need {
    pub(crate) access: Access,
    pub(crate) switches: BTreeSet<Switch>,
}

impl Need {
    /// Returns what an operation needs.
    pub(crate) fn of(operation: &Operation) -> Self {
        let access = access(operation);
        let switches = match access {
            Access::Read => BTreeSet::new(),
            _ => BY_PATH.iter().filter(|(prefix, _)| is_below(operation.path, prefix)).map(|row| row.1).collect(),
        };
        Self { access, switches }
    }
}

fn access(operation: &Operation) -> Access {
    let name = id::name(operation);
    if let Some((_, access)) = BY_ID.iter().find(|(id, _)| *id == name) {
        return *access;
    }
    match operation.method {
        // A test logs in at another server, runs an event, or contacts a URL, also if it is a GET.
        _ if operation.id.starts_with("test_") => Access::Write(Verb::Action),
        Method::Get => Access::Read,
        Method::Put | Method::Patch => Access::Write(Verb::Update),
        Method::Delete => Access::Delete,
        Method::Post => {
            let first = operation.id.split('_').next().unwrap_or_default();
            BY_FIRST_WORD.iter().find(|(word, _)| *word == first).map_or(Access::Write(Verb::Action), |row| row.1)
        }
        // A method that this program does not know.
        _ => Access::Never,
    }
}

/// Returns whether a path starts with the segments of a prefix.
fn is_below(path: &str, prefix: &str) -> bool {
    let mut segments = path.split('/');
    prefix.split('/').all(|expected| {
        segments.next().is_some_and(|segment| expected == "*" || expected == segment.to_ascii_lowercase())
    })
}

/// What this server allows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    /// The sections whose records agents may change.
    pub(crate) sections: BTreeSet<String>,
    pub(crate) verbs: BTreeSet<Verb>,
    pub(crate) switches: BTreeSet<Switch>,
    pub(crate) deletes: bool,
}

impl Policy {
    /// Returns whether any operation of the tool `write` is allowed.
    pub(crate) fn allows_writes(&self) -> bool {
        !self.sections.is_empty() && !self.verbs.is_empty()
    }

    /// Returns whether any operation of the tool `delete` is allowed.
    pub(crate) fn allows_deletes(&self) -> bool {
        !self.sections.is_empty() && self.deletes
    }

    /// Returns the options that are missing for an operation, or `None` if it is allowed.
    pub(crate) fn missing(&self, operation: &Operation) -> Option<String> {
        let need = Need::of(operation);
        let mut missing = Vec::new();
        if need.access == Access::Read {
            return None;
        }
        if need.access == Access::Never {
            return Some("it is never allowed for agents, because it carries other requests".to_owned());
        }
        if !self.sections.contains(operation.section) {
            missing.push(format!("--allow {}", operation.section));
        }
        match need.access {
            Access::Write(verb) if !self.verbs.contains(&verb) => missing.push(format!("--allow-verbs {verb}")),
            Access::Delete if !self.deletes => missing.push("--allow-deletes".to_owned()),
            _ => {}
        }
        missing.extend(need.switches.difference(&self.switches).map(|switch| switch.option().to_owned()));
        (!missing.is_empty()).then(|| format!("the server must be started with {}", missing.join(" ")))
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Action => "action",
        })
    }
}

/// Describes the policy for people: "changes (create, update) in service, time".
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.allows_writes() && !self.allows_deletes() {
            return f.write_str("reads only");
        }
        let mut kinds: Vec<String> = self.verbs.iter().map(Verb::to_string).collect();
        kinds.extend(self.deletes.then(|| "delete".to_owned()));
        let sections: Vec<&str> = self.sections.iter().map(String::as_str).collect();
        write!(f, "reads, and {} in {}", kinds.join(", "), sections.join(", "))?;
        self.switches.iter().try_for_each(|switch| write!(f, ", {}", switch.option()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use connectwise_psa::catalogue;

    use super::*;

    fn operation(id: &str) -> &'static Operation {
        id::find(id).unwrap()
    }

    #[test]
    fn every_operation_has_a_class() {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for operation in catalogue::all() {
            let need = Need::of(operation);
            *counts.entry(format!("{:?} {:?}", need.access, need.switches)).or_default() += 1;
        }
        assert_eq!(counts.values().sum::<usize>(), 3062);
        let text: String = counts.iter().map(|(class, count)| format!("{count:5} {class}\n")).collect();
        insta::assert_snapshot!(text);
    }

    #[test]
    fn operations_that_their_method_does_not_classify_are_listed() {
        let text: String = catalogue::all()
            .filter_map(|operation| {
                let need = Need::of(operation);
                let expected = match operation.method {
                    Method::Get => Access::Read,
                    Method::Post => Access::Write(Verb::Create),
                    Method::Put | Method::Patch => Access::Write(Verb::Update),
                    _ => Access::Delete,
                };
                (need.access != expected)
                    .then(|| format!("{} {:?} {:?}\n", id::name(operation), need.access, need.switches))
            })
            .collect();
        insta::assert_snapshot!(text);
    }

    #[test]
    fn all_rows_of_the_tables_are_used() {
        for (name, _) in BY_ID {
            assert!(id::find(name).is_ok(), "{name}");
        }
        for (prefix, switch) in BY_PATH {
            let used = catalogue::all()
                .any(|operation| is_below(operation.path, prefix) && Need::of(operation).switches.contains(&switch));
            assert!(used, "{prefix}");
        }
    }

    #[test]
    fn without_options_only_reads_are_allowed() {
        let policy = Policy::default();
        for operation in catalogue::all() {
            let allowed = policy.missing(operation).is_none();
            assert_eq!(allowed, Need::of(operation).access == Access::Read, "{operation}");
        }
    }

    #[test]
    fn section_verb_and_switch_are_all_needed() {
        let mut policy = Policy { sections: ["service".to_owned()].into(), ..Policy::default() };
        policy.verbs.insert(Verb::Create);
        assert_eq!(policy.missing(operation("service.create_ticket")), None);
        for (id, missing) in [
            ("service.update_ticket", "--allow-verbs update"),
            ("service.merge_ticket", "--allow-verbs action"),
            ("service.delete_ticket", "--allow-deletes"),
            ("time.create_time_entry", "--allow time"),
            ("system.create_member", "--allow system --allow-members"),
            ("system.create_member_token", "--allow system --allow-members --allow-security"),
            ("system.create_callback", "--allow system --allow-callbacks"),
        ] {
            let expected = format!("the server must be started with {missing}");
            assert_eq!(policy.missing(operation(id)), Some(expected), "{id}");
        }
        policy.sections.insert("system".to_owned());
        policy.switches.insert(Switch::Members);
        assert_eq!(policy.missing(operation("system.create_member")), None);
        assert!(policy.missing(operation("system.create_member_token")).is_some());
    }
}
