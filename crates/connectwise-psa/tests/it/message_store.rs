//! The store of messages in a file: restarts, truncated and damaged files, compaction, and processes that are killed.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use connectwise_psa::webhooks::{
    Acceptance, DedupKey, Event, FileStore, MemoryStore, MessageStore, NewMessage, OpenError, Receiver, StoreLimits,
    Verifier,
};

/// Returns a message about a ticket. Its `MessageId` is the same as the id of the ticket.
pub(crate) fn message(id: usize) -> NewMessage {
    message_about(id, id)
}

/// Returns a message with this `MessageId` about this ticket.
pub(crate) fn message_about(id: usize, ticket: usize) -> NewMessage {
    let body = format!(r#"{{"Action":"updated","ID":{ticket},"Type":"ticket","MessageId":"{id}"}}"#);
    NewMessage::new(DedupKey::new(Some(&id.to_string()), b""), format!("ticket:{ticket}"), body)
}

/// Returns a receiver whose verifier is not used.
pub(crate) fn receiver(store: impl MessageStore + 'static) -> Receiver {
    let psa = connectwise_psa::Psa::builder().host("http://127.0.0.1:9").company("acme").keys("public", "private");
    let psa = psa.client_id("00000000-0000-0000-0000-000000000000").build().unwrap();
    Receiver::new(Verifier::new(&psa).unwrap(), store)
}

/// Returns the bodies of the unhandled messages.
async fn bodies(store: &dyn MessageStore) -> Vec<String> {
    let mut bodies = Vec::new();
    for message in store.unhandled(0, usize::MAX).await.unwrap() {
        let body = store.body(message.sequence).await.unwrap().unwrap();
        bodies.push(String::from_utf8(body.to_vec()).unwrap());
    }
    bodies
}

fn expected(ids: impl IntoIterator<Item = usize>) -> Vec<String> {
    ids.into_iter().map(|id| String::from_utf8(message(id).body.to_vec()).unwrap()).collect()
}

fn journal() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("messages.journal");
    (folder, path)
}

/// Checks what both stores promise.
async fn check(store: &dyn MessageStore) {
    for id in 1..=4 {
        assert_eq!(store.accept(message(id)).await.unwrap(), Acceptance::Accepted);
        assert_eq!(store.accept(message(id)).await.unwrap(), Acceptance::Duplicate);
    }
    assert_eq!(store.accept(message(5)).await.unwrap(), Acceptance::Full);
    assert_eq!(bodies(store).await, expected(1..=4));
    let order: Vec<u64> = store.unhandled(0, 2).await.unwrap().iter().map(|message| message.sequence).collect();
    assert_eq!(store.unhandled(order[1], 9).await.unwrap().len(), 2);
    store.handled(order[0]).await.unwrap();
    assert_eq!(store.accept(message(1)).await.unwrap(), Acceptance::Duplicate);
    store.attempt_failed(order[1], "first".to_owned(), false).await.unwrap();
    assert_eq!(store.unhandled(0, 1).await.unwrap()[0].attempts, 1);
    store.attempt_failed(order[1], "second".to_owned(), true).await.unwrap();
    assert_eq!(bodies(store).await, expected([3, 4]));
    let failed = store.failed().await.unwrap();
    assert_eq!((failed.len(), failed[0].attempts, failed[0].error.as_str()), (1, 2, "second"));
    assert_eq!((store.retry_failed().await.unwrap(), store.retry_failed().await.unwrap()), (1, 0));
    assert_eq!(bodies(store).await, expected([3, 4, 2]));
    let last = store.unhandled(0, 9).await.unwrap()[2].sequence;
    store.attempt_failed(last, "third".to_owned(), true).await.unwrap();
    assert!(store.discard_failed(last).await.unwrap() && !store.discard_failed(last).await.unwrap());
    assert_eq!(store.accept(message(2)).await.unwrap(), Acceptance::Duplicate);
    assert_eq!(bodies(store).await, expected([3, 4]));
}

#[tokio::test]
async fn both_stores_keep_messages_in_order_and_tell_duplicates() {
    let limits = StoreLimits::default().max_messages(4);
    check(&MemoryStore::with_limits(limits)).await;
    let (_folder, path) = journal();
    check(&FileStore::builder(&path).limits(limits).open().await.unwrap()).await;
    let store = FileStore::open(&path).await.unwrap();
    assert_eq!(bodies(&store).await, expected([3, 4]));
    for known in [1, 2, 3] {
        assert_eq!(store.accept(message(known)).await.unwrap(), Acceptance::Duplicate);
    }
    assert!(store.damaged_lines().is_empty());
}

#[tokio::test]
async fn a_key_is_forgotten_after_the_window() {
    let limits = StoreLimits::default().known_for(Duration::from_millis(50));
    let (_folder, path) = journal();
    let store = FileStore::builder(&path).limits(limits).open().await.unwrap();
    store.accept(message(1)).await.unwrap();
    store.accept(message(2)).await.unwrap();
    store.handled(store.unhandled(0, 1).await.unwrap()[0].sequence).await.unwrap();
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(store.accept(message(1)).await.unwrap(), Acceptance::Accepted);
    assert_eq!(store.accept(message(2)).await.unwrap(), Acceptance::Duplicate, "not handled, so still known");
    // The second message with the key survives a restart, although the journal does not say when the key was forgotten.
    drop(store);
    let store = FileStore::open(&path).await.unwrap();
    assert_eq!(bodies(&store).await, expected([2, 1]));
    assert_eq!(store.accept(message(1)).await.unwrap(), Acceptance::Duplicate);
}

#[tokio::test]
async fn messages_at_once_are_all_stored_and_duplicates_are_told() {
    let (_folder, path) = journal();
    let store = Arc::new(FileStore::open(&path).await.unwrap());
    let tasks: Vec<_> = (0..400)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.accept(message(n / 2)).await.unwrap() })
        })
        .collect();
    let mut accepted = 0;
    for task in tasks {
        accepted += usize::from(task.await.unwrap() == Acceptance::Accepted);
    }
    assert_eq!(accepted, 200);
    drop(store);
    let store = FileStore::open(&path).await.unwrap();
    let found: BTreeSet<String> = bodies(&store).await.into_iter().collect();
    assert_eq!(found, expected(0..200).into_iter().collect());
}

#[tokio::test]
async fn a_file_that_ends_anywhere_opens_and_keeps_its_complete_lines() {
    let (folder, path) = journal();
    let store = FileStore::open(&path).await.unwrap();
    for id in 1..=3 {
        store.accept(message(id)).await.unwrap();
    }
    drop(store);
    drop(FileStore::open(&path).await.unwrap());
    let bytes = std::fs::read(&path).unwrap();
    for end in 0..=bytes.len() {
        let truncated = folder.path().join("truncated");
        std::fs::write(&truncated, &bytes[..end]).unwrap();
        // The first line is that of the version.
        let complete = (bytes[..end].iter().filter(|byte| **byte == b'\n').count() / 2).saturating_sub(1);
        let store = FileStore::open(&truncated).await.unwrap();
        let found = bodies(&store).await;
        assert!(found == expected(1..=complete) || found == expected(1..=complete + 1), "{end}: {found:?}");
        assert!(store.damaged_lines().is_empty(), "{end}");
        // What is stored afterwards is not damaged by what was there.
        assert_eq!(store.accept(message(9)).await.unwrap(), Acceptance::Accepted);
        drop(store);
        let store = FileStore::open(&truncated).await.unwrap();
        assert_eq!(bodies(&store).await.len(), found.len() + 1, "{end}");
        assert!(store.damaged_lines().is_empty(), "{end}");
    }
}

#[tokio::test]
async fn a_damaged_line_costs_only_itself_and_is_reported() {
    let (_folder, path) = journal();
    let store = FileStore::open(&path).await.unwrap();
    for id in 1..=3 {
        store.accept(message(id)).await.unwrap();
    }
    drop(store);
    drop(FileStore::open(&path).await.unwrap());
    let mut bytes = std::fs::read(&path).unwrap();
    let lines: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(b"\n")).collect();
    // Damages the body of the second message.
    bytes[lines[5] - 10] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let store = FileStore::open(&path).await.unwrap();
    assert_eq!(bodies(&store).await, expected([1, 3]));
    let damaged: Vec<String> = store.damaged_lines().iter().map(ToString::to_string).collect();
    assert_eq!(damaged, ["line 6 of the journal of messages is ignored: its checksum is wrong"]);
}

#[tokio::test]
async fn a_long_file_is_compacted_and_an_unfinished_compaction_is_ignored() {
    let (folder, path) = journal();
    let open = || FileStore::builder(&path).compact_above(10_000).open();
    let store = open().await.unwrap();
    for id in 0..500 {
        store.accept(message(id)).await.unwrap();
        if id % 10 != 0 {
            let last = store.unhandled(0, 500).await.unwrap().last().unwrap().sequence;
            store.handled(last).await.unwrap();
        }
    }
    drop(store);
    let store = open().await.unwrap();
    assert_eq!(bodies(&store).await, expected((0..500).step_by(10)));
    for id in 0..500 {
        assert_eq!(store.accept(message(id)).await.unwrap(), Acceptance::Duplicate, "{id}");
    }
    drop(store);
    // Without compaction, the file has 50,000 bytes of handled messages and more.
    let before = std::fs::read(&path).unwrap();
    assert!(String::from_utf8_lossy(&before).contains(" known "));
    // The process was killed while it wrote the compacted file.
    std::fs::write(folder.path().join("messages.journal.new"), &before[..before.len() / 3]).unwrap();
    let store = open().await.unwrap();
    assert_eq!(bodies(&store).await, expected((0..500).step_by(10)));
    assert!(!folder.path().join("messages.journal.new").exists());
}

#[tokio::test]
async fn two_stores_cannot_use_a_file_and_newer_versions_are_not_read() {
    let (_folder, path) = journal();
    let store = FileStore::open(&path).await.unwrap();
    let second = FileStore::builder(&path).lock_wait(Duration::from_millis(30)).open().await;
    assert!(matches!(second, Err(OpenError::InUse { .. })));
    drop(store);
    drop(FileStore::open(&path).await.unwrap());
    // SHA-256 of "version 9" starts with these digits.
    let digest = {
        use sha2::Digest as _;
        sha2::Sha256::digest(b"version 9").iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    std::fs::write(&path, format!("\n{} version 9\n", &digest[..16])).unwrap();
    assert!(matches!(FileStore::open(&path).await, Err(OpenError::UnsupportedVersion { .. })));
    std::fs::write(&path, "# Notes\n").unwrap();
    assert!(matches!(FileStore::open(&path).await, Err(OpenError::NotAJournal { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), b"# Notes\n");
    let missing = path.join("missing").join("journal");
    assert!(matches!(FileStore::open(missing).await, Err(OpenError::Io { .. })));
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_user_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, path) = journal();
    let _store = FileStore::open(&path).await.unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

/// Returns a handler that notes the ids of messages.
fn noting(handled: &Arc<Mutex<Vec<usize>>>) -> impl Fn(Event) -> std::future::Ready<Result<(), String>> + use<> {
    let handled = handled.clone();
    move |event| {
        handled.lock().unwrap().push(event.message_id.unwrap().parse().unwrap());
        std::future::ready(Ok(()))
    }
}

/// Handles what is stored until nothing is left, and returns the ids.
async fn handle_all(path: &Path) -> Vec<usize> {
    let store = Arc::new(FileStore::open(path).await.unwrap());
    let handled = Arc::default();
    let receiver = receiver(store.clone());
    let running = tokio::spawn({
        let (receiver, handler) = (receiver.clone(), noting(&handled));
        async move { receiver.run(handler).await }
    });
    while !store.unhandled(0, 1).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    receiver.shutdown();
    running.await.unwrap();
    let handled = handled.lock().unwrap();
    handled.clone()
}

#[tokio::test]
async fn every_accepted_message_is_handled_after_fifty_interruptions() {
    let (_folder, path) = journal();
    let handled = Arc::<Mutex<Vec<usize>>>::default();
    for round in 0..50 {
        let store = Arc::new(FileStore::open(&path).await.unwrap());
        let receiver = receiver(store.clone());
        let noted = handled.clone();
        // Every third message is never handled to its end in this round.
        let running = tokio::spawn(async move {
            let handler = move |event: Event| {
                let noted = noted.clone();
                async move {
                    let id: usize = event.message_id.unwrap().parse().unwrap();
                    tokio::task::yield_now().await;
                    if id.is_multiple_of(3) {
                        std::future::pending::<()>().await;
                    }
                    noted.lock().unwrap().push(id);
                    Ok::<_, String>(())
                }
            };
            receiver.run(handler).await;
        });
        for id in 3 * round..3 * round + 3 {
            assert_eq!(store.accept(message(id)).await.unwrap(), Acceptance::Accepted);
        }
        // The point of the interruption differs from round to round.
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
    }
    assert!(handled.lock().unwrap().iter().all(|id| id % 3 != 0));
    let rest = handle_all(&path).await;
    let all: BTreeSet<usize> = handled.lock().unwrap().iter().copied().chain(rest.iter().copied()).collect();
    assert_eq!(all, (0..150).collect());
    assert!((0..150).step_by(3).all(|id| rest.contains(&id)));
    assert!(handle_all(&path).await.is_empty());
}

/// The variable that makes `child` work, with the path of the journal and the first id.
const CHILD: &str = "CW_TEST_MESSAGE_STORE";

/// Accepts and handles messages, and writes what it does to the output, until it is killed.
#[tokio::test]
#[ignore = "every_accepted_message_is_handled_although_processes_are_killed runs it as a process of its own"]
async fn child() {
    let arguments = std::env::var(CHILD).unwrap();
    let (first, path) = arguments.split_once(' ').unwrap();
    let store = Arc::new(FileStore::builder(path).compact_above(4000).open().await.unwrap());
    let receiver = receiver(store.clone());
    tokio::spawn(async move {
        let handler = |event: Event| async move {
            tokio::time::sleep(Duration::from_millis(5)).await;
            println!("\nhandled {}", event.message_id.unwrap());
            Ok::<_, String>(())
        };
        receiver.run(handler).await;
    });
    for id in first.parse::<usize>().unwrap().. {
        assert_eq!(store.accept(message(id)).await.unwrap(), Acceptance::Accepted);
        println!("\naccepted {id}");
    }
}

#[tokio::test]
async fn every_accepted_message_is_handled_although_processes_are_killed() {
    let (_folder, path) = journal();
    let mut accepted = BTreeSet::new();
    let mut handled = BTreeSet::new();
    for round in 0..50 {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "message_store::child", "--nocapture", "--ignored"]);
        command.env(CHILD, format!("{} {}", round * 10_000, path.display()));
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut count = 0;
        while let Some(Ok(line)) = lines.next() {
            match line.split_once(' ') {
                Some(("accepted", id)) => {
                    accepted.insert(id.parse::<usize>().unwrap());
                    count += 1;
                }
                Some(("handled", id)) => drop(handled.insert(id.parse::<usize>().unwrap())),
                _ => {}
            }
            if count == 5 + 3 * (round % 10) {
                process.kill().unwrap();
                break;
            }
        }
        // Lines that the process wrote before it ended.
        for line in lines.map_while(Result::ok) {
            match line.split_once(' ').and_then(|(word, id)| Some((word, id.parse::<usize>().ok()?))) {
                Some(("accepted", id)) => drop(accepted.insert(id)),
                Some(("handled", id)) => drop(handled.insert(id)),
                _ => {}
            }
        }
        process.wait().unwrap();
    }
    assert!(accepted.len() >= 50 * 5, "{}", accepted.len());
    let rest = handle_all(&path).await;
    assert!(!rest.is_empty());
    handled.extend(rest);
    let lost: Vec<_> = accepted.difference(&handled).collect();
    assert!(lost.is_empty(), "{lost:?}");
}
