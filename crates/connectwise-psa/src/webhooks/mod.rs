//! Webhooks, which PSA names callbacks: registration, verified messages, and catch-up after an outage.
