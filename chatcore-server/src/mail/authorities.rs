//! Who may vouch for a mail server, beside those whom the system trusts.

use lettre::transport::smtp::client::Certificate;

/// Certificates of authorities: those of an organisation that signs its own.
#[derive(Debug, Clone)]
pub struct Authorities(Certificate);

/// A text in which there are no certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("holds no certificates as PEM")]
pub struct AuthoritiesError;

impl Authorities {
    /// Reads one certificate or several, as PEM.
    ///
    /// # Errors
    /// [`AuthoritiesError`] when there is none, or one that is cut off.
    pub fn from_pem(pem: &[u8]) -> Result<Self, AuthoritiesError> {
        // lettre takes a file without any, and would trust nobody by it
        let has_one = pem.windows(CERTIFICATE.len()).any(|part| part == CERTIFICATE);
        let parsed = Certificate::from_pem(pem).ok().filter(|_| has_one);
        parsed.map(Self).ok_or(AuthoritiesError)
    }

    pub(super) fn certificates(&self) -> Certificate {
        self.0.clone()
    }
}

const CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_no_certificate_is_no_authority() {
        let whole = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
        assert!(Authorities::from_pem(whole.as_bytes()).is_ok());
        let key = whole.replace("CERTIFICATE", "PRIVATE KEY");
        for none in ["", "mail.test", &key, &whole[..whole.len() - 9], &whole.replace("MAA=", "M.A=")] {
            assert_eq!(Authorities::from_pem(none.as_bytes()).err(), Some(AuthoritiesError), "{none}");
        }
    }
}
