//! References that follow a record which is found elsewhere now: under another number, in another list, or in the record it was merged into.

use serde_json::Value;

use super::changes::{all, keep};
use crate::facts::{Kind, kind_of_path, record_type, target_of, type_of};
use crate::records::Members;
use crate::records::references::{linked, shown};
use crate::store::kind;
use crate::world::Scene;

/// A record, and the one that stands in its place.
pub(super) struct Heir<'a> {
    pub(super) from: (&'a str, i64),
    pub(super) to: (&'a str, i64),
    pub(super) record: &'a Members,
}

/// How a member leads to a record.
enum Way {
    /// It refers to the record itself.
    To(String),
    /// It refers to a record in a list under it.
    Through,
}

impl Heir<'_> {
    /// The members of a list's records that may lead to records of the list that the heir is for.
    fn ways(&self, list: &str) -> Vec<(&'static str, Way)> {
        let wanted = kind(self.from.0);
        let facts = record_type(list).and_then(type_of);
        let ways = facts.into_iter().flat_map(|facts| &facts.members).filter_map(|(name, member)| {
            let Kind::Reference(reference) = &member.kind else { return None };
            let target = kind_of_path(target_of(reference)?);
            let way = if target == wanted { Way::To(reference.clone()) } else { target.starts_with(&format!("{wanted}/*/")).then_some(Way::Through)? };
            Some((name.as_str(), way))
        });
        ways.collect()
    }

    /// Lets the references in a record of a list lead to the heir, and says whether any did not.
    pub(super) fn follow(&self, base: &str, list: &str, record: &mut Members) -> bool {
        self.ways(list).iter().fold(false, |changed, (name, way)| self.follow_member(base, name, way, record) || changed)
    }

    fn follow_member(&self, base: &str, name: &str, way: &Way, record: &mut Members) -> bool {
        let Some(member) = record.get_mut(name) else { return false };
        match way {
            Way::To(reference) => {
                if member.get("id").and_then(Value::as_i64) != Some(self.from.1) {
                    return false;
                }
                let same_list = target_of(reference).filter(|_| self.from.0 == self.to.0);
                let path = same_list.map_or_else(|| format!("/{}", self.to.0), str::to_owned);
                *member = linked(base, shown(reference, self.to.1, self.record), &path, self.to.1, name);
                true
            }
            Way::Through => {
                let Some(Value::String(href)) = member.get_mut("_info").and_then(|info| info.get_mut(format!("{name}_href"))) else { return false };
                let passed = format!("/{}/{}/", self.from.0, self.from.1);
                let Some(at) = href.to_ascii_lowercase().find(&passed) else { return false };
                href.replace_range(at..at + passed.len(), &format!("/{}/{}/", self.to.0, self.to.1));
                true
            }
        }
    }

    /// Lets the references of all records lead to the heir.
    pub(super) fn follow_everywhere(&self, scene: &mut Scene<'_>) {
        let lists: Vec<String> = scene.world.records.collections().map(|(list, _)| list.to_owned()).collect();
        for list in lists.iter().filter(|list| !self.ways(list).is_empty()) {
            for (id, mut record) in all(scene, list) {
                if self.follow(scene.link_base, list, &mut record) {
                    keep(scene, list, id, record);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::world::members;

    #[test]
    fn references_follow_by_what_their_types_lead_to() {
        let heir = members(json!({"identifier": "beta", "name": "Beta"}));
        let heir = Heir { from: ("company/companies", 5), to: ("company/companies", 6), record: &heir };
        let site = |id: i64| json!({"id": 3, "_info": {"site_href": format!("h/company/companies/{id}/sites/3")}});
        let mut ticket = members(json!({"company": {"id": 5, "name": "Acme"}, "site": site(5), "board": {"id": 5}, "contact": {"id": 5}}));
        assert!(heir.follow("h", "service/tickets", &mut ticket));
        let company = json!({"id": 6, "identifier": "beta", "name": "Beta", "_info": {"company_href": "h/company/companies/6"}});
        assert_eq!(Value::Object(ticket.clone()), json!({"company": company, "site": site(6), "board": {"id": 5}, "contact": {"id": 5}}));
        assert!(!heir.follow("h", "service/tickets", &mut ticket), "nothing is left to follow");
        let mut other = members(json!({"company": {"id": 55}, "site": site(55)}));
        assert!(!heir.follow("h", "service/tickets", &mut other));
    }
}
