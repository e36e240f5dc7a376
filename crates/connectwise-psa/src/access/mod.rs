//! What the API member may do, compared with what a program needs.
