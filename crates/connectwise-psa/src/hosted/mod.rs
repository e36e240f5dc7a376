//! Pages that PSA shows in a frame: their set-up, their messages, and their credentials.
