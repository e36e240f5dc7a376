//! `names`: lists the names of operations and types with the rule that made each, the oddest first.

use connectwise_psa_codegen::names::listing::{self, Listed};

use crate::{Failure, output, repository};

/// Runs the task. `section` limits the list to the operations of one section, and `oddest` to the first names.
pub(crate) fn names(section: Option<&str>, oddest: Option<usize>) -> Result<(), Failure> {
    let (_, psa) = repository::committed_psa()?;
    let (_, lexicon) = repository::decisions()?;
    let listed = listing::list(&psa, &lexicon);
    let shown: Vec<&Listed> = listed
        .iter()
        .filter(|name| section.is_none_or(|section| name.section.as_deref() == Some(section)))
        .take(oddest.unwrap_or(usize::MAX))
        .collect();
    if shown.is_empty() {
        return Err("no name matches: the section does not exist, or --oddest is 0".into());
    }
    output::print(&table(&shown))
}

/// Returns one line for each name: score, what made it, the name, and what it stands for.
fn table(names: &[&Listed]) -> String {
    let mut text = String::from("score  made by     name\n");
    for name in names {
        let full = match &name.section {
            Some(section) => format!("{section}::{}", name.name),
            None => name.name.clone(),
        };
        let line = format!("{:>5}  {:<10}  {full:<60}  {}", name.score, name.made_by, name.stands_for);
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_score_the_rule_and_the_name() {
        let name = Listed {
            section: Some("service".into()),
            name: "list_tickets".into(),
            made_by: "list".into(),
            stands_for: "GET /service/tickets".into(),
            score: 3,
        };
        let text = table(&[&name]);
        let words: Vec<&str> = text.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(words, ["3", "list", "service::list_tickets", "GET", "/service/tickets"]);
    }
}
