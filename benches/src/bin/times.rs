//! Measures times, without progenitor's plain types: `bench-times FOLDER_OF_THE_DATA_SET`.

use std::path::PathBuf;

use connectwise_psa_benches::protocol::serve;
use connectwise_psa_benches::times::Times;

fn main() -> Result<(), String> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("usage: bench-times FOLDER")?);
    let mut times = Times::new(&folder, &[])?;
    serve(|request| times.measure(request)).map_err(|error| error.to_string())
}
