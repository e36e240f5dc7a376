//! The versions of the API to which a correction applies: exact (`2025.8`) or compared (`>=2023.1`, `<2023.1`).

/// Returns whether `text` is an exact version or a comparison with one.
pub(super) fn is_valid(text: &str) -> bool {
    rank(bound(text)).is_some()
}

/// Returns whether conditions include a version: it matches one of the exact versions, and all comparisons. No
/// conditions include every version, and every condition includes a version that is not numeric, because it cannot be
/// compared.
pub(super) fn include(conditions: &[String], version: &str) -> bool {
    let Some(rank_of_version) = rank(version) else { return true };
    let (compared, exact): (Vec<_>, Vec<_>) = conditions.iter().partition(|condition| is_comparison(condition));
    let holds = |condition: &&String| {
        let bound = rank(bound(condition)).unwrap_or_default();
        match (condition.starts_with('<'), condition.contains('=')) {
            (true, true) => rank_of_version <= bound,
            (true, false) => rank_of_version < bound,
            (false, true) => rank_of_version >= bound,
            (false, false) => rank_of_version > bound,
        }
    };
    (exact.is_empty() || exact.iter().any(|exact| rank(exact).as_ref() == Some(&rank_of_version)))
        && compared.iter().all(holds)
}

/// Returns conditions that include the same versions without `version` and the later ones, and conditions without
/// `version` and the earlier ones, each with the name of the remaining versions. A version that is not numeric has none.
pub(super) fn without(conditions: &[String], version: &str) -> Vec<(&'static str, Vec<String>)> {
    let Some(rank_of_version) = rank(version) else { return Vec::new() };
    let exact: Vec<String> = conditions.iter().filter(|condition| !is_comparison(condition)).cloned().collect();
    let others = exact.iter().filter(|exact| rank(exact).as_ref() != Some(&rank_of_version));
    let others: Vec<String> = others.cloned().collect();
    if !exact.is_empty() {
        let compared = conditions.iter().filter(|condition| is_comparison(condition)).cloned();
        let remaining = others.into_iter().chain(compared).collect();
        return if exact.len() > 1 { vec![("other versions", remaining)] } else { Vec::new() };
    }
    [("earlier versions", "<"), ("later versions", ">")]
        .into_iter()
        .map(|(remaining, direction)| {
            // A comparison in the same direction is no longer needed.
            let kept = conditions.iter().filter(|condition| !condition.starts_with(direction)).cloned();
            (remaining, kept.chain([format!("{direction}{version}")]).collect())
        })
        .filter(|(_, conditions): &(_, Vec<String>)| is_satisfiable(conditions))
        .collect()
}

/// Returns whether a version can match comparisons: the lower bound is not above the upper bound.
fn is_satisfiable(comparisons: &[String]) -> bool {
    let bounds = |direction| {
        comparisons
            .iter()
            .filter(move |comparison| comparison.starts_with(direction))
            .filter_map(|comparison| rank(bound(comparison)).map(|rank| (rank, comparison.contains('='))))
    };
    bounds('>').all(|(low, with_low)| {
        bounds('<').all(|(high, with_high)| low < high || (low == high && with_low && with_high))
    })
}

fn is_comparison(condition: &str) -> bool {
    condition.starts_with(['<', '>'])
}

fn bound(condition: &str) -> &str {
    condition.trim_start_matches(['<', '>', '='])
}

/// Returns whether a version is older than another one. Versions that are not numeric cannot be compared.
#[must_use]
pub fn is_older(version: &str, other: &str) -> bool {
    matches!((rank(version), rank(other)), (Some(version), Some(other)) if version < other)
}

/// Returns the numbers of a version. 2025.16 is later than 2025.8.
fn rank(version: &str) -> Option<Vec<u64>> {
    version.trim().split('.').map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn conditions_are_exact_versions_and_comparisons() {
        for (texts, expected) in [
            (&[][..], true),
            (&["2025.8"], true),
            (&["2022.1", "2025.8"], true),
            (&["2025.16"], false),
            (&[">=2023.1"], true),
            (&["<2025.8"], false),
            (&["<=2025.8"], true),
            (&[">2025.8"], false),
            (&["<2025.16"], true),
            (&[">2022.1", "<2025.8"], false),
        ] {
            assert_eq!(include(&conditions(texts), "2025.8"), expected, "{texts:?}");
        }
        assert!(include(&conditions(&["<2025.8"]), "next"));
        assert!(is_valid("<=2025.8") && !is_valid("new") && !is_valid(""));
    }

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(is_older("2025.8", "2025.16") && is_older("2022.1", "2025.8"));
        assert!(!is_older("2025.8", "2025.8") && !is_older("2025.16", "2025.8") && !is_older("next", "2025.8"));
    }

    #[test]
    fn a_version_is_excluded_in_both_directions() {
        for (texts, expected) in [
            (&[][..], vec![&["<2025.8"][..], &[">2025.8"]]),
            (&[">2022.1"], vec![&[">2022.1", "<2025.8"][..], &[">2025.8"]]),
            (&["<2026.1"], vec![&["<2025.8"][..], &["<2026.1", ">2025.8"]]),
            (&[">=2025.8"], vec![&[">2025.8"][..]]),
            (&["2022.1", "2025.8"], vec![&["2022.1"][..]]),
            (&["2025.8"], vec![]),
        ] {
            let without: Vec<Vec<String>> =
                without(&conditions(texts), "2025.8").into_iter().map(|(_, conditions)| conditions).collect();
            assert_eq!(without, expected.into_iter().map(conditions).collect::<Vec<_>>(), "{texts:?}");
            assert!(without.iter().all(|conditions| !include(conditions, "2025.8")), "{texts:?}");
        }
        assert!(without(&[], "next").is_empty());
    }
}
