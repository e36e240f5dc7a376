//! The memory of a program that uploads and downloads a file of 200 MB. The simulator runs in this process and the
//! program in a child process, because the peak of a process's memory cannot be reset.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and this one has no harness that prints its result"
)]

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use connectwise_psa::documents::{FileSource, SaveFile as _};
use connectwise_psa::types::DocumentRecordType;
use connectwise_psa::{Discovery, Psa};
use connectwise_psa_sim::{Seed, Sim};
use serde_json::json;

/// The variable with the address of the simulator. It makes this program the client.
const ADDRESS: &str = "FILE_MEMORY_SIMULATOR";

/// The length of the file in bytes.
const LENGTH: usize = 200_000_000;

/// How much more memory the client may use than before, in KiB.
const LIMIT: u64 = 50 * 1000 * 1000 / 1024;

/// The length of a piece of the file whose content depends on its number.
const PIECE: usize = 100_000;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    if memory("VmHWM").is_none() {
        println!("skipped: /proc/self/status, which has the peak of the memory, exists only on Linux");
        return;
    }
    match std::env::var(ADDRESS) {
        Ok(address) => client(&address).await,
        Err(_) => simulator().await,
    }
}

/// Starts a simulator that accepts the file, and the client.
async fn simulator() {
    let ticket = json!({"id": 4, "summary": "Large file"});
    let seed = Seed::Records(json!({"/service/tickets": [ticket]}));
    let sim = Sim::builder().seed(seed).max_body_size(LENGTH + 100_000).start().await.unwrap();
    let before = memory("VmRSS").unwrap();
    let program = std::env::current_exe().unwrap();
    let address = sim.url();
    let run = move || Command::new(program).env(ADDRESS, address).status().unwrap();
    let status = tokio::task::spawn_blocking(run).await.unwrap();
    assert!(status.success(), "the client failed: {status}");
    let used = memory("VmHWM").unwrap().saturating_sub(before);
    println!("the simulator used {used} KiB for a file of {} KiB", LENGTH / 1024);
    // The file is once in the memory of the simulator; its parts are collected in a growing buffer.
    assert!(used < u64::try_from(LENGTH / 1024 * 2).unwrap(), "the simulator holds several copies: {used} KiB");
    assert_eq!(sim.store().count("/system/documents"), 1);
}

/// Uploads the file, downloads it again, and checks its content and the memory.
async fn client(address: &str) {
    let psa =
        Psa::builder().host(address).code_base_discovery(Discovery::Never).company("demo").keys("public", "private");
    let psa = psa.client_id("00000000-0000-0000-0000-000000000000").build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("backup.bin");
    write(&path);
    psa.documents().of(DocumentRecordType::Ticket, 4).all().await.unwrap();
    let idle = memory("VmRSS").unwrap();

    let sent = Arc::new(AtomicU64::new(0));
    let progress = Arc::clone(&sent);
    let upload = psa.documents().upload(DocumentRecordType::Ticket, 4, FileSource::path(&path));
    let upload = upload.on_progress(move |so_far| progress.store(so_far.bytes, Ordering::Relaxed));
    let document = upload.await.unwrap();
    assert_eq!(sent.load(Ordering::Relaxed), LENGTH as u64);
    fs::remove_file(&path).unwrap();

    let download = psa.documents().download(document.id.unwrap()).await.unwrap();
    let saved = download.save_in(folder.path()).await.unwrap();
    assert_eq!((saved.path.as_path(), saved.length), (path.as_path(), LENGTH as u64));
    check(&path);
    let used = memory("VmHWM").unwrap().saturating_sub(idle);
    println!("the client used {used} KiB more than the {idle} KiB before the upload");
    assert!(used <= LIMIT, "the client used {used} KiB more than before");
}

/// Returns a value of `/proc/self/status` in KiB.
fn memory(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Returns the content of a piece of the file.
fn piece(number: usize) -> Vec<u8> {
    let mut piece = (number as u64).to_le_bytes().repeat(PIECE / 8);
    piece.resize(PIECE, 0);
    piece
}

fn write(path: &Path) {
    let mut file = File::create(path).unwrap();
    for number in 0..LENGTH / PIECE {
        file.write_all(&piece(number)).unwrap();
    }
}

fn check(path: &Path) {
    let mut file = File::open(path).unwrap();
    let mut read = vec![0; PIECE];
    for number in 0..LENGTH / PIECE {
        file.read_exact(&mut read).unwrap();
        assert!(read == piece(number), "piece {number} differs");
    }
    assert_eq!(file.read(&mut read).unwrap(), 0);
}
