//! Checks the settings in the environment: host, company, keys, client id and common rights. Exits with code 1 unless
//! all checks are ok.
//!
//! `CW_SITE=… CW_COMPANY=… CW_PUBLIC_KEY=… CW_PRIVATE_KEY=… CW_CLIENT_ID=… cargo run -p connectwise-psa --no-default-features --features rustls --example check`

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example prints")]

use std::process::ExitCode;

use connectwise_psa::Psa;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let psa = match Psa::from_env() {
        Ok(psa) => psa,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let report = psa.check().await;
    println!("{report}");
    if report.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
