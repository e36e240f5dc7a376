//! Times of conditions: parsing, printing and matching, each beside the minimal equivalent work.

use std::hint::black_box;

use connectwise_psa_core::conditions::Condition;
use serde_json::{Value, json};

use crate::decoding::repeat;
use crate::protocol::{Measured, unknown};

/// Twenty comparisons of the fields of [`tickets`], with most operators and every type of literal.
const TEXT: &str = "closedFlag=false and board/id in (1,2,5) and (priority/name=\"Priority 1 - Critical\" or priority/name like \"%High%\" or priority/id<=2) \
     and (summary contains \"printer\" or summary contains \"server\" or summary like \"VPN%\" or summary like \"%down\") \
     and company/identifier not in (\"TestCompany\",\"Internal\") and status/name!=\"Cancelled\" and status/name not like \"%Hold%\" \
     and dateEntered>=[2024-01-01] and dateEntered<[2026-01-01T00:00:00Z] and actualHours>=0.5 and actualHours<120 and owner/identifier!=null \
     and impact in (\"High\",\"Medium\") and (parentTicketId=null or hasChildTicket=true)";

const TICKETS: u64 = 100_000;

/// The tickets, generated at first use.
#[derive(Default)]
pub(crate) struct Conditions {
    tickets: Vec<Value>,
}

impl Conditions {
    pub(crate) fn measure(&mut self, what: &str, variant: &str) -> Result<Measured, String> {
        let condition: Condition = TEXT.parse().map_err(|error| format!("the condition is not valid: {error}"))?;
        match (what, variant) {
            ("parse", "library") => repeat(|| {
                black_box(black_box(TEXT).parse::<Condition>()).map(|_| TEXT.len()).map_err(|error| error.to_string())
            }),
            ("parse", "baseline") => repeat(|| {
                black_box(black_box(TEXT).split_whitespace().map(str::to_owned).collect::<Vec<String>>());
                Ok(TEXT.len())
            }),
            ("print", "library") => repeat(|| {
                black_box(black_box(&condition).to_string());
                Ok(TEXT.len())
            }),
            ("print", "baseline") => repeat(|| {
                black_box(black_box(TEXT).to_owned());
                Ok(TEXT.len())
            }),
            // The number of matching tickets shows that both match the same ones.
            ("match", "library") => {
                let matcher = condition.matcher();
                let tickets = self.tickets();
                repeat(|| Ok(tickets.iter().filter(|ticket| matcher.matches(black_box(ticket))).count()))
            }
            ("match", "baseline") => {
                let tickets = self.tickets();
                repeat(|| Ok(tickets.iter().filter(|ticket| matches_by_hand(black_box(ticket))).count()))
            }
            _ => Err(unknown(&["conditions", what, variant])),
        }
    }

    fn tickets(&mut self) -> &[Value] {
        if self.tickets.is_empty() {
            self.tickets = (0..TICKETS).map(ticket).collect();
        }
        &self.tickets
    }
}

/// Returns a generated ticket, the same one in every run.
fn ticket(number: u64) -> Value {
    // Spreads consecutive numbers over all 64 bits.
    let mut spread = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut pick = |choices: u64| {
        spread ^= spread >> 29;
        spread = spread.wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (spread >> 40) % choices
    };
    let one_of = |at: u64, texts: &[&str]| {
        texts.iter().cycle().nth(usize::try_from(at).unwrap_or_default()).copied().unwrap_or_default().to_owned()
    };
    let board = pick(6);
    let priority = pick(4) + 1;
    let owner = pick(8);
    json!({
        "id": number,
        "summary": one_of(pick(7), &["Printer on the 3rd floor is jammed", "File server out of space", "VPN drops every hour", "Mail is down",
            "New laptop for the sales department", "Password reset", "Café Wi‑Fi is slow"]),
        "recordType": "ServiceTicket",
        "board": {"id": board, "name": format!("Board {board}")},
        "status": {"id": 16 + pick(4), "name": one_of(pick(5), &["New", "In Progress", "On Hold - Customer", "Cancelled", "Completed"])},
        "company": {"id": pick(300), "identifier": one_of(pick(6), &["Contoso", "Fabrikam", "Northwind", "TestCompany", "AdventureWorks", "Internal"])},
        "priority": {"id": priority, "name": one_of(priority - 1, &["Priority 1 - Critical", "Priority 2 - High", "Priority 3 - Medium", "Priority 4 - Low"])},
        "impact": one_of(pick(3), &["High", "Medium", "Low"]),
        "closedFlag": pick(3) == 0,
        "hasChildTicket": pick(4) == 0,
        "parentTicketId": if pick(3) == 0 { json!(pick(TICKETS)) } else { Value::Null },
        "actualHours": (pick(600) as f64) / 4.0,
        "owner": if owner == 0 { Value::Null } else { json!({"id": owner, "identifier": format!("member{owner}")}) },
        "dateEntered": format!("{}-{:02}-{:02}T{:02}:15:00Z", 2023 + pick(4), pick(12) + 1, pick(28) + 1, pick(24)),
        "_info": {"lastUpdated": "2026-01-05T12:00:00Z", "updatedBy": "jdoe"}
    })
}

/// Evaluates the condition with hand-written code, as the baseline.
fn matches_by_hand(ticket: &Value) -> bool {
    let text = |field: &str| ticket.get(field).and_then(Value::as_str);
    let text_of = |reference: &str, field: &str| ticket.get(reference)?.get(field)?.as_str();
    let id_of = |reference: &str| ticket.get(reference)?.get("id")?.as_i64();
    let boolean = |field: &str| ticket.get(field).and_then(Value::as_bool);
    // Tests the string in lower case. A missing string does not match.
    let known = |text: Option<&str>, test: &dyn Fn(&str) -> bool| text.is_some_and(|text| test(&text.to_lowercase()));
    boolean("closedFlag") == Some(false)
        && id_of("board").is_some_and(|id| [1, 2, 5].contains(&id))
        && (known(text_of("priority", "name"), &|name| name == "priority 1 - critical" || name.contains("high"))
            || id_of("priority").is_some_and(|id| id <= 2))
        && known(text("summary"), &|summary| {
            summary.contains("printer")
                || summary.contains("server")
                || summary.starts_with("vpn")
                || summary.ends_with("down")
        })
        && known(text_of("company", "identifier"), &|identifier| !["testcompany", "internal"].contains(&identifier))
        && known(text_of("status", "name"), &|name| name != "cancelled" && !name.contains("hold"))
        && text("dateEntered").is_some_and(|date| ("2024-01-01T00:00:00Z".."2026-01-01T00:00:00Z").contains(&date))
        && ticket.get("actualHours").and_then(Value::as_f64).is_some_and(|hours| (0.5..120.0).contains(&hours))
        && text_of("owner", "identifier").is_some()
        && known(text("impact"), &|impact| impact == "high" || impact == "medium")
        && (ticket.get("parentTicketId").is_none_or(Value::is_null) || boolean("hasChildTicket") == Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matcher_and_the_hand_written_code_match_the_same_tickets() {
        let condition: Condition = TEXT.parse().unwrap();
        assert_eq!(condition.comparisons().len(), 20);
        let matcher = condition.matcher();
        let tickets: Vec<Value> = (0..10_000).map(ticket).collect();
        assert!(tickets.iter().all(|ticket| matcher.matches(ticket) == matches_by_hand(ticket)));
        assert!(tickets.iter().any(matches_by_hand));
    }
}
