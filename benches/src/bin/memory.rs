//! Measures memory: `bench-memory FOLDER_OF_THE_DATA_SET`.

use std::path::PathBuf;

use connectwise_psa_benches::memory::Memory;
use connectwise_psa_benches::protocol::serve;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

fn main() -> Result<(), String> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("usage: bench-memory FOLDER")?);
    let mut memory = Memory::new(&ALLOCATOR, &folder)?;
    serve(|request| memory.measure(request)).map_err(|error| error.to_string())
}
