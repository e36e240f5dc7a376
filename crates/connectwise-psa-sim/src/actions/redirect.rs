//! References that follow a record which is found elsewhere now: under another number, in another list, or in the
//! record it was merged into.

use serde_json::Value;

use crate::access::matching;
use crate::records::JsonObject;
use crate::records::references::{reference_fields, reference_with_link};
use crate::schema::{FieldType, path_pattern, record_type, target_of, type_of};
use crate::server_state::RequestContext;
use crate::store::id_sequence;
use crate::store::record::{Node, RecordNode as _};
use crate::writes::update;

/// A record, and the one that stands in its place.
pub(super) struct Replacement<'a> {
    pub(super) from: (&'a str, i64),
    pub(super) to: (&'a str, i64),
    pub(super) record: &'a JsonObject,
}

/// How a member leads to a record.
enum Way {
    /// It refers to the record itself.
    To(String),
    /// It refers to a record in a list under it.
    Through,
}

impl Replacement<'_> {
    /// The members of a list's records that may lead to records of the list that the replacement is for.
    fn ways(&self, list: &str) -> Vec<(&'static str, Way)> {
        let wanted = id_sequence(self.from.0);
        let schema = record_type(list).and_then(type_of);
        let ways = schema.into_iter().flat_map(|schema| &schema.fields).filter_map(|(name, member)| {
            let FieldType::Reference(reference) = &member.field_type else { return None };
            let target = path_pattern(target_of(reference)?);
            let way = if target == wanted {
                Way::To(reference.clone())
            } else {
                target.starts_with(&format!("{wanted}/*/")).then_some(Way::Through)?
            };
            Some((name.as_str(), way))
        });
        ways.collect()
    }

    /// Lets the references in a record of a list lead to the replacement, and says whether any did not.
    pub(super) fn redirect(&self, base: &str, list: &str, record: &mut JsonObject) -> bool {
        self.ways(list)
            .iter()
            .fold(false, |changed, (name, way)| self.redirect_member(base, name, way, record) || changed)
    }

    /// Whether a reference is to the record: by its number, and where others may have the same number in lists of their
    /// own, by its link or by the owner that the referring record names.
    fn is_meant(&self, name: &str, reference: &str, record: &JsonObject) -> bool {
        let Some(member) =
            record.get(name).filter(|member| member.get("id").and_then(Value::as_i64) == Some(self.from.1))
        else {
            return false;
        };
        let (list, id) = self.from;
        let Some(owned_by) =
            target_of(reference).and_then(|path| path.split_once('{')?.1.split_once('}')).map(|(owner, _)| owner)
        else {
            return true;
        };
        match member.get("_info").and_then(|info| info.get(format!("{name}_href"))).and_then(Value::as_str) {
            Some(link) => link.to_ascii_lowercase().ends_with(&format!("/{list}/{id}")),
            None => {
                let owner = list.split('/').find_map(|segment| segment.parse::<i64>().ok());
                owner.is_some() && record.get(owned_by).and_then(|owner| owner.get("id")?.as_i64()) == owner
            }
        }
    }

    fn redirect_member(&self, base: &str, name: &str, way: &Way, record: &mut JsonObject) -> bool {
        let is_meant = match way {
            Way::To(reference) => self.is_meant(name, reference, record),
            Way::Through => true,
        };
        let Some(member) = record.get_mut(name).filter(|_| is_meant) else { return false };
        match way {
            Way::To(reference) => {
                let same_list = target_of(reference).filter(|_| self.from.0 == self.to.0);
                let path = same_list.map_or_else(|| format!("/{}", self.to.0), str::to_owned);
                *member = reference_with_link(
                    base,
                    reference_fields(reference, self.to.1, self.record),
                    &path,
                    self.to.1,
                    name,
                );
                true
            }
            Way::Through => {
                let Some(Value::String(href)) =
                    member.get_mut("_info").and_then(|info| info.get_mut(format!("{name}_href")))
                else {
                    return false;
                };
                let passed = format!("/{}/{}/", self.from.0, self.from.1);
                let Some(at) = href.to_ascii_lowercase().find(&passed) else { return false };
                href.replace_range(at..at + passed.len(), &format!("/{}/{}/", self.to.0, self.to.1));
                true
            }
        }
    }

    /// Whether a member may have to follow, which is sure when the record is at hand.
    fn may_refer(&self, record: Node<'_>, name: &str, way: &Way) -> bool {
        match way {
            Way::To(_) => record.reference_id(name) == Some(self.from.1),
            Way::Through => record.get(name).is_some(),
        }
    }

    /// Lets the references of all records lead to the replacement.
    pub(super) fn redirect_all(&self, ctx: &mut RequestContext<'_>) {
        let lists: Vec<String> = ctx.state.records.collections().map(|(list, _)| list.to_owned()).collect();
        for list in lists.iter().filter(|list| !self.ways(list).is_empty()) {
            let ways = self.ways(list);
            for (id, mut record) in
                matching(ctx, list, |record| ways.iter().any(|(name, way)| self.may_refer(record, name, way)))
            {
                if self.redirect(ctx.link_base, list, &mut record) {
                    update(ctx, list, id, record);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::records::into_object;

    #[test]
    fn references_follow_by_what_their_types_lead_to() {
        let replacement = into_object(json!({"identifier": "beta", "name": "Beta"}));
        let replacement =
            Replacement { from: ("company/companies", 5), to: ("company/companies", 6), record: &replacement };
        let site = |id: i64| json!({"id": 3, "_info": {"site_href": format!("h/company/companies/{id}/sites/3")}});
        let mut ticket = into_object(
            json!({"company": {"id": 5, "name": "Acme"}, "site": site(5), "board": {"id": 5}, "contact": {"id": 5}}),
        );
        assert!(replacement.redirect("h", "service/tickets", &mut ticket));
        let company =
            json!({"id": 6, "identifier": "beta", "name": "Beta", "_info": {"company_href": "h/company/companies/6"}});
        assert_eq!(
            Value::Object(ticket.clone()),
            json!({"company": company, "site": site(6), "board": {"id": 5}, "contact": {"id": 5}})
        );
        assert!(!replacement.redirect("h", "service/tickets", &mut ticket), "nothing is left to follow");
        let mut other = into_object(json!({"company": {"id": 55}, "site": site(55)}));
        assert!(!replacement.redirect("h", "service/tickets", &mut other));
        // Sites have numbers of their own in each company.
        let main = into_object(json!({"name": "Main"}));
        let replacement =
            Replacement { from: ("company/companies/5/sites", 3), to: ("company/companies/6/sites", 4), record: &main };
        for (ticket, follows) in [
            (json!({"company": {"id": 5}, "site": site(5)}), true),
            (json!({"company": {"id": 5}, "site": {"id": 3}}), true),
            (json!({"company": {"id": 6}, "site": site(6)}), false),
            (json!({"company": {"id": 6}, "site": {"id": 3}}), false),
            (json!({"company": {"id": 5}, "site": {"id": 2}}), false),
        ] {
            let mut ticket = into_object(ticket);
            let before = ticket.clone();
            assert_eq!(replacement.redirect("h", "service/tickets", &mut ticket), follows, "{before:?}");
            assert_eq!(ticket["site"]["id"], if follows { json!(4) } else { before["site"]["id"].clone() });
        }
    }
}
