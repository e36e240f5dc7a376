//! What somebody may have meant by the name of an operation that there is not.

use connectwise_psa_bindings::catalogue;

/// What is wrong with a name of no operation, and which one may have been meant.
pub(crate) fn unknown_name(id: &str) -> String {
    let section = id.split_once('.').map(|(section, _)| section);
    if let Some(section) = section.filter(|section| !catalogue::all().any(|operation| operation.section == *section)) {
        return format!("is unknown: there is no section {section:?}, or the feature of that name is not compiled");
    }
    let distance = |name: &str| strsim::normalized_damerau_levenshtein(id, name);
    let names = catalogue::all()
        .flat_map(|operation| [format!("{}.{}", operation.section, operation.id), operation.vendor_id.to_owned()]);
    let nearest = names
        .map(|name| (distance(&name), name))
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .filter(|(likeness, _)| *likeness > 0.6);
    match nearest {
        Some((_, name)) => format!("is unknown; perhaps `{name}` is meant"),
        None => "is unknown; names have a section in front, as in `service.list_tickets`, or are the vendor's, as in `getServiceTickets`".to_owned(),
    }
}
