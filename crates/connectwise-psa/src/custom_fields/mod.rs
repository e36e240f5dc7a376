//! Custom fields of records, read and written by caption or id.
