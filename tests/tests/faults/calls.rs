//! The kinds of call that meet the faults, each with the request that the fault is played for.

use std::future::Future;
use std::pin::Pin;

use connectwise_psa::check::CheckReport;
use connectwise_psa::types::{DocumentFormData, SeverityLevel, Ticket};
use connectwise_psa::{Error, Method, Patch, Psa, Upload};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::{FILE, ID, NEW_ID};
use crate::contents::Content;
use crate::request::RecordedRequest;

/// How the client may treat the decisive request of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Class {
    /// It changes nothing.
    Read,
    /// It changes something, and sending it twice has the same effect as sending it once.
    RepeatableChange,
    /// It changes something, and sending it twice may do so twice.
    Change,
    /// It reads a file, which the caller reads while it arrives.
    Download,
    /// It prepares another request: discovery, or minting keys.
    Preparation,
    /// A check, which never fails and reports what it finds.
    Check,
}

impl Class {
    pub(crate) const ALL: [Self; 6] =
        [Self::Read, Self::RepeatableChange, Self::Change, Self::Download, Self::Preparation, Self::Check];

    /// Returns the name that reports show.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::RepeatableChange => "repeatable change",
            Self::Change => "change",
            Self::Download => "download",
            Self::Preparation => "preparation",
            Self::Check => "check",
        }
    }
}

/// What a call returned.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    /// The ids of the records, in the order in which they were delivered. Those before an error count.
    pub(crate) ids: Vec<i64>,
    pub(crate) count: Option<i64>,
    pub(crate) bytes: Option<Vec<u8>>,
    pub(crate) report: Option<CheckReport>,
    pub(crate) error: Option<Error>,
}

impl Observed {
    fn id(id: Option<i64>) -> Self {
        Self { ids: id.into_iter().collect(), ..Self::default() }
    }

    fn ids(ids: impl IntoIterator<Item = Option<i64>>) -> Self {
        // A record without an id counts as one that does not exist.
        Self { ids: ids.into_iter().map(|id| id.unwrap_or(-1)).collect(), ..Self::default() }
    }

    fn failed(error: Error) -> Self {
        Self { error: Some(error), ..Self::default() }
    }

    fn ticket(result: Result<Ticket, Error>) -> Self {
        result.map_or_else(Self::failed, |ticket| Self::id(ticket.id.map(i64::from)))
    }
}

type Run = fn(Psa) -> Pin<Box<dyn Future<Output = Observed> + Send>>;

/// A kind of call.
#[derive(Clone, Copy)]
pub(crate) struct Call {
    pub(crate) name: &'static str,
    pub(crate) class: Class,
    pub(crate) content: Content,
    /// The decisive request: its method, and the end of its path.
    pub(crate) decisive: (&'static str, &'static str),
    /// How many requests the call sends before the decisive one.
    pub(crate) requests_before: usize,
    /// How many tickets the API has.
    pub(crate) tickets: i64,
    /// What the call returns if nothing fails.
    pub(crate) ids: &'static [i64],
    /// Whether the call sends several decisive requests for the pages of a list.
    pub(crate) is_paged: bool,
    /// Whether the client discovers the base URL first.
    pub(crate) is_discovered: bool,
    /// Whether the client sends the decisive request at most once whatever happens.
    pub(crate) is_sent_once: bool,
    pub(crate) run: Run,
}

impl Call {
    /// Returns whether a request is the decisive one.
    pub(crate) fn decides(&self, request: &RecordedRequest) -> bool {
        let (method, path) = self.decisive;
        // A check sends several requests below the base URL, which all decide.
        request.method == method
            && (request.path().ends_with(path) || (path.is_empty() && request.path().contains("/apis/")))
    }

    /// Returns whether every change that the call sends is repeatable.
    pub(crate) fn changes_are_repeatable(&self) -> bool {
        self.class == Class::RepeatableChange || self.name == "get of edit"
    }

    /// Returns how many decisive requests the call sends if nothing fails; `None` if several numbers are right.
    pub(crate) fn decisive_requests(&self) -> Option<usize> {
        (!self.is_paged && self.class != Class::Check).then_some(1)
    }
}

const ALL_TICKETS: &[i64] = &[1, 2, 3, 4, 5, 6, 7];

/// The page size of the lists.
const PAGE: u32 = 3;

const fn read(name: &'static str, content: Content, path: &'static str, ids: &'static [i64], run: Run) -> Call {
    Call {
        name,
        class: Class::Read,
        content,
        decisive: ("GET", path),
        requests_before: 0,
        tickets: 7,
        ids,
        is_paged: false,
        is_discovered: false,
        is_sent_once: false,
        run,
    }
}

const fn list(name: &'static str, ids: &'static [i64], run: Run) -> Call {
    Call { is_paged: true, ..read(name, Content::List, "/service/tickets", ids, run) }
}

const fn change(
    name: &'static str,
    class: Class,
    content: Content,
    decisive: (&'static str, &'static str),
    ids: &'static [i64],
    run: Run,
) -> Call {
    Call { class, decisive, ..read(name, content, "", ids, run) }
}

/// The calls.
pub(crate) const CALLS: &[Call] = &[
    list("list all", ALL_TICKETS, |psa| Box::pin(list_all(psa))),
    list("stream", ALL_TICKETS, |psa| Box::pin(stream(psa))),
    list("pages", ALL_TICKETS, |psa| Box::pin(pages(psa))),
    list("parallel", ALL_TICKETS, |psa| Box::pin(parallel(psa))),
    Call {
        requests_before: 0,
        ..read("count of parallel", Content::Count, "/service/tickets/count", ALL_TICKETS, |psa| {
            Box::pin(parallel(psa))
        })
    },
    Call { is_paged: false, ..list("first", &[1], |psa| Box::pin(first(psa))) },
    Call { tickets: 1, is_paged: false, ..list("one", &[1], |psa| Box::pin(one(psa))) },
    Call { decisive: ("POST", "/service/tickets/search"), ..list("search", ALL_TICKETS, |psa| Box::pin(search(psa))) },
    Call {
        is_paged: true,
        ..read("raw list", Content::List, "/service/tickets", ALL_TICKETS, |psa| Box::pin(raw_list(psa)))
    },
    read("count", Content::Count, "/service/tickets/count", &[], |psa| Box::pin(count(psa))),
    read("get", Content::Record, "/service/tickets/5", &[ID], |psa| Box::pin(get(psa))),
    Call {
        requests_before: 1,
        ..read("get on a used connection", Content::Record, "/service/tickets/5", &[ID], |psa| {
            Box::pin(async { get(used(psa).await).await })
        })
    },
    Call {
        requests_before: 1,
        ..read("get as a member", Content::Record, "/service/tickets/5", &[ID], |psa| {
            Box::pin(get(psa.as_member("jdoe")))
        })
    },
    read("get of edit", Content::Record, "/service/tickets/5", &[ID], |psa| Box::pin(edit(psa))),
    read("raw get", Content::Any, "/service/tickets/5", &[ID], |psa| Box::pin(raw_get(psa))),
    Call {
        is_sent_once: true,
        ..read("company_info", Content::CompanyInfo, "/login/companyinfo/acme", &[], |psa| Box::pin(company_info(psa)))
    },
    change("create", Class::Change, Content::NewRecord, ("POST", "/service/tickets"), &[NEW_ID], |psa| {
        Box::pin(create(psa))
    }),
    Call {
        requests_before: 1,
        ..change(
            "create on a used connection",
            Class::Change,
            Content::NewRecord,
            ("POST", "/service/tickets"),
            &[NEW_ID],
            |psa| Box::pin(async { create(used(psa).await).await }),
        )
    },
    Call {
        requests_before: 1,
        ..change(
            "create as a member",
            Class::Change,
            Content::NewRecord,
            ("POST", "/service/tickets"),
            &[NEW_ID],
            |psa| Box::pin(create(psa.as_member("jdoe"))),
        )
    },
    change("upload", Class::Change, Content::NewRecord, ("POST", "/system/documents"), &[NEW_ID], |psa| {
        Box::pin(upload(psa))
    }),
    change("append", Class::Change, Content::Record, ("PATCH", "/service/tickets/5"), &[ID], |psa| {
        Box::pin(append(psa))
    }),
    change("raw post", Class::Change, Content::Any, ("POST", "/service/tickets"), &[NEW_ID], |psa| {
        Box::pin(raw_post(psa))
    }),
    change("update", Class::RepeatableChange, Content::Record, ("PATCH", "/service/tickets/5"), &[ID], |psa| {
        Box::pin(update(psa))
    }),
    Call {
        requests_before: 1,
        ..change(
            "patch of edit",
            Class::RepeatableChange,
            Content::Record,
            ("PATCH", "/service/tickets/5"),
            &[ID],
            |psa| Box::pin(edit(psa)),
        )
    },
    change("replace", Class::RepeatableChange, Content::Record, ("PUT", "/service/tickets/5"), &[ID], |psa| {
        Box::pin(replace(psa))
    }),
    change("delete", Class::RepeatableChange, Content::Nothing, ("DELETE", "/service/tickets/5"), &[], |psa| {
        Box::pin(delete(psa))
    }),
    Call {
        class: Class::Download,
        ..read("download", Content::File, "/system/documents/5/download", &[], |psa| Box::pin(download(psa)))
    },
    Call {
        class: Class::Download,
        ..read("download into memory", Content::File, "/system/documents/5/download", &[], |psa| {
            Box::pin(download_into_memory(psa))
        })
    },
    Call {
        class: Class::Download,
        ..read("raw download", Content::File, "/system/documents/5/download", &[], |psa| Box::pin(raw_download(psa)))
    },
    Call {
        class: Class::Preparation,
        is_discovered: true,
        ..read("discovery before get", Content::CompanyInfo, "/login/companyinfo/acme", &[ID], |psa| Box::pin(get(psa)))
    },
    Call {
        class: Class::Preparation,
        is_discovered: true,
        ..read("discovery before create", Content::CompanyInfo, "/login/companyinfo/acme", &[NEW_ID], |psa| {
            Box::pin(create(psa))
        })
    },
    change(
        "minting before get",
        Class::Preparation,
        Content::Keys,
        ("POST", "/system/members/jdoe/tokens"),
        &[ID],
        |psa| Box::pin(get(psa.as_member("jdoe"))),
    ),
    change(
        "minting before create",
        Class::Preparation,
        Content::Keys,
        ("POST", "/system/members/jdoe/tokens"),
        &[NEW_ID],
        |psa| Box::pin(create(psa.as_member("jdoe"))),
    ),
    Call { class: Class::Check, ..read("check", Content::Check, "", &[], |psa| Box::pin(check(psa))) },
];

/// Sends a request that succeeds, so the decisive request is sent on the same connection. On a busy machine, the first
/// call can fail because of its short time limits.
async fn used(psa: Psa) -> Psa {
    for _ in 0..5 {
        if psa.request(Method::Get, "/system/info").await.is_ok() {
            break;
        }
    }
    psa
}

async fn list_all(psa: Psa) -> Observed {
    match psa.service().list_tickets().page_size(PAGE).all().await {
        Ok(tickets) => Observed::ids(tickets.into_iter().map(|ticket| ticket.id.map(i64::from))),
        Err(error) => Observed::failed(error),
    }
}

async fn stream(psa: Psa) -> Observed {
    let mut stream = psa.service().list_tickets().page_size(PAGE).stream();
    let mut ids = Vec::new();
    while let Some(ticket) = stream.next().await {
        match ticket {
            Ok(ticket) => ids.push(ticket.id.map(i64::from)),
            Err(error) => return Observed { error: Some(error), ..Observed::ids(ids) },
        }
    }
    Observed::ids(ids)
}

async fn pages(psa: Psa) -> Observed {
    let mut pages = psa.service().list_tickets().page_size(PAGE).pages();
    let mut ids = Vec::new();
    while let Some(page) = pages.next().await {
        match page {
            Ok(page) => ids.extend(page.items.iter().map(|ticket| ticket.id.map(i64::from))),
            Err(error) => return Observed { error: Some(error), ..Observed::ids(ids) },
        }
    }
    Observed::ids(ids)
}

async fn parallel(psa: Psa) -> Observed {
    let mut stream = psa.service().list_tickets().page_size(PAGE).parallel(3).stream();
    let mut ids = Vec::new();
    while let Some(ticket) = stream.next().await {
        match ticket {
            Ok(ticket) => ids.push(ticket.id.map(i64::from)),
            Err(error) => return Observed { error: Some(error), ..Observed::ids(ids) },
        }
    }
    Observed::ids(ids)
}

async fn first(psa: Psa) -> Observed {
    match psa.service().list_tickets().first().await {
        Ok(ticket) => Observed::ids(ticket.into_iter().map(|ticket| ticket.id.map(i64::from))),
        Err(error) => Observed::failed(error),
    }
}

async fn one(psa: Psa) -> Observed {
    Observed::ticket(psa.service().list_tickets().one().await)
}

async fn search(psa: Psa) -> Observed {
    // Too long for a URL.
    let conditions = format!("summary != \"{}\"", "a".repeat(2_500));
    match psa.service().list_tickets().filter_text(conditions).page_size(PAGE).all().await {
        Ok(tickets) => Observed::ids(tickets.into_iter().map(|ticket| ticket.id.map(i64::from))),
        Err(error) => Observed::failed(error),
    }
}

async fn raw_list(psa: Psa) -> Observed {
    match psa.request(Method::Get, "/service/tickets?pageSize=3").list().all().await {
        Ok(tickets) => Observed::ids(tickets.iter().map(|ticket| ticket["id"].as_i64())),
        Err(error) => Observed::failed(error),
    }
}

async fn count(psa: Psa) -> Observed {
    match psa.service().count_tickets().await {
        Ok(count) => Observed { count: Some(count), ..Observed::default() },
        Err(error) => Observed::failed(error),
    }
}

async fn get(psa: Psa) -> Observed {
    Observed::ticket(psa.service().get_ticket(5).await)
}

async fn edit(psa: Psa) -> Observed {
    let change = |ticket: &mut Ticket| ticket.severity = Some(SeverityLevel::High);
    Observed::ticket(psa.service().get_ticket(5).edit(change).await)
}

async fn raw_get(psa: Psa) -> Observed {
    raw(psa.request(Method::Get, "/service/tickets/5").await)
}

fn raw(response: Result<connectwise_psa::raw::RawResponse, Error>) -> Observed {
    match response {
        Ok(response) => Observed::id(response.into_json().ok().and_then(|json: Value| json["id"].as_i64())),
        Err(error) => Observed::failed(error),
    }
}

async fn company_info(psa: Psa) -> Observed {
    psa.company_info().await.map_or_else(Observed::failed, |_| Observed::default())
}

async fn create(psa: Psa) -> Observed {
    Observed::ticket(psa.service().create_ticket(&Ticket::new("Printer on fire", 5)).await)
}

async fn upload(psa: Psa) -> Observed {
    let form = DocumentFormData {
        record_type: Some("Ticket".into()),
        record_id: Some(5),
        title: Some("Offer".into()),
        ..DocumentFormData::default()
    };
    match psa.system().upload_document(&form, Some(Upload::from_bytes("offer.pdf", FILE))).await {
        Ok(document) => Observed::id(document.id.map(i64::from)),
        Err(error) => Observed::failed(error),
    }
}

async fn append(psa: Psa) -> Observed {
    let patch = Patch::new().add("customFields/-", json!({"id": 1, "value": "a"}));
    Observed::ticket(psa.service().update_ticket(5, &patch).await)
}

async fn raw_post(psa: Psa) -> Observed {
    raw(psa.request(Method::Post, "/service/tickets").json(&json!({"summary": "Printer on fire"})).await)
}

async fn update(psa: Psa) -> Observed {
    Observed::ticket(psa.service().update_ticket(5, &Patch::new().replace("summary", "Fixed")).await)
}

async fn replace(psa: Psa) -> Observed {
    Observed::ticket(psa.service().replace_ticket(5, &Ticket::new("Printer on fire", 5)).await)
}

async fn delete(psa: Psa) -> Observed {
    psa.service().delete_ticket(5).await.map_or_else(Observed::failed, |()| Observed::default())
}

/// How many bytes of a download are read before it is dropped.
const MAX_DOWNLOAD: usize = 8 * 1024 * 1024;

async fn download(psa: Psa) -> Observed {
    match psa.system().download_document(5).await {
        Ok(file) => read_stream(file).await,
        Err(error) => Observed::failed(error),
    }
}

async fn raw_download(psa: Psa) -> Observed {
    match psa.request(Method::Get, "/system/documents/5/download").download().await {
        Ok(file) => read_stream(file).await,
        Err(error) => Observed::failed(error),
    }
}

async fn read_stream(mut file: connectwise_psa::Download) -> Observed {
    let mut bytes = Vec::new();
    while let Some(chunk) = file.next().await {
        match chunk {
            Ok(chunk) => bytes.extend_from_slice(&chunk),
            Err(error) => return Observed::failed(error),
        }
        if bytes.len() > MAX_DOWNLOAD {
            break;
        }
    }
    Observed { bytes: Some(bytes), ..Observed::default() }
}

async fn download_into_memory(psa: Psa) -> Observed {
    let bytes = async { psa.system().download_document(5).await?.bytes().await };
    match bytes.await {
        Ok(bytes) => Observed { bytes: Some(bytes.to_vec()), ..Observed::default() },
        Err(error) => Observed::failed(error),
    }
}

async fn check(psa: Psa) -> Observed {
    Observed { report: Some(psa.check().await), ..Observed::default() }
}
