//! Runs the commands of the transcripts and compares what they print.

#[test]
fn transcripts() {
    trycmd::TestCases::new().case("tests/transcripts/*.md").case("../../docs/command-line.md");
}
