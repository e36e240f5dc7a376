//! TLS with a certificate authority and a server certificate that are generated when the server starts.

use std::fmt::Display;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use chrono::{Datelike as _, Days, NaiveDate, Utc};
use connectwise_psa::Error;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, date_time_ymd,
};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::server::TlsStream;

/// The validity of certificates in days. Some systems reject certificates that are valid for more than 825 days.
const VALID_DAYS: u64 = 800;

/// The server's side of TLS.
pub(crate) struct Certificates {
    /// The authority's certificate as PEM.
    ca: String,
    acceptor: TlsAcceptor,
}

impl Certificates {
    /// Generates an authority, and a certificate signed by it. The certificate is for `localhost`, `127.0.0.1`, `::1`,
    /// `hosts`, and the listening address unless that stands for all addresses.
    ///
    /// # Errors
    ///
    /// An invalid-input error if a host is neither a host name nor an IP address, or if the certificate cannot be
    /// created.
    pub(crate) fn generate(hosts: &[String], address: IpAddr) -> Result<Self, Error> {
        let today = Utc::now().date_naive();
        // Months and days always fit.
        let part = |number: u32| u8::try_from(number).unwrap_or(1);
        let day = |date: NaiveDate| date_time_ymd(date.year(), part(date.month()), part(date.day()));
        // Valid from yesterday on, because clocks differ.
        let validity = (day(today - Days::new(1)), day(today + Days::new(VALID_DAYS)));

        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(DnType::CommonName, "cwpsa-sim certificate authority");
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        (authority.not_before, authority.not_after) = validity;
        let issuer = CertifiedIssuer::self_signed(authority, generate_key()?)
            .map_err(|error| tls_error("certificate", &error))?;

        let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        for name in hosts.iter().cloned().chain((!address.is_unspecified()).then(|| address.to_string())) {
            check_host(&name)?;
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let mut server = CertificateParams::new(names).map_err(|error| tls_error("certificate", &error))?;
        server.distinguished_name.push(DnType::CommonName, "cwpsa-sim");
        server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        // Strict clients, such as Python 3.13 and later, require this extension.
        server.use_authority_key_identifier_extension = true;
        (server.not_before, server.not_after) = validity;
        let server_key = generate_key()?;
        let server = server.signed_by(&server_key, &issuer).map_err(|error| tls_error("certificate", &error))?;

        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config = config
            .with_safe_default_protocol_versions()
            .map_err(|error| tls_error("TLS", &error))?
            .with_no_client_auth();
        let server_key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(server_key.serialize_der()));
        let mut config = config
            .with_single_cert(vec![server.der().clone()], server_key)
            .map_err(|error| tls_error("TLS", &error))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { ca: issuer.pem(), acceptor: TlsAcceptor::from(Arc::new(config)) })
    }

    /// Returns the authority's certificate as PEM.
    pub(crate) fn ca(&self) -> &str {
        &self.ca
    }

    /// Returns the authority's certificate for an HTTP client.
    pub(crate) fn certificate(&self) -> Result<reqwest::Certificate, Error> {
        reqwest::Certificate::from_pem(self.ca.as_bytes()).map_err(|error| tls_error("certificate", &error))
    }

    /// Performs the TLS handshake with a client.
    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }
}

fn generate_key() -> Result<KeyPair, Error> {
    // All clients support this algorithm.
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|error| tls_error("certificate", &error))
}

fn tls_error(what: &str, error: &dyn Display) -> Error {
    Error::invalid_input(what, format!("cannot be created: {error}"))
}

/// Checks that a certificate can name a host.
fn check_host(host: &str) -> Result<(), Error> {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let labels = host.strip_prefix("*.").unwrap_or(host);
    if host.parse::<IpAddr>().is_ok() || (host.len() <= 253 && labels.split('.').all(is_label)) {
        return Ok(());
    }
    Err(Error::invalid_input(
        "host",
        format!(
            "{host:?} is neither a host name nor an IP address. Write psa.test or 10.0.0.5, without scheme, port and path"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_must_be_host_names_or_ip_addresses() {
        for (host, is_valid) in [
            ("psa.test", true),
            ("psa", true),
            ("*.psa.test", true),
            ("10.0.0.5", true),
            ("fe80::1", true),
            ("", false),
            ("http://psa.test", false),
            ("psa.test:8080", false),
            ("psa.test/", false),
            ("psa..test", false),
            ("-psa", false),
            ("psa test", false),
            ("größe.test", false),
        ] {
            let result = Certificates::generate(&[host.to_owned()], IpAddr::from([10, 1, 2, 3]));
            assert_eq!(result.is_ok(), is_valid, "{host}");
            if let Err(error) = result {
                assert_eq!(error.parameter(), Some("host"));
            }
        }
    }
}
