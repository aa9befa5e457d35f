//! The native API, `/api/v1`: routes and their JSON. What a route does is decided in the core.

mod account;
mod admin;
mod attachments;
mod audit;
mod auth;
mod billing;
mod content;
mod conversation;
mod dto;
mod email;
mod event;
mod events;
mod feedback;
mod form;
mod guest;
mod identities;
mod keys;
mod messages;
mod models;
mod oauth;
mod of_message;
mod once;
mod optional;
mod origin;
mod part;
mod portable;
mod recovery;
mod runs;
mod search;
mod sessions;
mod set_up;
mod shares;
mod spending;
mod support;
mod text;
mod ticket;
mod turn;
mod usage;
mod visitor;
mod wallet;

use poem_openapi::{OpenApiService, Tags};

pub(crate) use admin::moment;
pub(crate) use auth::wrong_credentials;
pub(crate) use content::Content;
pub(crate) use dto::UserDto;
pub(crate) use form::Form;
pub(crate) use oauth::challenge;
pub(crate) use origin::{label, network};
pub(crate) use support::app;
pub(crate) use visitor::{VisitorDto, no_visitors};
pub(crate) use wallet::SignedMessage;

/// Groups of routes in the documentation.
#[derive(Tags)]
pub(crate) enum Tag {
    /// Registering, signing in, staying signed in.
    Accounts,
    /// Conversations.
    Conversations,
    /// Messages and their versions.
    Messages,
    /// Links under which anybody reads a conversation.
    Sharing,
    /// Answers while they are written.
    Runs,
    /// Who answers.
    Models,
    /// Plans, limits and credit.
    Billing,
    /// What those who run the service see and do.
    Admin,
}

/// Signing in, and what somebody does with their own account.
type Accounts = (
    (auth::AuthApi, set_up::SetUpApi, recovery::RecoveryApi, email::EmailApi),
    (visitor::VisitorApi, wallet::WalletApi, oauth::OAuthApi, identities::IdentityApi),
    (account::AccountApi, portable::PortableApi, sessions::SessionApi, keys::KeyApi),
);

type Api = (
    Accounts,
    (
        conversation::ConversationApi,
        messages::MessageApi,
        attachments::AttachmentApi,
        shares::ShareApi,
        search::SearchApi,
    ),
    (runs::RunApi, ticket::TicketApi),
    (models::ModelApi, billing::BillingApi, usage::UsageApi, audit::AuditApi),
    admin::Admin,
);

/// The routes with their document.
#[must_use]
pub(crate) fn service() -> OpenApiService<Api, ()> {
    let accounts: Accounts = (
        (auth::AuthApi, set_up::SetUpApi, recovery::RecoveryApi, email::EmailApi),
        (visitor::VisitorApi, wallet::WalletApi, oauth::OAuthApi, identities::IdentityApi),
        (account::AccountApi, portable::PortableApi, sessions::SessionApi, keys::KeyApi),
    );
    let api: Api = (
        accounts,
        (
            conversation::ConversationApi,
            messages::MessageApi,
            attachments::AttachmentApi,
            shares::ShareApi,
            search::SearchApi,
        ),
        (runs::RunApi, ticket::TicketApi),
        (models::ModelApi, billing::BillingApi, usage::UsageApi, audit::AuditApi),
        admin::ADMIN,
    );
    OpenApiService::new(api, "chatcore", env!("CARGO_PKG_VERSION"))
        .description(
            "Branching conversations with language models. Errors are `application/problem+json`; lists have an opaque \
             `next_cursor`; an id that is somebody else's answers like one that does not exist.",
        )
        .server("/api/v1")
}

#[cfg(test)]
mod tests {
    use poem_openapi::OpenApi;

    use super::Api;

    /// The document would name a path twice, and whoever reads it as JSON would keep one of the two.
    #[test]
    fn all_routes_of_a_path_are_in_one_place() {
        let all = Api::meta();
        let mut paths: Vec<&str> = all.iter().flat_map(|api| &api.paths).map(|path| path.path.as_str()).collect();
        let number = paths.len();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), number);
    }
}
