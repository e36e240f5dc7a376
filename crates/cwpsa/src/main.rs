//! `cwpsa`: ConnectWise PSA on the command line.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    cwpsa::run().into()
}
