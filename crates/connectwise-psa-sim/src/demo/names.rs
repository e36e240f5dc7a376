//! Names for the demo data: common first names, and invented last names, companies and towns. The same number always
//! gives the same company.

pub(super) const FIRST_NAMES: &[&str] = &[
    "Ada", "Bente", "Cato", "Dilan", "Edda", "Fabian", "Greta", "Hasan", "Ines", "Jonas", "Kaja", "Levin", "Mira",
    "Nils", "Odette", "Pavel", "Quentin", "Runa", "Selim", "Tilda", "Ursa", "Viggo", "Wanda", "Xenia", "Yara", "Zeno",
    "Alba", "Bruno", "Clea", "Darius", "Elin", "Femi", "Gus", "Hilde", "Ivo", "Jette", "Kofi", "Luz", "Marek", "Noor",
];

/// Invented last names, so that the demo people are not mistaken for real ones.
pub(super) const LAST_NAMES: &[&str] = &[
    "Amberlow",
    "Brackenby",
    "Coldwick",
    "Dunmarrow",
    "Elderfen",
    "Farrowmere",
    "Gadsholt",
    "Harkenfold",
    "Inglemoor",
    "Jarrowick",
    "Kestelby",
    "Lindelow",
    "Marrowby",
    "Netherwell",
    "Oxenmere",
    "Pellinfold",
    "Quarrowby",
    "Rushelow",
    "Saltenby",
    "Thornmarrow",
    "Underfell",
    "Vossenby",
    "Wickenmere",
    "Yarrowfold",
    "Zellenby",
    "Ashenlow",
    "Birchenby",
    "Cressenwell",
    "Dovenmoor",
    "Everfold",
    "Fernelow",
    "Gorsenby",
    "Hazelmarrow",
    "Ivenwell",
    "Junipenny",
    "Larkenfold",
    "Millenby",
];

/// First words of company names.
const STEMS: &[&str] = &[
    "Quillbrook",
    "Tamberfield",
    "Osterveil",
    "Marrowdale",
    "Fennimoor",
    "Larkspindle",
    "Brackenholt",
    "Wrenmarch",
    "Siltwater",
    "Copperfen",
    "Dapplemere",
    "Elmhallow",
    "Foxglen",
    "Gullhaven",
    "Heronsby",
    "Ivorytarn",
    "Jasperwold",
    "Kittlewick",
    "Lowfathom",
    "Mosswarden",
    "Nettlecombe",
    "Oakenshaw Vale",
    "Pebblecroft",
    "Quaywhistle",
    "Reedmantle",
    "Sorrelbank",
    "Thistledown Reach",
    "Umberline",
    "Velvetmoor",
    "Willowgrange",
];

/// The trades of companies: the word in the name, the short form in identifiers and domains, the market.
const TRADES: &[(&str, &str, &str)] = &[
    ("Dental", "Dent", "Health"),
    ("Logistics", "Log", "Transport"),
    ("Bakery", "Bake", "Retail"),
    ("Legal", "Law", "Services"),
    ("Joinery", "Join", "Manufacturing"),
    ("Veterinary", "Vet", "Health"),
    ("Accounting", "Acct", "Services"),
    ("Garden Supply", "Gard", "Retail"),
    ("Engineering", "Eng", "Manufacturing"),
    ("Architects", "Arch", "Services"),
    ("Marine", "Mar", "Transport"),
    ("Books", "Book", "Retail"),
    ("Montessori", "Mont", "Education"),
    ("Plastics", "Plas", "Manufacturing"),
    ("Physiotherapy", "Phys", "Health"),
    ("Insurance", "Ins", "Services"),
    ("Brewing", "Brew", "Manufacturing"),
    ("Academy", "Acad", "Education"),
    ("Freight", "Frt", "Transport"),
    ("Optics", "Opt", "Health"),
];

/// Towns with the abbreviation of the state and the first three digits of the ZIP code.
pub(super) const TOWNS: &[(&str, &str, &str)] = &[
    ("Saltmere", "ME", "049"),
    ("Port Ellery", "ME", "048"),
    ("Hollow Creek", "NH", "038"),
    ("Grindle Falls", "NH", "037"),
    ("Upper Tansy", "VT", "059"),
    ("Lake Merrow", "VT", "058"),
    ("Fallowbridge", "MA", "019"),
    ("North Quarrel", "MA", "018"),
];

pub(super) const STREETS: &[&str] = &[
    "Tanner's Row",
    "Lantern Street",
    "Old Ropewalk",
    "Kiln Lane",
    "Ferry Stairs",
    "Orchard Cut",
    "Millrace Road",
    "Signal Hill",
    "Weaver's Yard",
    "Long Quay",
];

/// Job titles.
pub(super) const TITLES: &[&str] = &[
    "Office Manager",
    "Bookkeeper",
    "Managing Director",
    "Receptionist",
    "Operations Lead",
    "Purchasing",
    "Team Lead",
    "Designer",
    "Technician",
    "Assistant",
];

/// The names of a company, and its market. No two companies share a name, an identifier or a domain.
pub(super) struct CompanyNames {
    pub(super) name: String,
    pub(super) identifier: String,
    pub(super) domain: String,
    pub(super) market: &'static str,
}

/// Returns the names of company `number`, counted from 0.
pub(super) fn company_names(number: usize) -> CompanyNames {
    let block = number / STEMS.len();
    let stem_at = number % STEMS.len();
    let stem = STEMS.get(stem_at).copied().unwrap_or_default();
    // A block is one pass through all stems. In each block, every stem gets its next trade, so no pair repeats until
    // all pairs are used. A round is one pass through all pairs. From the second round on, a number is added to the
    // name.
    let (trade, short, market) = TRADES.get((stem_at * 7 + block) % TRADES.len()).copied().unwrap_or_default();
    let round = number / (STEMS.len() * TRADES.len());
    let joined: String = stem.split(' ').collect();
    let suffix = if round == 0 { String::new() } else { (round + 1).to_string() };
    let name = if round == 0 { format!("{stem} {trade}") } else { format!("{stem} {trade} {suffix}") };
    CompanyNames {
        name,
        identifier: format!("{joined}{short}{suffix}"),
        domain: format!("{}-{}{suffix}.example", joined.to_ascii_lowercase(), short.to_ascii_lowercase()),
        market,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_identifiers_and_domains_are_unique_and_short_enough() {
        let companies: Vec<CompanyNames> = (0..10_000).map(company_names).collect();
        let fields: [fn(&CompanyNames) -> String; 3] =
            [|names| names.name.clone(), |names| names.identifier.clone(), |names| names.domain.clone()];
        for field in fields {
            assert_eq!(companies.iter().map(field).collect::<HashSet<_>>().len(), companies.len());
        }
        // The maximum lengths in the OpenAPI document.
        assert!(companies.iter().all(|names| names.name.len() <= 50 && names.identifier.len() <= 30));
    }
}
