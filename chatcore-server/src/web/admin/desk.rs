//! Who sits at the desk, and who does not get there.

use std::sync::Arc;

use chatcore::Error;
use chatcore::account::{Caller, Permission, User};
use chatcore::audit::By;
use maud::html;
use poem::http::{HeaderValue, StatusCode, header};
use poem::{IntoResponse, Request, Response};
use serde_json::Value;

use super::asked::Asked;
use super::frame;
use crate::api::{app, network};
use crate::app::App;
use crate::http::Problem;

/// Somebody who runs the service, signed in on this page.
pub(super) struct Desk {
    pub(super) app: Arc<App>,
    pub(super) user: User,
    caller: Caller,
    csrf: String,
}

/// Why there is no page.
pub(super) enum Refusal {
    /// Nobody is signed in.
    Guest,
    /// Nothing is here for whoever asks.
    Nothing,
    /// It was not done.
    Failed(Problem),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound(_) => Self::Nothing,
            other => Self::Failed(other.into()),
        }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

impl Desk {
    /// Who asks, if they run the service.
    pub(super) async fn of(request: &Request) -> Result<Self, Refusal> {
        let app = app(request)?;
        let (who, csrf) = app.credentials.at_page(request).await.map_err(|_| Refusal::Guest)?;
        let user = who.user.ok_or(Refusal::Guest)?;
        // whoever may do nothing here does not learn that there is something
        if user.role.permissions().is_empty() {
            return Err(Refusal::Nothing);
        }
        Ok(Self { app, user, caller: who.caller.from_network(network(request)), csrf })
    }

    /// Refuses a form that is not from one of these pages.
    pub(super) fn expect_own(&self, asked: &Asked) -> Result<(), Refusal> {
        let own = self.app.credentials.is_same(&self.csrf, asked.text("csrf"));
        if own { Ok(()) } else { Err(Error::Denied.into()) }
    }

    pub(super) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Who does what a form says, and why.
    pub(super) fn by<'a>(&'a self, asked: &'a Asked) -> By<'a> {
        By::from(&self.caller).because(asked.get("reason"))
    }

    pub(super) fn may(&self, permission: Permission) -> bool {
        self.user.role.may(permission)
    }

    pub(super) fn csrf(&self) -> &str {
        &self.csrf
    }
}

impl Refusal {
    /// What is shown instead of a page.
    pub(super) fn page(self, here: &str) -> Response {
        let (status, title, text) = match self {
            Self::Guest => return frame::go(&format!("/admin/login?next={here}")),
            Self::Nothing => (StatusCode::NOT_FOUND, "Nothing here", "There is no such page.".to_owned()),
            Self::Failed(problem) => {
                (problem.status(), "Not done", format!("{}{}", problem.detail(), fields(&problem)))
            }
        };
        let body = html! {
            h1 { (title) }
            p .notice role="alert" { (text) }
            p { a href="/admin" { "Back to the overview" } }
        };
        let mut response = frame::bare(title, &body);
        response.set_status(status);
        response
    }
}

/// The fields that cannot be taken, as text.
fn fields(problem: &Problem) -> String {
    let errors = problem.members().get("errors").and_then(Value::as_array).into_iter().flatten();
    let text = |error: &Value, name: &str| error[name].as_str().unwrap_or_default().to_owned();
    errors.map(|error| format!(" {}: {}.", text(error, "field"), text(error, "message"))).collect()
}

/// A page whose form was sent is not sent again by a reload: the browser is told where to look.
pub(super) fn done(at: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(at) = HeaderValue::from_str(at) {
        response.headers_mut().insert(header::LOCATION, at);
    }
    response
}
