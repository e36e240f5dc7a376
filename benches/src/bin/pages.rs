//! Serves lists of tickets from prebuilt pages: `bench-pages PAGES[,LATENCY_MS] …`. Prints the URL of each list on a
//! line of its own, and ends with its standard input.
#![allow(clippy::print_stdout, reason = "the program prints the addresses of its servers")]

use std::io::{Read as _, Write as _};
use std::time::Duration;

use connectwise_psa_benches::pages::serve;

fn main() -> Result<(), String> {
    for list in std::env::args().skip(1) {
        let (pages, latency) = list.split_once(',').unwrap_or((&list, "0"));
        let number = |text: &str| text.parse::<u32>().map_err(|error| format!("{list}: {error}"));
        let latency = Duration::from_millis(number(latency)?.into());
        println!("{}", serve(number(pages)?, latency).map_err(|error| error.to_string())?);
    }
    std::io::stdout().flush().map_err(|error| error.to_string())?;
    // The program that has started this one keeps standard input open.
    std::io::stdin().read_to_end(&mut Vec::new()).map_err(|error| error.to_string())?;
    Ok(())
}
