//! What front ends of other systems need: opaque tokens for passwords, greetings that wallets sign, devices, addresses that
//! are added later, sessions that are theirs alone.

use async_trait::async_trait;
use chatcore::Error;
use chatcore::account::wallet::{Address, SignatureError, WalletClaim, WalletKind, WalletVerifier};
use chatcore::account::{Caller, Greeting, Proof, SessionKind};
use futures::executor::block_on;
use futures::future::join_all;

use crate::world::{PASSWORD, World, invalid, refused, wallet};

/// Takes a text as its own signature.
struct Echo;

#[async_trait]
impl WalletVerifier for Echo {
    async fn verify(&self, claim: &WalletClaim<'_>) -> Result<WalletKind, SignatureError> {
        match claim.signature {
            "" => Err(SignatureError::Malformed("is empty")),
            text if text == claim.text => Ok(WalletKind::Key),
            _ => Err(SignatureError::Mismatch),
        }
    }
}

#[test]
fn a_greeting_is_signed_for_minutes() {
    let world = World::new();
    let greeting = |site: Option<&str>| Greeting { text: "WELCOME".into(), site: site.map(str::to_owned) };
    let here = greeting(Some("https://here.example"));
    let address: Address = wallet(7).parse().unwrap();
    let prove = |greeting: Greeting, text: String| {
        let accounts = world.accounts.clone();
        async move { accounts.greeting_proof(&greeting, address, &text, &Echo).await }
    };
    block_on(async {
        let text = world.accounts.wallet_greeting(&here);
        assert!(text.starts_with("WELCOME\n") && text.contains("https://here.example"), "{text}");
        let proof: Proof = prove(here.clone(), text.clone()).await.unwrap();
        let first = world.sign_in_with(&proof).await.unwrap().user.id;
        // another time is another text, and the one before it is still good
        world.wait(300);
        assert_ne!(world.accounts.wallet_greeting(&here), text);
        let again = prove(here.clone(), text.clone()).await.unwrap();
        assert_eq!(world.sign_in_with(&again).await.unwrap().user.id, first, "the same wallet is the same account");
        assert!(
            refused(&prove(greeting(Some("https://there.example")), text.clone()).await),
            "signed for another site"
        );
        assert!(refused(&prove(greeting(None), text.clone()).await));
        assert!(matches!(prove(here.clone(), String::new()).await, Err(Error::Invalid { field: "signature", .. })));
        world.wait(300);
        assert!(refused(&prove(here.clone(), text).await), "and after that no more");
        world.wait(301);
        assert!(invalid(&world.sign_in_with(&again).await), "a proof that somebody kept");
    });
}

#[test]
fn an_address_is_added_to_an_account_that_has_none() {
    block_on(async {
        let world = World::new();
        let signed = world.sign_in_with(&world.wallet(1).await).await.unwrap();
        let caller = world.caller(&signed).await;
        let add = async |email: &str| world.accounts.add_email(&caller, email).await;
        assert!(matches!(add("no address").await, Err(Error::Invalid { field: "email", .. })));
        world.verified("bob", "bob@example.com").await;
        assert!(matches!(add("BOB@example.com").await, Err(Error::Taken("address"))));
        assert_eq!(add("ann@example.com").await.unwrap().email, None, "not before the mail is answered");
        let user = world.accounts.verify_email(&world.code("ann@example.com")).await.unwrap();
        assert_eq!((user.id, user.email.as_deref()), (signed.user.id, Some("ann@example.com")));
        assert!(matches!(add("other@example.com").await, Err(Error::Taken("address"))), "one is enough");
        let late = world.sign_in_with(&world.wallet(2).await).await.unwrap();
        let late = world.caller(&late).await;
        world.wait(601);
        assert!(refused(&world.accounts.add_email(&late, "late@example.com").await), "their sign-in is not fresh");
    });
}

#[test]
fn where_no_mail_is_sent_their_word_has_to_do() {
    block_on(async {
        let world = World::without_mail();
        let mut both = Vec::new();
        for n in [1, 2] {
            let signed = world.sign_in_with(&world.wallet(n).await).await.unwrap();
            both.push(world.caller(&signed).await);
        }
        let both = both.iter().map(|caller: &Caller| world.accounts.add_email(caller, "one@example.com"));
        let done = join_all(both).await;
        assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1, "an address is one account's");
        assert!(done.iter().any(|done| matches!(done, Err(Error::Taken("address")))));
    });
}

#[test]
fn a_device_is_a_visitor_in_its_network() {
    block_on(async {
        let world = World::new();
        let meet = |device: &'static str, network: &'static str| world.accounts.by_device(device, network);
        let all = join_all((0..8).map(|_| meet("abc", "192.0.2.0/24"))).await;
        let first = all[0].as_ref().unwrap().subject();
        assert!(all.iter().all(|caller| caller.as_ref().unwrap().subject() == first), "at once and again");
        for (device, network) in [("abd", "192.0.2.0/24"), ("abc", "198.51.100.0/24"), ("ab", "c192.0.2.0/24")] {
            assert_ne!(meet(device, network).await.unwrap().subject(), first, "{device} in {network}");
        }
        assert!(matches!(meet("", "192.0.2.0/24").await, Err(Error::Invalid { field: "device", .. })));
        // names are made up at no cost, and are records here
        let mut met = 0;
        let refused = loop {
            match world.accounts.by_device(&format!("new {met}"), "203.0.113.0/24").await {
                Ok(_) => met += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(refused, Error::RateLimited { .. }) && met == 120, "{refused} after {met}");
        assert_eq!(meet("abc", "192.0.2.0/24").await.unwrap().subject(), first);
        world.accounts.by_device("new 7", "203.0.113.0/24").await.unwrap();
    });
}

#[test]
fn a_password_brings_an_opaque_token() {
    block_on(async {
        let world = World::new();
        let (user, _) = world.joins(Some("ann"), None).await;
        let token = async |password: &str| {
            world.accounts.token_by_password("ann", password, Some("192.0.2.0/24".into()), "front").await
        };
        let (found, first) = token(PASSWORD).await.unwrap();
        assert_eq!((found.id, first.key.name.as_str()), (user.id, "front"));
        assert_eq!(token(PASSWORD).await.unwrap().1.secret, first.secret, "the same as long as it lasts");
        assert!(refused(&token("not the one").await));
        assert!(refused(&world.accounts.token_by_password("nobody", PASSWORD, None, "front").await));
        for _ in 0..20 {
            let _ = token("not the one").await;
        }
        assert!(matches!(token(PASSWORD).await, Err(Error::RateLimited { .. })), "guesses are counted as anywhere");
    });
}

#[test]
fn a_refresh_token_is_of_one_front_end() {
    block_on(async {
        let world = World::new();
        let (user, _) = world.joins(Some("ann"), None).await;
        let signed = world.accounts.open(user.id, SessionKind::api(), None).await.unwrap();
        assert!(refused(&world.accounts.refresh_of(&signed.token, "other").await));
        assert!(world.accounts.is_refresh(&signed.token) && !world.accounts.is_refresh("an access token"));
        let next = world.accounts.refresh_of(&signed.token, "api").await.unwrap();
        assert_ne!(next.token, signed.token, "being asked elsewhere has not used it");
    });
}
