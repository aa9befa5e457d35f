//! The chat that is paid with tokens: `/compat/ai-chat-system/api/...`.
//!
//! Whoever is new has 4000 tokens, a chat costs 100 of them. Tokens are credit of the ledger: they are set aside when a
//! chat begins and charged when it is answered, so a chat that fails costs nothing, and of many at once no more begin than
//! the balance covers. What a token is worth in credit is a setting.
//!
//! All chats of an account are one conversation, so the model knows what was said before; its name in the account is that
//! of the mount.

mod shop;
mod tokens;

pub(crate) use tokens::Claims;

use std::sync::Arc;

use chatcore::Error;
use chatcore::account::{Attempt, NewAccount, User};
use chatcore::conversation::{Conversation, MessageView, Name, NewConversation, Role};
use chatcore::turn::{Ask, Policy, Say};
use poem::Route;
use poem::http::StatusCode;
use serde_json::{Value, json};

use super::admin;
use super::drf::{self, Drf, Form, JWT_CHALLENGE, Pair, Text, data, field, no_active_account};
use super::mount::Mount;
use super::reply::{created, ok, refuse};
use super::talk::{branch, talk};
use super::time::utc;
use super::{Call, Outcome, Refusal, Resource};
use crate::auth::Authenticated;
use tokens::TOKENS;

/// Its name in paths, that of its sessions, and that of its conversation in each account.
pub(crate) const NAME: &str = "ai-chat-system";

pub(super) const MOUNT: Mount = Mount { name: NAME, routes, render: drf::render };

fn routes() -> Route {
    let resource = || Resource::new(Drf { challenge: JWT_CHALLENGE });
    Route::new()
        .at("/api/register", resource().post(register))
        .at("/api/token", resource().post(token))
        .at("/api/token/refresh", resource().post(refresh))
        .at("/api/chat", resource().get(history).post(chat))
        .at("/api/user/balance", resource().get(balance))
        .at("/api/user/profile", resource().get(profile))
        .at("/admin", resource().get(admin::index))
}

async fn register(call: Call) -> Outcome {
    let mut form = Form::new(data(&call).await?);
    let username = form.text("username", Text::required().max(50).username());
    let password = form.text("password", Text::required().as_it_is());
    let again = form.text("password2", Text::required().as_it_is());
    form.check()?;
    if password != again {
        return Err(field("password", "Password fields didn't match."));
    }
    let (accounts, policy) = (call.app.credentials.accounts(), call.app.compat.passwords);
    let made = accounts.register(NewAccount { username: Some(username), email: None, password, policy }).await;
    let taken = "user with this username already exists.";
    let user = made.map_err(|error| drf::registration(error, "username", "password", taken))?;
    let signed_in = accounts.open(user.id, TOKENS.kind(), call.label()).await?;
    let Pair { access, refresh } = TOKENS.pair(&call, signed_in)?;
    let told = shown(&call, &user).await?;
    let (id, username, tokens) = (&told["id"], &told["username"], &told["tokens"]);
    created(&json!({
        "username": username, "id": id, "tokens": tokens, "user": told, "refresh": refresh, "access": access,
    }))
}

async fn token(call: Call) -> Outcome {
    let mut form = Form::new(data(&call).await?);
    let login = form.text("username", Text::required());
    let password = form.text("password", Text::required().as_it_is());
    form.check()?;
    let attempt = Attempt { login, password, network: call.network(), kind: TOKENS.kind(), label: call.label() };
    let signed_in = call.app.credentials.accounts().sign_in(attempt).await.map_err(no_active_account)?;
    let user = shown(&call, &signed_in.user).await?;
    let Pair { access, refresh } = TOKENS.pair(&call, signed_in)?;
    ok(&json!({ "refresh": refresh, "access": access, "user": user }))
}

async fn refresh(call: Call) -> Outcome {
    let Pair { access, .. } = TOKENS.refresh(&call).await?;
    ok(&json!({ "access": access }))
}

async fn balance(call: Call) -> Outcome {
    let Authenticated { caller, .. } = TOKENS.bearer(&call).await?;
    ok(&json!({ "tokens": shop::tokens(&call.app, caller.subject()).await? }))
}

async fn profile(call: Call) -> Outcome {
    let found = TOKENS.bearer(&call).await?;
    let user = found.user.ok_or(Error::Unauthenticated)?;
    ok(&shown(&call, &user).await?)
}

/// A user as clients see one. Whoever is new here gets their tokens first.
async fn shown(call: &Call, user: &User) -> Result<Value, Error> {
    let owner = chatcore::Subject::User(user.id);
    shop::welcome(&call.app, owner).await?;
    let name = user.username.as_ref().or(user.email.as_ref());
    Ok(json!({ "id": user.number, "username": name, "tokens": shop::tokens(&call.app, owner).await? }))
}

async fn chat(call: Call) -> Outcome {
    let Authenticated { caller, .. } = TOKENS.bearer(&call).await?;
    let mut form = Form::new(data(&call).await?);
    let message = form.text("message", Text::required().max(1000));
    form.check()?;
    let conversations = call.app.chat.conversations();
    let conversation = match conversations.find(&caller, Name::External(NAME)).await {
        Err(Error::NotFound(_)) => {
            let new = NewConversation { external_id: Some(NAME.to_owned()), ..NewConversation::default() };
            match call.app.chat.create(&caller, new).await {
                // another request of theirs was quicker
                Err(Error::Taken(_)) => conversations.find(&caller, Name::External(NAME)).await?,
                made => made?,
            }
        }
        found => found?,
    };
    let prices = shop::prices(&call.app).map_err(|error| Error::invalid("message", error.to_string()))?;
    let ask = Ask { policy: Policy::Enqueue, prices: Some(Arc::new(prices)), ..Ask::default() };
    let say = Say { ask, ..Say::text(message.clone()) };
    let talk = talk(&call.app, &caller, conversation.id, say).await.map_err(short_of_tokens)?;
    let text = talk.text().map_err(|why| refuse(StatusCode::INTERNAL_SERVER_ERROR, &json!({ "error": why })))?;
    let left = shop::tokens(&call.app, caller.subject()).await?;
    ok(&json!({ "message": message, "response": text, "tokens_remaining": left }))
}

fn short_of_tokens(error: Error) -> Refusal {
    match error {
        Error::InsufficientCredit { .. } | Error::CapReached { .. } => {
            refuse(StatusCode::PAYMENT_REQUIRED, &json!({ "error": "Insufficient tokens" }))
        }
        other => other.into(),
    }
}

async fn history(call: Call) -> Outcome {
    let Authenticated { caller, .. } = TOKENS.bearer(&call).await?;
    let conversation: Conversation = match call.app.chat.conversations().find(&caller, Name::External(NAME)).await {
        Err(Error::NotFound(_)) => return ok(&Vec::<Value>::new()),
        found => found?,
    };
    let messages = branch(&call.app, &caller, conversation.id).await?;
    let mut chats: Vec<Value> = messages.windows(2).filter_map(chat_of).collect();
    chats.reverse();
    ok(&chats)
}

/// A question and its answer are one chat.
fn chat_of(pair: &[MessageView]) -> Option<Value> {
    let [question, answer] = pair else { return None };
    let (question, answer) = (&question.message, &answer.message);
    if question.role != Role::User || answer.role != Role::Assistant || answer.text().is_empty() {
        return None;
    }
    Some(json!({
        "id": question.number,
        "message": question.text(),
        "response": answer.text(),
        "timestamp": utc(question.created_at),
    }))
}
