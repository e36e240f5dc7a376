//! Names of people, companies, places and devices, all invented: syllables and trades that are put together by number.

/// First names.
pub(super) const FIRST: &[&str] = &[
    "Ada", "Bente", "Cato", "Dilan", "Edda", "Fabian", "Greta", "Hasan", "Ines", "Jonas", "Kaja", "Levin", "Mira",
    "Nils", "Odette", "Pavel", "Quentin", "Runa", "Selim", "Tilda", "Ursa", "Viggo", "Wanda", "Xenia", "Yara", "Zeno",
    "Alba", "Bruno", "Clea", "Darius", "Elin", "Femi", "Gus", "Hilde", "Ivo", "Jette", "Kofi", "Luz", "Marek", "Noor",
];

/// Last names, which nobody is known to have.
pub(super) const LAST: &[&str] = &[
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

/// Beginnings of company names.
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

/// What companies do: the word in the name, the short form, the market.
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

/// Towns with the short name of a state and the beginning of their postal codes.
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

/// Streets.
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

/// Titles of people.
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

/// A company: name, short name, domain and market, different for each number.
pub(super) struct Firm {
    pub(super) name: String,
    pub(super) identifier: String,
    pub(super) domain: String,
    pub(super) market: &'static str,
}

/// The company of a number.
pub(super) fn firm(number: usize) -> Firm {
    let block = number / STEMS.len();
    let stem_at = number % STEMS.len();
    let stem = STEMS.get(stem_at).copied().unwrap_or_default();
    // Each block gives a stem the next trade, so that a pair comes back only when all have been.
    let (trade, short, market) = TRADES.get((stem_at * 7 + block) % TRADES.len()).copied().unwrap_or_default();
    let round = number / (STEMS.len() * TRADES.len());
    let joined: String = stem.split(' ').collect();
    let tail = if round == 0 { String::new() } else { (round + 1).to_string() };
    let name = if round == 0 { format!("{stem} {trade}") } else { format!("{stem} {trade} {tail}") };
    Firm {
        name,
        identifier: format!("{joined}{short}{tail}"),
        domain: format!("{}-{}{tail}.example", joined.to_ascii_lowercase(), short.to_ascii_lowercase()),
        market,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn companies_differ_in_everything() {
        let firms: Vec<Firm> = (0..10_000).map(firm).collect();
        let of: [fn(&Firm) -> String; 3] =
            [|firm| firm.name.clone(), |firm| firm.identifier.clone(), |firm| firm.domain.clone()];
        for of in of {
            assert_eq!(firms.iter().map(of).collect::<HashSet<_>>().len(), firms.len());
        }
        assert!(firms.iter().all(|firm| firm.name.len() <= 50 && firm.identifier.len() <= 30));
    }
}
