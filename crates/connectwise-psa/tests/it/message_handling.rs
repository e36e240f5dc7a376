//! Handling of stored messages: order, retries, panics, slow handlers, failed messages, shutdown and interruption.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use connectwise_psa::webhooks::{Event, MemoryStore, MessageStore, NewMessage, Receiver, Verifier};
use tokio::time::{Instant, sleep};

use crate::message_store::{message, message_about};

/// What handlers did: the time since the start in seconds, the ticket and the message.
type Log = Arc<Mutex<Vec<(u64, i32, String)>>>;

async fn store(messages: impl IntoIterator<Item = NewMessage>) -> Arc<MemoryStore> {
    let store = Arc::new(MemoryStore::new());
    for message in messages {
        store.accept(message).await.unwrap();
    }
    store
}

fn receiver(store: &Arc<MemoryStore>, handlers: usize, attempts: u32) -> Receiver {
    let psa = connectwise_psa::Psa::builder().host("http://127.0.0.1:9").company("acme").keys("public", "private");
    let psa = psa.client_id("00000000-0000-0000-0000-000000000000").build().unwrap();
    Receiver::builder(Verifier::new(&psa).unwrap(), store.clone())
        .max_handlers(handlers)
        .max_attempts(attempts)
        .handler_timeout(Duration::from_secs(60))
        .build()
}

/// Runs the receiver for some seconds.
async fn run_for<F>(receiver: &Receiver, seconds: u64, handler: impl Fn(Event) -> F + Send + Sync + 'static)
where
    F: Future<Output = Result<(), String>> + Send + 'static,
{
    let _ = tokio::time::timeout(Duration::from_secs(seconds), receiver.run(handler)).await;
}

fn note(log: &Log, start: Instant, event: &Event) {
    log.lock().unwrap().push((start.elapsed().as_secs(), event.id, event.message_id.clone().unwrap()));
}

async fn unhandled(store: &MemoryStore) -> usize {
    store.unhandled(0, usize::MAX).await.unwrap().len()
}

#[tokio::test(start_paused = true)]
async fn messages_about_one_record_are_handled_in_order_and_others_at_the_same_time() {
    let store = store((0..60).map(|id| message_about(id, id % 6))).await;
    let receiver = receiver(&store, 4, 3);
    let (log, start) = (Log::default(), Instant::now());
    let running = Arc::new(Mutex::new(BTreeMap::<i32, usize>::new()));
    let most = Arc::new(AtomicUsize::new(0));
    let second = Arc::new(AtomicUsize::new(0));
    let (noted, counted, overlaps) = (log.clone(), most.clone(), second.clone());
    run_for(&receiver, 100, move |event| {
        let (noted, running, most) = (noted.clone(), running.clone(), counted.clone());
        let two_at_once = overlaps.clone();
        async move {
            // A panic here would only be another attempt.
            let is_second = running.lock().unwrap().insert(event.id, 1).is_some();
            two_at_once.fetch_add(usize::from(is_second), Ordering::Relaxed);
            most.fetch_max(running.lock().unwrap().len(), Ordering::Relaxed);
            sleep(Duration::from_millis(500 + 100 * u64::from(event.id.unsigned_abs()))).await;
            running.lock().unwrap().remove(&event.id);
            note(&noted, start, &event);
            Ok(())
        }
    })
    .await;
    assert_eq!((unhandled(&store).await, most.load(Ordering::Relaxed)), (0, 4));
    assert_eq!(second.load(Ordering::Relaxed), 0, "two messages about one record at once");
    let log = log.lock().unwrap();
    assert_eq!(log.len(), 60);
    for ticket in 0..6 {
        let ids: Vec<usize> =
            log.iter().filter(|(_, id, _)| *id == ticket).map(|(_, _, message)| message.parse().unwrap()).collect();
        assert!(ids.len() == 10 && ids.is_sorted(), "{ids:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn failing_panicking_and_slow_handlers_get_the_message_again_after_growing_delays() {
    for (way, expected) in [
        ("fails", [0, 1, 3, 7]),
        ("panics", [0, 1, 3, 7]),
        ("panics at once", [0, 1, 3, 7]),
        ("hangs", [0, 61, 123, 187]),
    ] {
        let store = store([message_about(1, 5), message_about(2, 5), message_about(3, 6)]).await;
        let receiver = receiver(&store, 4, 9);
        let (log, start) = (Log::default(), Instant::now());
        let noted = log.clone();
        let attempts = AtomicUsize::new(0);
        run_for(&receiver, 1000, move |event| {
            note(&noted, start, &event);
            let fails = event.message_id.as_deref() == Some("1") && attempts.fetch_add(1, Ordering::Relaxed) < 3;
            assert!(!(fails && way == "panics at once"), "the handler panics");
            async move {
                match way {
                    _ if !fails => Ok(()),
                    "fails" => Err("no".to_owned()),
                    "hangs" => std::future::pending().await,
                    _ => panic!("the handler panics"),
                }
            }
        })
        .await;
        let log = log.lock().unwrap().clone();
        let times =
            |id: &str| log.iter().filter(|(_, _, message)| message == id).map(|(at, _, _)| *at).collect::<Vec<_>>();
        assert_eq!(times("1"), expected, "{way}");
        assert_eq!((times("2"), times("3")), (vec![expected[3]], vec![0]), "{way}: 2 waits for 1, 3 does not");
        assert_eq!((unhandled(&store).await, store.failed().await.unwrap().len()), (0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_is_given_up_after_the_last_attempt_and_can_be_retried() {
    let store =
        store([message_about(1, 5), message_about(2, 5), NewMessage::new(message(3).key, "x", "not JSON")]).await;
    let receiver = receiver(&store, 4, 3);
    let is_fixed = Arc::new(AtomicUsize::new(0));
    let log = Log::default();
    let (noted, fixed, start) = (log.clone(), is_fixed.clone(), Instant::now());
    let handler = move |event: Event| {
        note(&noted, start, &event);
        let fails = event.message_id.as_deref() == Some("1") && fixed.load(Ordering::Relaxed) == 0;
        std::future::ready(if fails { Err(format!("no {}", "x".repeat(5000))) } else { Ok(()) })
    };
    let running = tokio::spawn({
        let receiver = receiver.clone();
        async move { receiver.run(handler).await }
    });
    sleep(Duration::from_secs(60)).await;
    let failed = receiver.failed().await.unwrap();
    let summary: Vec<_> = failed.iter().map(|failed| (&*failed.record, failed.attempts)).collect();
    assert_eq!(summary, [("ticket:5", 3), ("x", 1)]);
    assert!(failed[0].error.starts_with("no xxx") && failed[0].error.len() == 1000);
    assert!(failed[1].error.contains("the stored message is invalid"));
    assert!(receiver.discard_failed(failed[1].sequence).await.unwrap());
    let order: Vec<_> = log.lock().unwrap().iter().map(|(_, _, id)| id.clone()).collect();
    assert_eq!(order, ["1", "1", "1", "2"]);
    is_fixed.store(1, Ordering::Relaxed);
    assert_eq!(receiver.retry_failed().await.unwrap(), 1);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(log.lock().unwrap().len(), 5);
    assert!(receiver.failed().await.unwrap().is_empty() && unhandled(&store).await == 0);
    receiver.shutdown();
    running.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn shutdown_waits_for_running_handlers_and_starts_no_others() {
    let store = store((0..9).map(message)).await;
    let receiver = receiver(&store, 2, 3);
    let log = Log::default();
    let (noted, start) = (log.clone(), Instant::now());
    let running = tokio::spawn({
        let receiver = receiver.clone();
        let handler = move |event: Event| {
            let noted = noted.clone();
            async move {
                sleep(Duration::from_secs(10)).await;
                note(&noted, start, &event);
                Ok::<_, String>(())
            }
        };
        async move { receiver.run(handler).await }
    });
    sleep(Duration::from_secs(15)).await;
    receiver.shutdown();
    running.await.unwrap();
    let handled = log.lock().unwrap().len();
    assert_eq!((start.elapsed().as_secs(), handled, unhandled(&store).await), (20, 4, 5));
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_run_marks_nothing_as_handled_and_the_next_one_takes_over() {
    let store = store((0..3).map(message)).await;
    let receiver = receiver(&store, 8, 3);
    for _ in 0..5 {
        run_for(&receiver, 1, |_| std::future::pending()).await;
        assert_eq!(unhandled(&store).await, 3);
    }
    // A second run waits until the first one ends.
    let first = receiver.run(|_| std::future::pending::<Result<(), String>>());
    let second = receiver.run(|_| std::future::ready(Ok::<_, String>(())));
    let first = tokio::time::timeout(Duration::from_secs(5), first);
    let second = tokio::time::timeout(Duration::from_secs(10), second);
    let check = async {
        sleep(Duration::from_secs(4)).await;
        assert_eq!(unhandled(&store).await, 3);
    };
    let _ = tokio::join!(first, second, check);
    assert_eq!(unhandled(&store).await, 0);
}
