//! The agent server, which speaks the Model Context Protocol.
