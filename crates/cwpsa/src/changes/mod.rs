//! The difference between a file and the server's records, as patches.
