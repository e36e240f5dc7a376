//! What users write about tickets: lists with typed filters, single records, constructors, updates and actions.

use bindings::service::Client;
use bindings::types::{
    FilterValues, Ticket, TicketLevel, TicketMerge, TicketNote, TicketNoteKind, TicketReference, TicketSource, TicketTask,
};
use connectwise_psa_core::json::{Amount, DateTime, Record as _, Reference};
use connectwise_psa_core::patch::Patch;
use connectwise_psa_core::error::Error;

pub async fn lists(client: &Client, since: DateTime) -> Result<Vec<i32>, Error> {
    let tickets = client
        .list_tickets()
        .filter(|ticket| {
            ticket
                .closed_flag()
                .eq(false)
                .and(ticket.summary().contains("printer"))
                .and(ticket.severity().is_in([TicketLevel::High, TicketLevel::Medium]))
                .and(ticket.required_date().ge(since).or(ticket.closed_date().gt(since)))
                .and(ticket.budget_hours().lt(2.5))
                .and(ticket.ordinal().gt(3))
                .and(ticket.board().name().eq("Help Desk"))
                .and(ticket.company().identifier().eq("Example"))
                .and(ticket.parent().summary().contains("outage"))
                .and(ticket.contact().id().eq(5))
                .and(ticket.reference().starts_with("PO"))
                .and(ticket.po_number().eq("12"))
                .and(ticket.type_().ne("Project"))
                .and(ticket.mobile_guid().is_not_null())
                .and(ticket.last_updated().ge(since))
        })
        .filter_custom_fields(|field| field.caption().eq("Region"))
        .sort(|ticket| (ticket.required_date().desc(), ticket.id().asc()))
        .select(|ticket| (ticket.id(), ticket.summary(), ticket.board().name()))
        .take(50)
        .all()
        .await?;
    Ok(tickets.iter().filter_map(|ticket| ticket.id).collect())
}

pub async fn counts(client: &Client) -> Result<i64, Error> {
    client.count_tickets().filter(|ticket| ticket.closed_flag().eq(true).and(ticket.source().eq(TicketSource::Phone))).await
}

pub fn constructors() -> (Ticket, Ticket, TicketTask) {
    let by_constructor = Ticket::new("The printer is broken", Reference::from(5));
    let literal = Ticket {
        summary: Some("The printer is broken".to_owned()),
        board: Some(Reference::from(1).into()),
        company: Some(Reference::from(5).into()),
        contact: Some(Reference::from(6).into()),
        parent: Some(TicketReference { summary: Some("Outage".to_owned()), ..Default::default() }.into()),
        severity: Some(TicketLevel::High),
        impact: Some("Low".into()),
        source: Some(TicketSource::Email),
        budget_hours: Some(Amount::from(2)),
        ordinal: Some(3),
        closed_flag: Some(false),
        initial_description: Some("It smells.".to_owned()),
        reference: Some("PO 12".to_owned()),
        watchers: Some(vec!["anna".to_owned()]),
        tasks: Some(vec![TicketTask::new("Look at it")]),
        ..Default::default()
    };
    (by_constructor, literal, TicketTask { done_flag: Some(true), hours: Some(Amount::from(1)), ..Default::default() })
}

pub fn enums(ticket: &Ticket) -> &'static str {
    match (ticket.severity.as_ref(), ticket.source.as_ref()) {
        (Some(TicketLevel::Low), _) => "later",
        (Some(TicketLevel::Medium | TicketLevel::High), Some(TicketSource::Email | TicketSource::Phone)) => "now",
        (_, _) => "unknown",
    }
}

pub async fn writes(client: &Client, ticket: &Ticket) -> Result<(), Error> {
    let created = client.create_ticket(ticket).await?;
    let id = ticket.id().unwrap_or(1);
    let patch = Patch::new()
        .set(Ticket::fields().summary(), "Repaired")
        .set(Ticket::fields().severity(), TicketLevel::Low)
        .set_object(Ticket::fields().board(), Reference::from(2))
        .clear(Ticket::fields().required_date());
    client.update_ticket(id as i32, &patch).await?;
    client.replace_ticket(7, &created).await?;
    client.delete_ticket(7).await?;
    let merge = TicketMerge::new(vec![1, 2]);
    let merged = client.merge_ticket(7, &merge).await?;
    let _: Option<bool> = merged.success;
    let converted = client.convert_ticket(7).await?;
    let _: Option<String> = converted.summary;
    Ok(())
}

pub async fn reads(client: &Client) -> Result<(), Error> {
    let ticket = client.get_ticket(7).select(|ticket| (ticket.id(), ticket.tasks())).await?;
    let _: Option<Vec<TicketTask>> = ticket.tasks;
    let notes = client.list_ticket_notes(7).filter(|note| note.kind().eq(TicketNoteKind::Internal)).all().await?;
    let _: Option<&TicketNote> = notes.first();
    let note = client.get_ticket_note(7, 8).await?;
    client.create_ticket_note(7, &TicketNote { ticket_id: note.ticket_id, ..TicketNote::new("Done") }).await?;
    let filter = FilterValues { conditions: Some("id > 5".to_owned()), ..Default::default() };
    let found = client.search_tickets(&filter).sort(|ticket| ticket.id().asc()).all().await?;
    let _: Option<Ticket> = found.into_iter().next();
    let boards = client.list_board_infos().select(|board| (board.id(), board.name())).all().await?;
    let _: Option<String> = boards.into_iter().next().and_then(|board| board.name);
    Ok(())
}
