//! Where somebody is signed in: listed, told apart, and ended one by one.

use serde_json::json;

use crate::client::{PASSWORD, User};
use crate::records::{Session, SessionInfo};
use crate::server::TestServer;

async fn sessions(user: &User) -> Vec<SessionInfo> {
    user.pages("/me/sessions", 2).await
}

each_store! {
    async fn they_are_listed_and_ended_one_by_one(kind) {
        let server = TestServer::start(kind).await;
        let first = server.anonymous().with("user-agent", "a laptop").register("ada").await;
        let second = server.anonymous().with("user-agent", "a phone").login("ada").await;
        let page = server.anonymous().with("x-requested-with", "chatcore");
        page.post("//web/session/login", json!({"login": "ada", "password": PASSWORD})).await.is(200);
        let all = sessions(&first).await;
        assert_eq!(all.iter().map(|it| it.current).collect::<Vec<_>>(), [true, false, false]);
        assert_eq!(all.iter().map(|it| it.kind.as_str()).collect::<Vec<_>>(), ["api", "api", "web"]);
        let labels: Vec<_> = all.iter().map(|it| it.label.as_deref()).collect();
        assert_eq!(labels, [Some("a laptop"), Some("a phone"), None]);
        assert!(all.iter().all(|it| it.active && it.ended_at.is_none() && it.expires_at > it.created_at), "{all:?}");
        assert_eq!(sessions(&second).await.iter().map(|it| it.current).collect::<Vec<_>>(), [false, true, false]);
        for _ in 0..2 {
            first.delete(&format!("/me/sessions/{}", all[1].id)).await.is(204);
        }
        second.get("/me").await.problem(401, "unauthenticated");
        let refresh = json!({"refresh_token": second.session.refresh_token});
        second.post("/auth/refresh", refresh).await.problem(401, "unauthenticated");
        let now = sessions(&first).await;
        assert_eq!(now.iter().map(|it| it.active).collect::<Vec<_>>(), [true, false, true]);
        assert!(now[1].ended_at.is_some());
        // one's own is signing out
        first.delete(&format!("/me/sessions/{}", all[0].id)).await.is(204);
        first.get("/me").await.problem(401, "unauthenticated");
    }

    async fn those_of_others_are_nobodys(kind) {
        let server = TestServer::start(kind).await;
        let (ada, mallory) = (server.user("ada").await, server.user("mallory").await);
        let theirs = sessions(&ada).await.remove(0).id;
        for id in [theirs.as_str(), "x", "ses_", "%00", &"x".repeat(5000)] {
            mallory.delete(&format!("/me/sessions/{id}")).await.problem(404, "not-found");
        }
        ada.get("/me").await.is(200);
        assert!(sessions(&mallory).await.iter().all(|it| it.id != theirs));
    }

    async fn signing_out_everywhere_shows_in_the_list(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        ada.post("/auth/logout-all", json!({})).await.is(204);
        let again = server.anonymous().login("ada").await;
        let all = sessions(&again).await;
        assert_eq!(all.iter().map(|it| (it.active, it.current)).collect::<Vec<_>>(), [(false, false), (true, true)]);
        // staying signed in is no other session
        let body = json!({"refresh_token": again.session.refresh_token});
        let refreshed: Session = again.post("/auth/refresh", body).await.to(200);
        assert_eq!(sessions(&again.signed_in(refreshed)).await.len(), 2);
    }
}
