//! Tickets: notes, closing, and tickets that are created once for each key.
