//! TLS: an authority and a certificate that are made when the server starts, so that clients meet what they meet in
//! production.

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

/// How long certificates are good, in days. Some systems trust none that is good for more than 825.
const DAYS: u64 = 800;

/// The server's side of TLS.
pub(crate) struct Certificates {
    ca: String,
    acceptor: TlsAcceptor,
}

impl Certificates {
    /// Makes an authority and, signed by it, a certificate for this machine, an address and some more hosts.
    ///
    /// # Errors
    ///
    /// An invalid-input error when a host is neither a name nor an address.
    pub(crate) fn make(hosts: &[String], address: IpAddr) -> Result<Self, Error> {
        let today = Utc::now().date_naive();
        // Clocks differ.
        let part = |number: u32| u8::try_from(number).unwrap_or(1);
        let day = |date: NaiveDate| date_time_ymd(date.year(), part(date.month()), part(date.day()));
        let times = (day(today - Days::new(1)), day(today + Days::new(DAYS)));

        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(DnType::CommonName, "cwpsa-sim authority of one simulated server");
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        (authority.not_before, authority.not_after) = times;
        let issuer = CertifiedIssuer::self_signed(authority, key()?).map_err(|error| refuse("certificate", &error))?;

        let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        for name in hosts.iter().cloned().chain((!address.is_unspecified()).then(|| address.to_string())) {
            check(&name)?;
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let mut server = CertificateParams::new(names).map_err(|error| refuse("host", &error))?;
        server.distinguished_name.push(DnType::CommonName, "cwpsa-sim");
        server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        // Strict clients, as Python's since 3.13, want to see who signed.
        server.use_authority_key_identifier_extension = true;
        (server.not_before, server.not_after) = times;
        let server_key = key()?;
        let server = server.signed_by(&server_key, &issuer).map_err(|error| refuse("certificate", &error))?;

        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config =
            config.with_safe_default_protocol_versions().map_err(|error| refuse("TLS", &error))?.with_no_client_auth();
        let server_key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(server_key.serialize_der()));
        let mut config =
            config.with_single_cert(vec![server.der().clone()], server_key).map_err(|error| refuse("TLS", &error))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { ca: issuer.pem(), acceptor: TlsAcceptor::from(Arc::new(config)) })
    }

    /// The authority's certificate as PEM.
    pub(crate) fn ca(&self) -> &str {
        &self.ca
    }

    /// A client that trusts the authority and nothing else.
    pub(crate) fn client(&self) -> Result<reqwest::Client, Error> {
        let certificate =
            reqwest::Certificate::from_pem(self.ca.as_bytes()).map_err(|error| refuse("certificate", &error))?;
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .tls_backend_rustls()
            .tls_certs_only([certificate]);
        client.build().map_err(|error| refuse("client", &error))
    }

    /// Agrees with a client on a secret.
    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }
}

fn key() -> Result<KeyPair, Error> {
    // Every client knows this kind.
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|error| refuse("certificate", &error))
}

fn refuse(what: &str, error: &dyn Display) -> Error {
    Error::invalid_input(what, format!("cannot be made: {error}"))
}

/// Whether a certificate can be for a host.
fn check(host: &str) -> Result<(), Error> {
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
            "{host:?} is no name of a host and no address: without scheme, port and path, it would be psa.test or 10.0.0.5"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_and_addresses() {
        for (host, fine) in [
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
            let made = Certificates::make(&[host.to_owned()], IpAddr::from([10, 1, 2, 3]));
            assert_eq!(made.is_ok(), fine, "{host}");
            if let Err(error) = made {
                assert_eq!(error.parameter(), Some("host"));
            }
        }
    }
}
