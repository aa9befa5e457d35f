//! Makes and reads access tokens.

use std::time::Duration;

use chatcore::account::SignedIn;
use chatcore::{SessionId, Timestamp};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, Validation};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::keys::KeyRing;
use super::profile::{ClaimProfile, Native};

/// Who the tokens are from.
const ISSUER: &str = "chatcore";
/// Longer than any token of ours, and short enough to be looked at for nothing.
const MAX_BYTES: usize = 8 << 10;
/// How far the clocks of two servers may be apart.
const LEEWAY_SECONDS: i64 = 60;

/// Makes and reads access tokens.
pub struct AccessTokens {
    keys: KeyRing,
    profiles: Vec<Box<dyn ClaimProfile>>,
    lifetime: Duration,
}

/// What a token that holds is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The session that it is of, which has to be looked up: it may have ended.
    pub session: SessionId,
    /// The user's epoch when it was made.
    pub epoch: u64,
    /// The subject, as its profile names users.
    pub subject: String,
}

/// Why there is no token, or why one does not hold. For the log of a developer, never for whoever sent it.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// It has no parts, or they cannot be read.
    #[error("it is not a token")]
    Malformed,
    /// Its header is not one of ours: another type, or members that we never write.
    #[error("its header is not one of ours")]
    Header,
    /// No key of that name is taken now, or not with that algorithm.
    #[error("its key is not one of ours")]
    Key,
    /// It was not signed with the key that it names.
    #[error("its signature does not hold")]
    Signature,
    /// It is from somebody else, for something else, or for another time.
    #[error("its {0} does not hold")]
    Claim(&'static str),
    /// No such profile.
    #[error("there is no claim profile `{0}`")]
    Profile(String),
    /// Signing failed.
    #[error("failed to sign a token")]
    Sign(#[source] jsonwebtoken::errors::Error),
}

/// All that a header of ours says. Whatever else is in one (`jwk`, `jku`, `x5u`, `crit`) refuses the token.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    alg: Algorithm,
    typ: String,
    kid: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    sid: SessionId,
    epoch: u64,
    iat: i64,
    exp: i64,
    nbf: Option<i64>,
}

impl Claims {
    fn check(&self, audience: &str, now: Timestamp) -> Result<(), TokenError> {
        let (now, latest) = (now.as_seconds(), now.as_seconds().saturating_add(LEEWAY_SECONDS));
        let rules = [
            ("iss", self.iss == ISSUER),
            ("aud", self.aud == audience),
            ("exp", now < self.exp),
            ("iat", self.iat <= latest),
            ("nbf", self.nbf.is_none_or(|from| from <= latest)),
        ];
        let broken = rules.into_iter().find(|(_, holds)| !holds);
        broken.map_or(Ok(()), |(claim, _)| Err(TokenError::Claim(claim)))
    }
}

impl AccessTokens {
    /// Tokens that last for `lifetime`, with the profile of the native API.
    #[must_use]
    pub fn new(keys: KeyRing, lifetime: Duration) -> Self {
        Self { keys, profiles: vec![Box::new(Native)], lifetime }
    }

    /// One more profile.
    #[must_use]
    pub fn profile(mut self, profile: impl ClaimProfile + 'static) -> Self {
        self.profiles.push(Box::new(profile));
        self
    }

    /// How long a token lasts.
    #[must_use]
    pub const fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// The public keys that tokens are checked with, for others who want to do so. Empty for HS256.
    #[must_use]
    pub fn jwks(&self, now: Timestamp) -> JwkSet {
        self.keys.public(now)
    }

    /// A token for a session, as the profile of its kind has it.
    ///
    /// # Errors
    /// [`TokenError::Profile`] or [`TokenError::Sign`].
    pub fn issue(&self, of: &SignedIn, now: Timestamp) -> Result<String, TokenError> {
        self.issue_with(of, Map::new(), now)
    }

    /// The same with claims that only whoever asks for it knows. They replace none of those that it has anyway.
    ///
    /// # Errors
    /// As [`Self::issue`].
    pub fn issue_with(
        &self,
        of: &SignedIn,
        mut claims: Map<String, Value>,
        now: Timestamp,
    ) -> Result<String, TokenError> {
        let profile = self.find(&of.session.kind.claims)?;
        claims.insert("sub".to_owned(), of.user.id.to_string().into());
        claims.extend(profile.claims(of));
        let ours = json!({
            "iss": ISSUER,
            "aud": audience(profile),
            "sid": of.session.id,
            "epoch": of.session.epoch,
            "iat": now.as_seconds(),
            "exp": now.plus(profile.lifetime().unwrap_or(self.lifetime)).as_seconds(),
        });
        if let Value::Object(ours) = ours {
            claims.extend(ours);
        }
        self.keys.sign(profile.typ(), &claims).map_err(TokenError::Sign)
    }

    /// What a token of that profile is good for, if it is ours and not too old.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn read(&self, profile: &str, token: &str, now: Timestamp) -> Result<Access, TokenError> {
        let profile = self.find(profile)?;
        if token.len() > MAX_BYTES {
            return Err(TokenError::Malformed);
        }
        let head = head(token)?;
        if head.typ != profile.typ() {
            return Err(TokenError::Header);
        }
        let key = self.keys.find(&head.kid, now).ok_or(TokenError::Key)?;
        if head.alg != key.algorithm {
            return Err(TokenError::Key);
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &key.key, &signature_alone(key.algorithm));
        let claims = claims.map_err(refusal)?.claims;
        claims.check(&audience(profile), now)?;
        Ok(Access { session: claims.sid, epoch: claims.epoch, subject: claims.sub })
    }

    fn find(&self, name: &str) -> Result<&dyn ClaimProfile, TokenError> {
        let found = self.profiles.iter().find(|profile| profile.name() == name);
        found.map(|profile| &**profile).ok_or_else(|| TokenError::Profile(name.to_owned()))
    }
}

/// Whom the tokens of a profile are for.
fn audience(profile: &dyn ClaimProfile) -> String {
    match profile.name() {
        Native::NAME => ISSUER.to_owned(),
        other => format!("{ISSUER}/{other}"),
    }
}

fn head(token: &str) -> Result<Head, TokenError> {
    use base64::Engine;
    let (head, rest) = token.split_once('.').ok_or(TokenError::Malformed)?;
    if rest.split('.').count() != 2 {
        return Err(TokenError::Malformed);
    }
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(head).map_err(|_| TokenError::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| TokenError::Header)
}

/// The library checks the signature; claims are checked by [`Claims::check`], with the server's own clock.
fn signature_alone(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

fn refusal(error: jsonwebtoken::errors::Error) -> TokenError {
    use jsonwebtoken::errors::ErrorKind;
    match error.kind() {
        ErrorKind::Json(_) => TokenError::Claim("set of claims"),
        _ => TokenError::Signature,
    }
}

#[cfg(test)]
mod tests {
    use chatcore::account::{AccountRole, AccountState, Session, SessionKind, TokenHash, User};
    use chatcore::{RandomIds, UserId};

    use super::*;
    use crate::auth::secret::MasterSecret;
    use crate::config::JwtConfig;

    /// Claims as an older system has them, which tries to replace what is ours.
    struct Older;

    impl ClaimProfile for Older {
        fn name(&self) -> &'static str {
            "older"
        }

        fn claims(&self, of: &SignedIn) -> Map<String, Value> {
            let claims = json!({
                "sub": of.user.number.to_string(), "token_type": "access", "user_id": of.user.number,
                "exp": 1, "iss": "older", "aud": ISSUER, "sid": "ses_00000000000000000000000000000000", "epoch": 99,
            });
            claims.as_object().cloned().unwrap_or_default()
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn signed_in(claims: &str) -> SignedIn {
        let user = User {
            id: UserId::mint(at(1), &RandomIds),
            number: 7,
            username: None,
            email: None,
            role: AccountRole::User,
            state: AccountState::Active,
            epoch: 3,
            key_epoch: 0,
            links: 1,
            display_name: None,
            locale: None,
            created_at: at(1),
        };
        let session = Session {
            id: SessionId::mint(at(1), &RandomIds),
            user: user.id,
            kind: SessionKind { claims: claims.into(), ..SessionKind::api() },
            generation: 1,
            token_hash: TokenHash([0; 32]),
            rotated_at: at(1),
            epoch: 3,
            label: None,
            created_at: at(1),
            expires_at: at(1_000_000),
            ended_at: None,
        };
        SignedIn { user, session, token: String::new() }
    }

    fn tokens() -> AccessTokens {
        let keys = KeyRing::new(&JwtConfig::default(), &MasterSecret::ephemeral().unwrap()).unwrap();
        AccessTokens::new(keys, Duration::from_secs(900)).profile(Older)
    }

    #[test]
    fn a_profile_says_what_it_likes_and_replaces_nothing_of_ours() {
        let (tokens, who) = (tokens(), signed_in("older"));
        let token = tokens.issue(&who, at(1000)).unwrap();
        let access = tokens.read("older", &token, at(1000)).unwrap();
        assert_eq!(access, Access { session: who.session.id, epoch: 3, subject: "7".into() });
        let claims: Value = jsonwebtoken::dangerous::insecure_decode(&token).unwrap().claims;
        assert_eq!((&claims["user_id"], &claims["token_type"]), (&json!(7), &json!("access")));
        assert_eq!((&claims["exp"], &claims["aud"]), (&json!(1900), &json!("chatcore/older")));
    }

    #[test]
    fn a_token_of_one_profile_is_nothing_to_another() {
        let tokens = tokens();
        for (issued, read) in [("older", "native"), ("native", "older")] {
            let token = tokens.issue(&signed_in(issued), at(1000)).unwrap();
            assert!(tokens.read(issued, &token, at(1000)).is_ok());
            assert!(tokens.read(read, &token, at(1000)).is_err(), "{issued} at {read}");
        }
        assert!(matches!(tokens.issue(&signed_in("nobody"), at(1000)), Err(TokenError::Profile(_))));
    }

    #[test]
    fn a_token_is_good_for_its_lifetime() {
        let tokens = tokens();
        let token = tokens.issue(&signed_in("native"), at(1000)).unwrap();
        // from a server whose clock is a little ahead
        for fine in [950, 1000, 1899] {
            assert!(tokens.read("native", &token, at(fine)).is_ok(), "{fine}");
        }
        for (wrong, claim) in [(900, "iat"), (1900, "exp"), (i64::from(i32::MAX), "exp")] {
            let refused = tokens.read("native", &token, at(wrong)).unwrap_err();
            assert!(matches!(refused, TokenError::Claim(name) if name == claim), "{wrong}: {refused}");
        }
    }
}
