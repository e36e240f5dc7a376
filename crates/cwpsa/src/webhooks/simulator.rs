//! What other programs need to use the simulator of this one.

/// Returns the environment variables of a client of a simulator with the default keys, for a shell.
pub(crate) fn simulator_settings(url: &str, company: &str) -> String {
    format!(
        "CW_SITE={url} CW_COMPANY={company} CW_PUBLIC_KEY=public CW_PRIVATE_KEY=private \
         CW_CLIENT_ID=00000000-0000-0000-0000-000000000000"
    )
}
