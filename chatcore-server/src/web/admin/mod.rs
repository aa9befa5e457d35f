//! The pages of those who run the service: made by the server, whole without a script. What they show and do is the core's;
//! here it becomes markup, and forms become calls.
//!
//! A page is a function from a [`Desk`] (who sits there) and what was [`Asked`] to markup. [`look`] and [`act`] put the door in
//! front of it: who is not signed in is sent to the sign-in, who does not run the service hears that there is nothing, and
//! whoever sends a form shows the token that was in it.

mod asked;
mod audit;
mod chart;
mod chats;
mod desk;
mod entitled;
mod feedback;
mod frame;
mod limits;
mod login;
mod money;
mod numbers;
mod overview;
mod people;
mod person;
mod plan;
mod plans;
mod transcript;

use std::future::Future;

use poem::http::{HeaderValue, header};
use poem::{Endpoint, Request, Response, Route, get};

use self::asked::Asked;
use self::desk::{Desk, Refusal};
use super::CONTENT_SECURITY_POLICY;

/// What a page answers.
type Shown = Result<Response, Refusal>;

/// All pages under `/admin`, and what their forms do.
pub(crate) fn routes() -> Route {
    Route::new()
        .at("/", get(look(overview::show)))
        .at("/login", get(login::form()).post(login::sign_in()))
        .at("/logout", act(login::sign_out))
        .at("/users", get(look(people::show)))
        .at("/users/:id", get(look(person::show)))
        .at("/users/:id/role", act(person::set_role))
        .at("/users/:id/suspend", act(person::suspend))
        .at("/users/:id/reinstate", act(person::reinstate))
        .at("/users/:id/delete", act(person::delete))
        .at("/users/:id/sessions", act(person::end_sessions))
        .at("/users/:id/balance", act(person::adjust))
        .at("/users/:id/entitlement", act(entitled::save))
        .at("/conversations", get(look(chats::show)))
        .at("/conversations/delete", act(chats::delete))
        .at("/conversations/:id", get(look(transcript::door)).post(act_inside(transcript::open)))
        .at("/conversations/:id/read", get(look(transcript::show)))
        .at("/conversations/:id/delete", act(transcript::delete))
        .at("/feedback", get(look(feedback::show)))
        .at("/usage", get(look(numbers::show)))
        .at("/plans", get(look(plans::show)))
        .at("/plan", get(look(plan::show)).post(act_inside(plan::save)))
        .at("/plan/withdraw", act(plan::withdraw))
        .at("/prices", get(look(money::prices)))
        .at("/subscriptions", get(look(money::subscriptions)))
        .at("/payments", get(look(money::payments)).post(act_inside(money::replay)))
        .at("/audit", get(look(audit::show)))
}

/// The pages that are only looked at, for whoever says which addresses there are.
pub(crate) const PAGES: [&str; 11] = [
    "/admin",
    "/admin/users",
    "/admin/users/:id",
    "/admin/conversations",
    "/admin/conversations/:id/read",
    "/admin/feedback",
    "/admin/usage",
    "/admin/plans",
    "/admin/prices",
    "/admin/subscriptions",
    "/admin/audit",
];

/// Where forms are sent to and nothing is to be seen.
pub(crate) const FORMS: [&str; 11] = [
    "/admin/logout",
    "/admin/users/:id/role",
    "/admin/users/:id/suspend",
    "/admin/users/:id/reinstate",
    "/admin/users/:id/delete",
    "/admin/users/:id/sessions",
    "/admin/users/:id/balance",
    "/admin/users/:id/entitlement",
    "/admin/conversations/delete",
    "/admin/plan/withdraw",
    "/admin/conversations/:id/delete",
];

/// A page for those who run the service.
fn look<F, Fut>(show: F) -> impl Endpoint
where
    F: Fn(Desk, Asked) -> Fut + Send + Sync + Copy + 'static,
    Fut: Future<Output = Shown> + Send + 'static,
{
    poem::endpoint::make(move |request: Request| async move {
        let here = request.original_uri().path().to_owned();
        let done = async {
            let desk = Desk::of(&request).await?;
            show(desk, Asked::by_address(&request)).await
        };
        with_policy(answered(done.await, &here))
    })
}

/// What a form does, for those who run the service.
fn act<F, Fut>(done: F) -> impl Endpoint
where
    F: Fn(Desk, Asked) -> Fut + Send + Sync + Copy + 'static,
    Fut: Future<Output = Shown> + Send + 'static,
{
    poem::post(act_inside(done))
}

fn act_inside<F, Fut>(act: F) -> impl Endpoint
where
    F: Fn(Desk, Asked) -> Fut + Send + Sync + Copy + 'static,
    Fut: Future<Output = Shown> + Send + 'static,
{
    poem::endpoint::make(move |mut request: Request| async move {
        let done = async {
            let asked = Asked::by_form(&mut request).await?;
            let desk = Desk::of(&request).await?;
            desk.expect_own(&asked)?;
            act(desk, asked).await
        };
        with_policy(answered(done.await, "/admin"))
    })
}

/// The page, or the one that says why there is none.
fn answered(shown: Shown, here: &str) -> Response {
    shown.unwrap_or_else(|refusal| refusal.page(here))
}

/// What a page may load is what the chat page may. Its own forms say where they come from, so that a browser without a
/// session can be asked; other sites hear nothing.
fn with_policy(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}
