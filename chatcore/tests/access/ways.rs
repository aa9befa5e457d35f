//! Codes that front ends change for a session, messages that wallets sign, and visitors who are brought along.

use async_trait::async_trait;
use chatcore::Error;
use chatcore::account::wallet::{Address, Message, SignatureError, Site, WalletClaim, WalletKind, WalletVerifier};
use chatcore::account::{Proof, SessionKind};
use chatcore::store::{Kind, Scan};
use futures::executor::block_on;
use futures::future::join_all;

use crate::world::{World, invalid, refused, wallet};

/// Takes the text as its own signature.
struct Echo;

#[async_trait]
impl WalletVerifier for Echo {
    async fn verify(&self, claim: &WalletClaim<'_>) -> Result<WalletKind, SignatureError> {
        if claim.signature == claim.text { Ok(WalletKind::Key) } else { Err(SignatureError::Mismatch) }
    }
}

fn sites() -> [Site; 2] {
    ["https://chat.test", "http://localhost:5173"].map(|origin| origin.parse().unwrap())
}

fn address(n: u8) -> Address {
    serde_json::from_value(serde_json::json!(wallet(n))).unwrap()
}

impl World {
    async fn challenge(&self, n: u8) -> Message {
        self.accounts.wallet_challenge(&sites()[0], address(n), 8453).await.unwrap().message
    }

    async fn signs(&self, message: &Message, signature: &str) -> Result<Proof, Error> {
        self.accounts.wallet_proof(&message.to_string(), signature, &sites(), &Echo).await
    }
}

#[test]
fn a_message_is_signed_once_of_64_at_once() {
    let world = World::new();
    block_on(async {
        let message = world.challenge(1).await;
        let text = message.to_string();
        let all = join_all((0..64).map(|_| world.signs(&message, &text))).await;
        let proofs: Vec<&Proof> = all.iter().flatten().collect();
        assert_eq!(proofs.len(), 1);
        let lost = |one: &&Result<Proof, Error>| matches!(one, Err(Error::Invalid { field: "message", .. }));
        assert_eq!(all.iter().filter(lost).count(), 63);
        let user = world.sign_in_with(proofs[0]).await.unwrap().user;
        assert_eq!(user.links, 1);
    });
}

#[test]
fn only_what_was_asked_for_is_taken_and_a_refusal_costs_the_nonce() {
    let world = World::new();
    block_on(async {
        let changes: [fn(&mut Message); 6] = [
            |message| message.domain = "evil.test".parse().unwrap(),
            |message| message.uri = "https://evil.test".parse().unwrap(),
            |message| message.chain_id = 1,
            |message| message.address = address(2),
            |message| message.nonce = "0123456789".parse().unwrap(),
            |message| message.expiration_time = Some(message.issued_at),
        ];
        for change in changes {
            let mut message = world.challenge(1).await;
            change(&mut message);
            let refusal = world.signs(&message, &message.to_string()).await;
            assert!(matches!(refusal, Err(Error::Invalid { field: "message", .. })), "{refusal:?}");
        }
        let message = world.challenge(1).await;
        assert!(refused(&world.signs(&message, "another text").await));
        let again = world.signs(&message, &message.to_string()).await;
        assert!(matches!(again, Err(Error::Invalid { .. })), "it was tried");
        let message = world.challenge(1).await;
        world.wait(600);
        assert!(world.signs(&message, &message.to_string()).await.is_err(), "it is too late");
        // a page may write the message itself
        let asked = world.challenge(1).await;
        let [_, other] = sites();
        let own = Message { domain: other.domain.clone(), uri: other.uri().unwrap(), statement: None, ..asked };
        assert!(world.signs(&own, &own.to_string()).await.is_ok());
        let chain = world.accounts.wallet_challenge(&other, address(1), 0).await;
        assert!(matches!(chain, Err(Error::Invalid { field: "chain_id", .. })));
    });
}

#[test]
fn a_login_code_leads_to_one_account_and_works_where_it_was_asked_for() {
    let world = World::new();
    block_on(async {
        let proof = world.oauth("1", None).await;
        let codes = join_all((0..16).map(|_| world.accounts.login_code(&proof, Some("challenge")))).await;
        assert_eq!(world.store.scan(Kind::User, None, 9).await.unwrap().len(), 1, "one proof, two users");
        let code = codes.into_iter().next().unwrap().unwrap().code;
        let exchange = |binding| world.accounts.sign_in_with_code(&code, binding, SessionKind::api(), None);
        assert!(invalid(&exchange(None).await) && invalid(&exchange(Some("another")).await));
        let user = exchange(Some("challenge")).await.unwrap().user;
        assert!(invalid(&exchange(Some("challenge")).await), "it was used");
        world.accounts.suspend(None, user.id).await.unwrap();
        assert!(refused(&world.accounts.login_code(&proof, None).await), "who is shut out gets none");
        world.wait(301);
        assert!(invalid(&world.accounts.login_code(&proof, None).await), "the proof is old");
    });
}

#[test]
fn a_visitor_who_cannot_be_brought_along_keeps_nobody_out() {
    let world = World::new();
    block_on(async {
        let accounts = &world.accounts;
        let visitor = accounts.open_visitor("192.0.2.0/24").await.unwrap();
        let (ann, bob) = (world.joins(Some("ann"), None).await.0, world.joins(Some("bob"), None).await.0);
        let ann = accounts.open(ann.id, SessionKind::api(), None).await.unwrap();
        let bob = accounts.open(bob.id, SessionKind::api(), None).await.unwrap();
        assert!(!accounts.bring_visitor(&ann, "vis_x.y").await);
        assert!(accounts.bring_visitor(&ann, &visitor.token).await);
        assert!(accounts.bring_visitor(&ann, &visitor.token).await, "again");
        assert!(!accounts.bring_visitor(&bob, &visitor.token).await, "the visitor is ann");
    });
}
