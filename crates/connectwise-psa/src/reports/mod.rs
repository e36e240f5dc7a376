//! Reports with typed rows, and the audit trail.
