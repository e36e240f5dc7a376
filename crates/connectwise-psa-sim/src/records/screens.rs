//! The screens of records, and the areas of the screens (pods) that show custom fields. Definitions of custom fields
//! and the values in records name them.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::schema::path_pattern;

/// The screens as CSV. Observed on live servers: the screen of contacts. Those of other records are invented.
const SCREENS: &str = include_str!("../../data/screens.csv");

/// A screen with the pod that shows custom fields. Observed on live servers: a definition has the pod as a number, a
/// value in a record has it as a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Screen {
    pub(crate) screen_id: &'static str,
    pub(crate) screen_description: &'static str,
    pub(crate) pod_id: i64,
    pub(crate) pod_description: &'static str,
    pub(crate) pod_text: &'static str,
}

static BY_LIST: LazyLock<HashMap<String, Screen>> =
    LazyLock::new(|| SCREENS.lines().skip(1).filter_map(read).collect());

fn read(line: &'static str) -> Option<(String, Screen)> {
    let mut cells = line.split(',');
    let list = path_pattern(cells.next()?);
    let mut next = || cells.next();
    let (screen_id, screen_description) = (next()?, next()?);
    let (pod_id, pod_description, pod_text) = (next()?.parse().ok()?, next()?, next()?);
    Some((list, Screen { screen_id, screen_description, pod_id, pod_description, pod_text }))
}

/// Returns the screen of the records of a list.
pub(crate) fn screen_of(list: &str) -> Option<&'static Screen> {
    BY_LIST.get(&path_pattern(list))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use connectwise_psa::catalogue;
    use connectwise_psa::catalogue::ResponseKind;

    use super::*;
    use crate::schema::{is_list, type_of};

    #[test]
    fn every_list_whose_records_have_custom_fields_has_a_screen_of_its_own() {
        let has_custom_fields =
            |name: &str| type_of(name).is_some_and(|schema| schema.fields.contains_key("customFields"));
        for operation in catalogue::all().filter(|operation| is_list(operation) && !operation.path.contains("/info")) {
            // These two lists show the records of others.
            if ["/system/members/withSso", "/service/tickets/calculateSla"].contains(&operation.path) {
                continue;
            }
            let ResponseKind::Many(name) = operation.response else { continue };
            assert_eq!(screen_of(operation.path).is_some(), has_custom_fields(name), "{}", operation.path);
        }
        assert_eq!(BY_LIST.len(), SCREENS.lines().count() - 1, "every line can be read");
        let distinct = |part: fn(&Screen) -> String| BY_LIST.values().map(part).collect::<HashSet<_>>().len();
        assert_eq!(distinct(|screen| screen.screen_id.to_owned()), BY_LIST.len());
        assert_eq!(distinct(|screen| screen.pod_id.to_string()), BY_LIST.len());
        assert_eq!(distinct(|screen| screen.pod_text.to_owned()), BY_LIST.len());
        assert!(BY_LIST.values().all(|screen| screen.screen_id.len() <= 25));
    }

    #[test]
    fn the_screen_of_contacts_is_that_of_live_servers() {
        let screen = screen_of("company/contacts").unwrap();
        assert_eq!((screen.screen_id, screen.pod_id, screen.pod_text), ("ct300", 4, "contact_overview"));
        assert_eq!(screen_of("service/boards"), None);
    }
}
