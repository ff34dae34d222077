//! Encryption on the way to the server: which of libpq's modes a URL asks for, and what each of them checks.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ConfigBuilder, DigitallySignedStruct, Error, RootCertStore, SignatureScheme, WantsVerifier,
};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::ConnectError;

/// What a URL asks for (`sslmode` and `sslrootcert`, as libpq names them).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tls {
    mode: Mode,
    /// A file of certificates to trust, in the place of the system's.
    roots: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Never.
    Disable,
    /// Where the server offers it. It keeps out who only listens.
    Prefer,
    /// Always. It keeps out who only listens; whoever can stand in between could be the server.
    Require,
    /// Always, and only with the server that the URL names.
    Verify,
}

impl Tls {
    /// Takes what is about TLS out of a URL, and returns the rest: the driver's parser knows less of it.
    pub(crate) fn take_from(url: &str) -> Result<(Self, String), ConnectError> {
        let mut tls = Self { mode: Mode::Prefer, roots: None };
        let Some((base, query)) = url.split_once('?') else {
            return Ok((tls, url.to_owned()));
        };
        let mut rest = Vec::new();
        for parameter in query.split('&') {
            match parameter.split_once('=') {
                Some(("sslmode", mode)) => tls.mode = Mode::parse(mode).ok_or(ConnectError::Url)?,
                Some(("sslrootcert", "" | "system")) => tls.roots = None,
                Some(("sslrootcert", path)) => tls.roots = Some(decode(path)?),
                _ => rest.push(parameter),
            }
        }
        let separator = if rest.is_empty() { "" } else { "?" };
        Ok((tls, format!("{base}{separator}{}", rest.join("&"))))
    }

    /// What the driver has to insist on.
    pub(crate) fn mode(&self) -> SslMode {
        match self.mode {
            Mode::Disable => SslMode::Disable,
            Mode::Prefer => SslMode::Prefer,
            Mode::Require | Mode::Verify => SslMode::Require,
        }
    }

    /// What makes the encrypted connections.
    pub(crate) fn connector(&self) -> Result<MakeRustlsConnect, ConnectError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider));
        let config = config.with_safe_default_protocol_versions().map_err(|error| ConnectError::Tls(error.into()))?;
        let config = if self.mode == Mode::Verify || self.roots.is_some() {
            config.with_root_certificates(self.trusted()?)
        } else {
            unverified(config, provider)
        };
        Ok(MakeRustlsConnect::new(config.with_no_client_auth()))
    }

    fn trusted(&self) -> Result<RootCertStore, ConnectError> {
        let mut roots = RootCertStore::empty();
        match &self.roots {
            Some(path) => {
                let certificates =
                    CertificateDer::pem_file_iter(path).map_err(|error| ConnectError::Tls(error.into()))?;
                for certificate in certificates {
                    let certificate = certificate.map_err(|error| ConnectError::Tls(error.into()))?;
                    roots.add(certificate).map_err(|error| ConnectError::Tls(error.into()))?;
                }
            }
            // A broken certificate among the system's is no reason to trust none of the others.
            None => drop(roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
        }
        if roots.is_empty() {
            return Err(ConnectError::Tls("there is no certificate to trust".into()));
        }
        Ok(roots)
    }
}

impl Mode {
    /// `verify-ca` checks the name too: a certificate of any server of the same authority would be as good as none.
    fn parse(text: &str) -> Option<Self> {
        match text {
            "disable" => Some(Self::Disable),
            "allow" | "prefer" => Some(Self::Prefer),
            "require" => Some(Self::Require),
            "verify-ca" | "verify-full" => Some(Self::Verify),
            _ => None,
        }
    }
}

/// Percent-decodes a path.
fn decode(text: &str) -> Result<PathBuf, ConnectError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let (byte, tail) = match (first, tail) {
            (b'%', [high, low, tail @ ..]) => {
                let digits = [char::from(*high), char::from(*low)].map(|digit| digit.to_digit(16));
                let [Some(high), Some(low)] = digits else { return Err(ConnectError::Url) };
                (u8::try_from(high * 16 + low).map_err(|_| ConnectError::Url)?, tail)
            }
            (b'%', _) => return Err(ConnectError::Url),
            (byte, tail) => (byte, tail),
        };
        bytes.push(byte);
        rest = tail;
    }
    String::from_utf8(bytes).map(PathBuf::from).map_err(|_| ConnectError::Url)
}

fn unverified(
    config: ConfigBuilder<ClientConfig, WantsVerifier>,
    provider: Arc<CryptoProvider>,
) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    config.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
}

/// Accepts the certificate of whoever answers; only that the server holds its key is checked.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(url: &str) -> (Mode, Option<String>, String) {
        let (tls, rest) = Tls::take_from(url).expect("a URL");
        (tls.mode, tls.roots.map(|path| path.display().to_string()), rest)
    }

    #[test]
    fn what_is_about_tls_is_taken_out_of_the_url() {
        assert_eq!(taken("postgres://db/x"), (Mode::Prefer, None, "postgres://db/x".into()));
        assert_eq!(taken("postgres://db/x?sslmode=disable"), (Mode::Disable, None, "postgres://db/x".into()));
        assert_eq!(
            taken("postgres://db/x?a=b&sslmode=verify-full&sslrootcert=%2Fetc%2Fca%20s.pem&c=d"),
            (Mode::Verify, Some("/etc/ca s.pem".into()), "postgres://db/x?a=b&c=d".into())
        );
        assert_eq!(taken("postgres://db/x?sslmode=verify-ca&sslrootcert=system").1, None);
    }

    #[test]
    fn an_unknown_mode_or_a_broken_path_is_refused() {
        for query in
            ["sslmode=on", "sslmode=", "sslmode=REQUIRE", "sslrootcert=%2", "sslrootcert=%zz", "sslrootcert=%ff"]
        {
            let refused = Tls::take_from(&format!("postgres://db/x?{query}"));
            assert!(matches!(refused, Err(ConnectError::Url)), "{query}");
        }
    }

    #[test]
    fn a_file_without_certificates_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, "nothing").expect("written");
        for roots in [path, folder.path().join("missing.pem")] {
            let tls = Tls { mode: Mode::Verify, roots: Some(roots) };
            assert!(matches!(tls.connector().err(), Some(ConnectError::Tls(_))));
        }
    }
}
