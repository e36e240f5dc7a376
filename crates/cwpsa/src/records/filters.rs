//! The short filters of lists: `--board "Help Desk"` becomes a condition, with correct quotes.

use connectwise_psa::Condition;
use connectwise_psa::conditions::{Comparison, FieldPath, Literal, Operator};

use crate::error::CommandError;

/// A filter of a type of record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filter {
    /// The option, without its hyphens.
    pub(crate) option: &'static str,
    kind: FilterKind,
}

#[derive(Clone, Copy, Debug)]
enum FilterKind {
    /// The record that a field refers to, by id or by one of these fields.
    Reference { field: &'static str, names: &'static [&'static str] },
    /// A text, in which `*` stands for any characters.
    Text { field: &'static str },
    /// A boolean that must be false.
    Unset { field: &'static str, help: &'static str },
    /// The ticket that time is charged to.
    ChargedTicket,
}

impl Filter {
    pub(crate) const fn reference(option: &'static str, field: &'static str, names: &'static [&'static str]) -> Self {
        Self { option, kind: FilterKind::Reference { field, names } }
    }

    pub(crate) const fn text(option: &'static str, field: &'static str) -> Self {
        Self { option, kind: FilterKind::Text { field } }
    }

    pub(crate) const fn open(field: &'static str) -> Self {
        Self { option: "open", kind: FilterKind::Unset { field, help: "Only records that are not closed" } }
    }

    pub(crate) const fn active(field: &'static str) -> Self {
        Self { option: "active", kind: FilterKind::Unset { field, help: "Only records that are not inactive" } }
    }

    pub(crate) const fn charged_ticket() -> Self {
        Self { option: "ticket", kind: FilterKind::ChargedTicket }
    }

    /// Returns whether the option has a value.
    pub(crate) const fn has_value(self) -> bool {
        !matches!(self.kind, FilterKind::Unset { .. })
    }

    /// Returns the help of the option.
    pub(crate) fn help(self) -> String {
        match self.kind {
            FilterKind::Reference { field, names: [] } => format!("Only records with this {field}, by id"),
            FilterKind::Reference { field, names } => {
                format!("Only records with this {field}, by id or {}", names.join(" or "))
            }
            FilterKind::Text { field } => format!("Only records with this {field}; * stands for any characters"),
            FilterKind::Unset { help, .. } => help.to_owned(),
            FilterKind::ChargedTicket => "Only time that is charged to this service ticket, by id".to_owned(),
        }
    }

    /// Returns the condition of a value, which is ignored if the filter has none.
    pub(crate) fn condition(self, value: &str) -> Result<Condition, CommandError> {
        let option = self.option;
        let wrong = |problem: String| CommandError::usage(format!("--{option}: {problem}"));
        let id = || value.trim().parse::<i64>().ok().filter(|id| *id > 0);
        let text = |value: &str| Literal::text(value).map_err(|error| wrong(error.to_string()));
        match self.kind {
            FilterKind::Unset { field, .. } => comparison(field, Operator::Equal, Literal::boolean(false)),
            FilterKind::ChargedTicket => {
                let id = id().ok_or_else(|| wrong(format!("{value:?} is not the id of a ticket")))?;
                let charged = comparison("chargeToId", Operator::Equal, Literal::integer(id))?;
                Ok(charged.and(comparison("chargeToType", Operator::Equal, text("ServiceTicket")?)?))
            }
            FilterKind::Text { field } if value.contains('*') => comparison(field, Operator::Like, text(value)?),
            FilterKind::Text { field } => comparison(field, Operator::Equal, text(value)?),
            FilterKind::Reference { field, names } => {
                if let Some(id) = id() {
                    return comparison(&format!("{field}/id"), Operator::Equal, Literal::integer(id));
                }
                let by_name = |name: &&str| comparison(&format!("{field}/{name}"), Operator::Equal, text(value)?);
                let conditions: Result<Vec<Condition>, CommandError> = names.iter().map(by_name).collect();
                Condition::any(conditions?).ok_or_else(|| wrong(format!("{value:?} is not an id")))
            }
        }
    }
}

/// Compares a field with a value.
pub(crate) fn comparison(field: &str, operator: Operator, value: Literal) -> Result<Condition, CommandError> {
    let field = FieldPath::new(field.to_owned())?;
    Ok(Comparison::new(field, operator, [value])?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted() {
        let company = Filter::reference("company", "company", &["name", "identifier"]);
        for (filter, value, expected) in [
            (company, "5", "company/id=5"),
            (company, r#"Joe's "Bar""#, ""),
            (company, "Joe's", r#"company/name="Joe's" or company/identifier="Joe's""#),
            (
                company,
                r#"x" or id>0 or name=""#,
                r#"company/name='x" or id>0 or name="' or company/identifier='x" or id>0 or name="'"#,
            ),
            (Filter::text("name", "name"), "A*", r#"name like "A*""#),
            (Filter::open("closedFlag"), "", "closedFlag=false"),
            (Filter::charged_ticket(), "7", r#"chargeToId=7 and chargeToType="ServiceTicket""#),
            (Filter::charged_ticket(), "x", ""),
        ] {
            match filter.condition(value) {
                Ok(condition) => assert_eq!(condition.to_string(), expected),
                Err(error) => assert!(expected.is_empty(), "{value}: {error}"),
            }
        }
    }
}
