//! try
use std::io::BufRead;
fn main() {
    for l in std::io::stdin().lock().lines() {
        let l = l.unwrap();
        let f = cwpsa::search::search(&l, 3);
        println!(
            "{} {} -> {}",
            if f.confident { "+" } else { "-" },
            l,
            f.results.iter().map(|h| format!("{} {:.2}", h.operation.vendor_id, h.score)).collect::<Vec<_>>().join(" ")
        );
    }
}
