//! Documents: uploads from files, bytes and streams, and downloads to files.
