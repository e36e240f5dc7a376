//! Printed conditions, orders, selections and paths parse as equal values, and so does a condition in another notation.

use connectwise_psa_core::conditions::{Condition, ConditionView, Direction, FieldPath, FieldSelection, OrderBy};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::config;
use crate::generate::{condition, path};
use crate::spelling::{Choices, spell};

/// Returns whether every group has at least two conditions and contains no group with the same connective.
fn is_flat(condition: &Condition) -> bool {
    match condition.view() {
        ConditionView::Comparison(_) => true,
        ConditionView::And(all) => {
            all.len() > 1 && all.iter().all(|each| is_flat(each) && !matches!(each.view(), ConditionView::And(_)))
        }
        ConditionView::Or(any) => {
            any.len() > 1 && any.iter().all(|each| is_flat(each) && !matches!(each.view(), ConditionView::Or(_)))
        }
        _ => false,
    }
}

proptest! {
    #![proptest_config(config(512))]

    #[test]
    fn conditions_are_flat(condition in condition()) {
        prop_assert!(is_flat(&condition));
    }

    #[test]
    fn printed_conditions_parse_as_equal(condition in condition()) {
        let text = condition.to_string();
        let parsed: Condition = text.parse().map_err(|error| TestCaseError::fail(format!("{error}")))?;
        prop_assert_eq!(&parsed, &condition);
        prop_assert_eq!(parsed.to_string(), text);
    }

    #[test]
    fn conditions_in_json_are_strings_with_their_text(condition in condition()) {
        let json = serde_json::to_string(&condition).unwrap();
        prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), condition.to_string());
        prop_assert_eq!(serde_json::from_str::<Condition>(&json).unwrap(), condition.clone());
        prop_assert_eq!(serde_json::from_value::<Condition>(serde_json::to_value(&condition).unwrap()).unwrap(), condition);
    }

    #[test]
    fn every_notation_parses_as_equal(condition in condition(), seed in any::<u64>()) {
        let text = spell(&condition, &mut Choices(seed));
        let parsed: Condition = text.parse().map_err(|error| TestCaseError::fail(format!("{error}")))?;
        prop_assert_eq!(parsed, condition, "{}", text);
    }

    #[test]
    fn the_opposite_of_the_opposite_is_the_condition(condition in condition()) {
        let opposite = condition.clone().not();
        prop_assert_ne!(&opposite, &condition);
        prop_assert!(is_flat(&opposite));
        prop_assert_eq!(format!("not ({condition})").parse::<Condition>().unwrap(), opposite.clone());
        prop_assert_eq!(opposite.not(), condition);
    }

    #[test]
    fn printed_orders_selections_and_paths_parse_as_equal(fields in vec((path(), any::<bool>()), 1..6)) {
        let selection = FieldSelection::new(fields.iter().map(|(field, _)| field.clone())).unwrap();
        prop_assert_eq!(selection.to_string().parse::<FieldSelection>().unwrap(), selection);
        let direction = |ascending| if ascending { Direction::Ascending } else { Direction::Descending };
        // A repeated field is rejected.
        if let Ok(order) = OrderBy::new(fields.iter().map(|(field, ascending)| (field.clone(), direction(*ascending)))) {
            prop_assert_eq!(order.to_string().parse::<OrderBy>().unwrap(), order);
        }
        for (field, _) in fields {
            prop_assert_eq!(field.to_string().parse::<FieldPath>().unwrap(), field);
        }
    }
}
