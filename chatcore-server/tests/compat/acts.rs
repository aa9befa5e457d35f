//! What happens beside the requests of a table: browsers go to providers, somebody pays, mail comes.
//!
//! A row says it in words: `visit NAME` (the address that is kept under the name; what comes back behind the `?` is kept),
//! `pay NAME` (the page of Stripe), `stripe TYPE` (the last event of the type, and the header that proves it, are kept),
//! `mail KIND ADDRESS` (the code of such a mail is kept).

use std::collections::BTreeMap;

use chatcore::account::{ChallengeKind, NewCode};

use crate::client::Client;
use crate::wallet::Wallet;
use crate::world::{FRONT, VERIFIER, World};

/// What rows keep for others, by name.
#[derive(Clone, Default)]
pub(crate) struct Kept(BTreeMap<String, String>);

impl Kept {
    /// What a front end has before it asks for anything.
    pub(crate) fn of(world: &World) -> Self {
        let mut kept = Self::default();
        for name in ["google", "twitter"] {
            kept.keep(name, world.sign_in_url(FRONT));
        }
        kept.keep("verifier", VERIFIER);
        kept.keep("credential", world.mock.credential());
        kept
    }

    pub(crate) fn keep(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        if name == "message" {
            // whoever reads a text to sign signs it
            self.keep("signature of message", Wallet::new(0x46).sign(&value));
        }
        self.0.insert(name.to_owned(), value);
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).unwrap_or_else(|| panic!("nothing is kept as {name}"))
    }

    /// Puts in what was kept.
    pub(crate) fn filled(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    /// What a row says.
    pub(crate) async fn after(&mut self, act: &str, world: &World, client: &Client) {
        let words: Vec<&str> = act.split(' ').collect();
        match words[..] {
            ["visit", name] => {
                let back = client.elsewhere(self.get(name)).get("").await;
                let (_, query) = back.header("location").split_once('?').expect("the browser is sent back");
                // as they stand there, so that they can stand in an address again
                for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
                    self.keep(name, value);
                }
            }
            ["pay", name] => world.pay(self.get(name)),
            ["stripe", kind] => {
                let event =
                    world.stripe.events().into_iter().rfind(|event| event["type"] == kind).expect("such an event");
                let (body, signature) = world.stripe.signed(event["id"].as_str().unwrap()).unwrap();
                self.keep("event", body);
                self.keep("signature", signature);
            }
            ["mail", kind, address] => {
                let kind = match kind {
                    "email_verification" => ChallengeKind::EmailVerification,
                    "password_reset" => ChallengeKind::PasswordReset,
                    _ => panic!("no mail says {kind}"),
                };
                let accounts = world.server.accounts();
                let user = accounts.account_of(None, address).await.unwrap();
                let code = accounts.issue(NewCode::new(kind, address).of(user.id)).await.unwrap().code;
                self.keep("code", code);
            }
            _ => panic!("nothing is known of: {act}"),
        }
    }
}
