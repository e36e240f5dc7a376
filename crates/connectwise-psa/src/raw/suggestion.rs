//! Suggests an operation for an unknown operation name.

use connectwise_psa_bindings::catalogue;

/// Returns the error message for an unknown operation name, with the most similar name if one is similar enough.
pub(crate) fn unknown_name(id: &str) -> String {
    let section = id.split_once('.').map(|(section, _)| section);
    if let Some(section) = section.filter(|section| !catalogue::all().any(|operation| operation.section == *section)) {
        return format!("is unknown: section {section:?} does not exist, or its feature is not enabled");
    }
    let similarity = |name: &str| strsim::normalized_damerau_levenshtein(id, name);
    let names = catalogue::all()
        .flat_map(|operation| [format!("{}.{}", operation.section, operation.id), operation.vendor_id.to_owned()]);
    let nearest = names
        .map(|name| (similarity(&name), name))
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .filter(|(similarity, _)| *similarity > 0.6);
    match nearest {
        Some((_, name)) => format!("is unknown; a similar name is `{name}`"),
        None => "is unknown; use a name with its section, such as `service.list_tickets`, or a name of ConnectWise's \
                 OpenAPI document, such as `getServiceTickets`"
            .to_owned(),
    }
}
