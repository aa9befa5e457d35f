//! TLS of the server itself: a certificate that is read again when its files change, so that a renewal needs no restart.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, ServerConfig};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(10);

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("failed to read {path}")]
    Read {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: pem::Error,
    },
    /// The file of certificates has none.
    #[error("there is no certificate in {0}")]
    Empty(String),
    /// The key does not belong to the certificate, or is of an unknown kind.
    #[error("the certificate and its key do not fit")]
    Pair(#[source] rustls::Error),
}

/// TLS with a certificate that may be renewed.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    shown: Arc<Shown>,
}

/// The certificate that is shown, and where it is from.
#[derive(Debug)]
struct Shown {
    cert: PathBuf,
    key: PathBuf,
    now: RwLock<Arc<CertifiedKey>>,
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Shown {
    fn read(cert: &PathBuf, key: &PathBuf) -> Result<CertifiedKey, TlsError> {
        let failed = |path: &PathBuf| {
            let path = path.display().to_string();
            move |source| TlsError::Read { path, source }
        };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(cert).map_err(failed(cert))?.collect();
        let chain = chain.map_err(failed(cert))?;
        if chain.is_empty() {
            return Err(TlsError::Empty(cert.display().to_string()));
        }
        let key = PrivateKeyDer::from_pem_file(key).map_err(failed(key))?;
        CertifiedKey::from_der(chain, key, &default_provider()).map_err(TlsError::Pair)
    }

    /// When the files were written last.
    fn written(&self) -> [Option<SystemTime>; 2] {
        [&self.cert, &self.key].map(|path| std::fs::metadata(path).and_then(|it| it.modified()).ok())
    }
}

impl Tls {
    /// TLS 1.2 and 1.3 with the certificate and the key of these PEM files.
    ///
    /// # Errors
    /// [`TlsError`] when they cannot be used.
    pub fn open(cert: PathBuf, key: PathBuf) -> Result<Self, TlsError> {
        let now = RwLock::new(Arc::new(Shown::read(&cert, &key)?));
        let shown = Arc::new(Shown { cert, key, now });
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
        let builder = builder.with_safe_default_protocol_versions().map_err(TlsError::Pair)?;
        let mut config = builder.with_no_client_auth().with_cert_resolver(shown.clone());
        // the server speaks no other
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), shown })
    }

    /// Greets a client.
    ///
    /// # Errors
    /// When it does not speak TLS, or leaves.
    pub(super) async fn accept<S>(&self, socket: S) -> io::Result<tokio_rustls::server::TlsStream<S>>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    {
        self.acceptor.accept(socket).await
    }

    /// Reads the files again.
    ///
    /// # Errors
    /// [`TlsError`] when they cannot be used; what was shown goes on to be.
    pub fn renew(&self) -> Result<(), TlsError> {
        let read = Arc::new(Shown::read(&self.shown.cert, &self.shown.key)?);
        *self.shown.now.write().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(())
    }

    /// Reads the files again whenever they change; never ends. While one of them is new and the other is not, what was
    /// shown goes on to be.
    pub async fn keep_fresh(self) {
        let mut known = self.shown.written();
        loop {
            tokio::time::sleep(LOOK).await;
            let written = self.shown.written();
            if written == known {
                continue;
            }
            match self.renew() {
                Ok(()) => {
                    known = written;
                    tracing::info!("the certificate was read again");
                }
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "failed to read the new certificate");
                }
            }
        }
    }
}
