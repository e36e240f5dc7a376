//! Updates references to a record that was replaced: it has a new id or list, was merged into another record, or is the
//! original of a copy.

use serde_json::Value;

use crate::access::matching;
use crate::records::JsonObject;
use crate::records::references::{reference_fields, reference_with_link};
use crate::schema::{FieldType, link_of, path_pattern, record_type, target_of, type_of};
use crate::server_state::RequestContext;
use crate::store::id_sequence;
use crate::store::record::{Node, RecordNode as _};
use crate::writes::update;

/// The list and id of a record, and of the record that replaces it.
pub(super) struct Replacement<'a> {
    pub(super) from: (&'a str, i64),
    pub(super) to: (&'a str, i64),
    /// The replacing record. References contain some of its fields, such as the name.
    pub(super) record: &'a JsonObject,
}

/// What a reference field may refer to.
enum Target {
    /// The replaced record itself. Holds the type of the reference.
    Record(String),
    /// A record in a list under the replaced record.
    /// Holds the type of the reference.
    Descendant(String),
}

impl Replacement<'_> {
    /// Returns the fields of a list's records that may refer to the replaced record or to records under it.
    fn referring_fields(&self, list: &str) -> Vec<(&'static str, Target)> {
        let wanted = id_sequence(self.from.0);
        let schema = record_type(list).and_then(type_of);
        let fields = schema.into_iter().flat_map(|schema| &schema.fields).filter_map(|(name, field)| {
            let FieldType::Reference(reference) = &field.field_type else { return None };
            let list = path_pattern(target_of(reference)?);
            let target = if list == wanted {
                Target::Record(reference.clone())
            } else {
                list.starts_with(&format!("{wanted}/*/")).then(|| Target::Descendant(reference.clone()))?
            };
            Some((name.as_str(), target))
        });
        fields.collect()
    }

    /// Points the references in a record of a list to the replacement. Returns whether any reference was changed.
    pub(super) fn redirect(&self, list: &str, record: &mut JsonObject) -> bool {
        self.referring_fields(list)
            .iter()
            .fold(false, |changed, (name, target)| self.redirect_field(name, target, record) || changed)
    }

    /// Returns whether a field refers to the replaced record. In most lists, ids are unique, so the id decides. In
    /// lists under records, such as the sites of companies, another owner's list may contain the same id. There, the
    /// link of the reference must match as well or, if it has none, the owner that the referring record names.
    fn refers_to_record(&self, name: &str, reference: &str, record: &JsonObject) -> bool {
        let Some(value) = record.get(name).filter(|value| value.get("id").and_then(Value::as_i64) == Some(self.from.1))
        else {
            return false;
        };
        let (list, id) = self.from;
        let Some(owner_field) =
            target_of(reference).and_then(|path| path.split_once('{')?.1.split_once('}')).map(|(owner, _)| owner)
        else {
            return true;
        };
        match link_of(reference).and_then(|link| value.get("_info")?.get(link)?.as_str()) {
            Some(link) => link.to_ascii_lowercase().ends_with(&format!("/{list}/{id}")),
            None => {
                let owner = list.split('/').find_map(|segment| segment.parse::<i64>().ok());
                owner.is_some() && record.get(owner_field).and_then(|owner| owner.get("id")?.as_i64()) == owner
            }
        }
    }

    fn redirect_field(&self, name: &str, target: &Target, record: &mut JsonObject) -> bool {
        let may_refer = match target {
            Target::Record(reference) => self.refers_to_record(name, reference, record),
            Target::Descendant(_) => true,
        };
        let Some(value) = record.get_mut(name).filter(|_| may_refer) else { return false };
        match target {
            Target::Record(reference) => {
                let same_list = target_of(reference).filter(|_| self.from.0 == self.to.0);
                let path = same_list.map_or_else(|| format!("/{}", self.to.0), str::to_owned);
                *value = reference_with_link(
                    reference,
                    reference_fields(reference, self.to.1, self.record),
                    &path,
                    self.to.1,
                );
                true
            }
            Target::Descendant(reference) => {
                let Some(Value::String(href)) =
                    link_of(reference).and_then(|link| value.get_mut("_info")?.get_mut(link))
                else {
                    return false;
                };
                let old_path = format!("/{}/{}/", self.from.0, self.from.1);
                let Some(at) = href.to_ascii_lowercase().find(&old_path) else { return false };
                href.replace_range(at..at + old_path.len(), &format!("/{}/{}/", self.to.0, self.to.1));
                true
            }
        }
    }

    /// Returns whether a field may need an update. This is a quick check of the stored record; `redirect` decides.
    fn may_refer(&self, record: Node<'_>, name: &str, target: &Target) -> bool {
        match target {
            Target::Record(_) => record.reference_id(name) == Some(self.from.1),
            Target::Descendant(_) => record.get(name).is_some(),
        }
    }

    /// Points all references to the replaced record, in every list, to the replacement.
    pub(super) fn redirect_all(&self, ctx: &mut RequestContext<'_>) {
        let lists: Vec<String> = ctx.state.records.collections().map(|(list, _)| list.to_owned()).collect();
        for list in lists.iter().filter(|list| !self.referring_fields(list).is_empty()) {
            let fields = self.referring_fields(list);
            for (id, mut record) in
                matching(ctx, list, |record| fields.iter().any(|(name, target)| self.may_refer(record, name, target)))
            {
                if self.redirect(list, &mut record) {
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
    use crate::records::links::href;

    #[test]
    fn only_references_to_the_replaced_record_and_to_records_under_it_are_updated() {
        let replacement = into_object(json!({"identifier": "beta", "name": "Beta"}));
        let replacement =
            Replacement { from: ("company/companies", 5), to: ("company/companies", 6), record: &replacement };
        let site = |id: i64| json!({"id": 3, "_info": {"site_href": href(&format!("company/companies/{id}/sites/3"))}});
        let mut ticket = into_object(
            json!({"company": {"id": 5, "name": "Acme"}, "site": site(5), "board": {"id": 5}, "contact": {"id": 5}}),
        );
        assert!(replacement.redirect("service/tickets", &mut ticket));
        let company = json!({"id": 6, "identifier": "beta", "name": "Beta", "_info": {"company_href": href("company/companies/6")}});
        assert_eq!(
            Value::Object(ticket.clone()),
            json!({"company": company, "site": site(6), "board": {"id": 5}, "contact": {"id": 5}})
        );
        assert!(!replacement.redirect("service/tickets", &mut ticket), "no reference is left to update");
        let mut other = into_object(json!({"company": {"id": 55}, "site": site(55)}));
        assert!(!replacement.redirect("service/tickets", &mut other));
        // Site ids are unique within a company only: site 3 of company 5 is replaced, site 3 of company 6 is not.
        let main = into_object(json!({"name": "Main"}));
        let replacement =
            Replacement { from: ("company/companies/5/sites", 3), to: ("company/companies/6/sites", 4), record: &main };
        for (ticket, is_updated) in [
            (json!({"company": {"id": 5}, "site": site(5)}), true),
            (json!({"company": {"id": 5}, "site": {"id": 3}}), true),
            (json!({"company": {"id": 6}, "site": site(6)}), false),
            (json!({"company": {"id": 6}, "site": {"id": 3}}), false),
            (json!({"company": {"id": 5}, "site": {"id": 2}}), false),
        ] {
            let mut ticket = into_object(ticket);
            let before = ticket.clone();
            assert_eq!(replacement.redirect("service/tickets", &mut ticket), is_updated, "{before:?}");
            assert_eq!(ticket["site"]["id"], if is_updated { json!(4) } else { before["site"]["id"].clone() });
        }
    }
}
