//! Who may not even know: every operation of the document, called by everybody who has no business there.

use chatcore::account::{Caller, NewKey, NewSecret, Scope, User as Account};
use serde_json::{Value, json};

use super::{BOOKMARKS, OTHER_PLACES, Things, admin, call, call_with, missing, rows};
use crate::client::{Client, User};
use crate::openapi::{PUBLIC, operations};
use crate::server::TestServer;
use crate::visitors;

async fn account(server: &TestServer, name: &str) -> Account {
    server.accounts().account_of(None, name).await.unwrap()
}

async fn key_of(server: &TestServer, name: &str) -> NewSecret {
    let owner = Caller::user(account(server, name).await.id);
    let new = NewKey { name: "program".into(), scopes: vec![Scope::Read, Scope::Write], expires_at: None };
    server.accounts().create_key(&owner, new).await.unwrap()
}

/// Those who have a good proof, and nothing to do with what is asked for.
pub(super) async fn strangers(server: &TestServer) -> Vec<(&'static str, Client)> {
    let mallory = server.user("mallory").await;
    let visitor = server.accounts().open_visitor("192.0.2.0/24").await.unwrap();
    server.user("eve").await;
    let key = key_of(server, "eve").await;
    let bearer = |token: &str| server.anonymous().bearer(token);
    vec![
        ("somebody else", bearer(&mallory.session.access_token)),
        ("a visitor", bearer(&visitor.token)),
        ("a key of somebody else", bearer(&key.secret)),
    ]
}

/// Those whose proof was good once, each with what was theirs.
async fn shut_out(server: &TestServer) -> Vec<(&'static str, Client, Things)> {
    let accounts = server.accounts();
    let mut all = Vec::new();
    let has = async |name: &str| {
        let user: User = server.user(name).await;
        let things = Things::of(&user).await;
        (user, things)
    };
    let client = |user: &User| server.anonymous().bearer(&user.session.access_token);

    let (user, things) = has("signed-out").await;
    user.post("/auth/logout", json!({"refresh_token": user.session.refresh_token})).await.is(204);
    all.push(("who has signed out", client(&user), things));

    let (user, things) = has("everywhere").await;
    server.anonymous().login("everywhere").await.post("/auth/logout-all", json!({})).await.is(204);
    all.push(("who has signed out elsewhere, of everything", client(&user), things));

    let (user, things) = has("suspended").await;
    let key = key_of(server, "suspended").await;
    accounts.suspend(None, account(server, "suspended").await.id).await.unwrap();
    all.push(("who is suspended", client(&user), things));
    let (_, things) = has("other").await;
    all.push(("the key of who is suspended", server.anonymous().bearer(&key.secret), things));

    let (_, things) = has("revoked").await;
    let key = key_of(server, "revoked").await;
    let owner = Caller::user(key.key.owner);
    accounts.revoke_key(&owner, key.key.id).await.unwrap();
    all.push(("a key that was revoked", server.anonymous().bearer(&key.secret), things));

    let (user, things) = has("merged").await;
    let visitor = accounts.open_visitor("192.0.2.0/24").await.unwrap();
    let caller = Caller::user(account(server, "merged").await.id);
    accounts.merge_visitor(&caller, &visitor.token).await.unwrap();
    user.get("/me").await.is(200);
    all.push(("a visitor who has become a user", server.anonymous().bearer(&visitor.token), things));

    let (user, things) = has("deleted").await;
    accounts.delete_account(None, account(server, "deleted").await.id).await.unwrap();
    all.push(("whose account is deleted", client(&user), things));
    all
}

/// Every operation that asks who it is, with the body that its row has, and the ids that it may be given.
fn guarded(things: &Things) -> Vec<(String, Value, Vec<&str>)> {
    let body = |name: &str| {
        let row = rows().into_iter().chain(admin::rows()).find(|(row, _)| *row == name);
        row.map_or(json!({}), |(_, body)| body)
    };
    let names =
        operations().into_iter().map(|(name, _)| name).filter(|name| PUBLIC.iter().all(|(known, _)| known != name));
    let all = names.map(|name| {
        let ids = if name.contains("{id}") { things.fitting(&name) } else { vec![""] };
        let body = body(&name);
        (name, body, ids)
    });
    all.collect()
}

each_store! {
    async fn nobody_else_learns_what_is_there(kind) {
        let server = visitors::start(kind).await;
        let ada = server.user("ada").await;
        let things = Things::of(&ada).await;
        let before = (ada.read(&things.conversation).await, ada.branch(&things.conversation, None).await);
        for (who, client) in strangers(&server).await {
            assert_eq!(client.get("/conversations").await.status, 200, "{who}");
            let concerns_others = |name: &str| name.contains("{id}") || name.contains(" /admin/");
            for (name, body, ids) in guarded(&things).iter().filter(|(name, ..)| concerns_others(name)) {
                // an account is nothing to a key, and visitors have none; what admins do is nothing to anybody here
                let is_barred = name.contains(" /admin/") || (name.contains(" /me/") && who != "somebody else");
                let expected = if is_barred { (403, "denied") } else { (404, "not-found") };
                for id in ids {
                    let foreign = call(&client, name, id, body).await;
                    foreign.problem(expected.0, expected.1);
                    let none = call(&client, name, &missing(id), body).await;
                    assert_eq!((foreign.status, &foreign.body), (none.status, &none.body), "{who}: {name}");
                }
            }
        }
        let after = (ada.read(&things.conversation).await, ada.branch(&things.conversation, None).await);
        assert_eq!(after, before);
    }

    async fn whoever_was_shut_out_is_nobody_any_more(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let foreign = Things::of(&ada).await;
        for (who, client, own) in shut_out(&server).await {
            for ((name, body, ids), (_, _, theirs)) in guarded(&own).iter().zip(guarded(&foreign)) {
                // what was theirs, what is somebody else's and what is not there are one
                for id in ids.iter().copied().chain(theirs).map(str::to_owned).chain([missing(ids[0])]) {
                    let answer = call(&client, name, &id, body).await;
                    assert_eq!(answer.status, 401, "{who}: {name} {id}");
                    answer.problem(401, "unauthenticated");
                    let nobody = call(&server.anonymous(), name, &id, body).await;
                    assert_eq!(answer.body, nobody.body, "{who}: {name} {id}");
                }
            }
            for (name, place) in OTHER_PLACES.into_iter().chain(BOOKMARKS) {
                let answer = call_with(&client, &own, name, place, &foreign.said).await;
                answer.problem(401, "unauthenticated");
                let nobody = call_with(&server.anonymous(), &own, name, place, &foreign.said).await;
                assert_eq!(answer.body, nobody.body, "{who}: {name} {place}");
            }
        }
        ada.get("/me").await.is(200);
    }
}
