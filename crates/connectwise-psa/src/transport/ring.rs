//! TLS by rustls with ring. reqwest sets up rustls by itself only with aws-lc, which takes several times as long to
//! compile, so this module does it for the feature `rustls-ring`.
//!
//! It installs no default provider: that setting holds for the whole process, so only the program may choose it.

use std::sync::Arc;

use connectwise_psa_core::error::Error;
use reqwest::ClientBuilder;
use rustls::ClientConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls_platform_verifier::Verifier;

/// Sets the TLS of an HTTP client: rustls with ring, and with the certificates that the operating system trusts. If the
/// program has installed a default provider, reqwest uses that one. `is_configured` says whether a function of the
/// caller has configured the client.
///
/// # Errors
///
/// An invalid-input error if the operating system's certificates cannot be read, or if a function of the caller has
/// configured the client and no default provider is installed. TLS that is set here would replace the settings of that
/// function, such as the only certificates to trust.
pub(crate) fn set_tls(builder: ClientBuilder, is_configured: bool) -> Result<ClientBuilder, Error> {
    if CryptoProvider::get_default().is_some() {
        return Ok(builder);
    }
    if is_configured {
        return Err(Error::invalid_input(
            "http_client",
            "needs a default provider of rustls: call `rustls::crypto::ring::default_provider().install_default()` \
             when the program starts, or enable the feature `rustls` instead of `rustls-ring`",
        ));
    }
    client_config().map(|config| builder.tls_backend_preconfigured(config)).map_err(|error| {
        let reason = "TLS cannot be set up; check the certificates that this machine trusts";
        Error::invalid_input_from("http_client", reason, error)
    })
}

/// Returns the settings that reqwest makes for HTTP/1.1, with ring.
fn client_config() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Verifier::new(Arc::clone(&provider))?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
