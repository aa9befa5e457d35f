//! What those who run the service see of people and of what they write, and who of them may.

use chatcore::account::{AccountRole, Permission};
use serde_json::{Value, json};

use crate::client::{Answer, Client, User, eventually};
use crate::foreign::admin::rows;
use crate::openapi::operations;
use crate::records::Page;
use crate::server::{Kind, TestServer};

/// What each operation takes. An operation that is new fails here until it has a row.
const MATRIX: [(&str, Permission); 37] = [
    ("DELETE /admin/plans/{id}", Permission::Configure),
    ("DELETE /admin/users/{id}", Permission::DeleteAccounts),
    ("GET /admin/audit", Permission::SeeAudit),
    ("GET /admin/audit/chain", Permission::SeeAudit),
    ("GET /admin/conversations", Permission::FindChats),
    ("GET /admin/conversations/{id}", Permission::FindChats),
    ("GET /admin/conversations/{id}/transcript", Permission::ReadChats),
    ("GET /admin/conversations/{id}/versions", Permission::ReadChats),
    ("GET /admin/feedback", Permission::SeeFeedback),
    ("GET /admin/overview", Permission::SeeUsage),
    ("GET /admin/payments/parked", Permission::Configure),
    ("GET /admin/plans", Permission::Configure),
    ("GET /admin/plans/{id}", Permission::Configure),
    ("GET /admin/prices", Permission::Configure),
    ("GET /admin/subscriptions", Permission::SeeUsage),
    ("GET /admin/usage/models", Permission::SeeUsage),
    ("GET /admin/usage/models.csv", Permission::SeeUsage),
    ("GET /admin/usage/people", Permission::SeeUsage),
    ("GET /admin/usage/people.csv", Permission::SeeUsage),
    ("GET /admin/users", Permission::SeeAccounts),
    ("GET /admin/users/{id}", Permission::SeeAccounts),
    ("GET /admin/users/{id}/balance", Permission::SeeUsage),
    ("GET /admin/users/{id}/entitlement", Permission::SeeUsage),
    ("GET /admin/users/{id}/ledger", Permission::SeeUsage),
    ("GET /admin/users/{id}/sessions", Permission::SeeAccounts),
    ("GET /admin/users/{id}/subscriptions", Permission::SeeUsage),
    ("POST /admin/conversations/delete", Permission::DeleteChats),
    ("POST /admin/conversations/{id}/open", Permission::ReadChats),
    ("POST /admin/messages/delete", Permission::DeleteChats),
    ("POST /admin/payments/{event}/replay", Permission::Configure),
    ("POST /admin/users/{id}/balance", Permission::AdjustBalances),
    ("POST /admin/users/{id}/reinstate", Permission::Suspend),
    ("POST /admin/users/{id}/sessions/end", Permission::EndSessions),
    ("POST /admin/users/{id}/suspend", Permission::Suspend),
    ("PUT /admin/plans/{id}", Permission::Configure),
    ("PUT /admin/users/{id}/entitlement", Permission::Configure),
    ("PUT /admin/users/{id}/role", Permission::SetRoles),
];

/// What an operation takes.
pub(crate) fn permission_of(name: &str) -> Permission {
    MATRIX.iter().find(|(row, _)| *row == name).unwrap_or_else(|| panic!("{name} has no row")).1
}

/// Somebody of that role.
pub(crate) async fn of_role(server: &TestServer, name: &str, role: AccountRole) -> User {
    server.user(name).await;
    let account = server.accounts().account_of(None, name).await.unwrap();
    server.accounts().set_role(None, account.id, role).await.unwrap();
    server.anonymous().login(name).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_role_may_do_what_the_matrix_says() {
    let mut all: Vec<String> = operations().into_iter().map(|(name, _)| name).collect();
    all.retain(|name| name.contains(" /admin/"));
    all.sort();
    assert_eq!(all, MATRIX.map(|(name, _)| name));
    let server = TestServer::start(Kind::Memory).await;
    for role in AccountRole::ALL {
        let caller = of_role(&server, role.name(), role).await;
        for (name, permission) in MATRIX {
            let (method, path) = name.split_once(' ').unwrap();
            let path = path.replace("{id}", "nobody").replace("{event}", "none");
            let body = rows().into_iter().find(|(row, _)| *row == name).map(|(_, body)| body).unwrap();
            let request = caller.request(method.parse().unwrap(), &path);
            let answer = caller.ask(if body.is_null() { request } else { request.json(&body) }).await;
            // an admin who shows no leave to read is refused for that
            let without_leave = permission == Permission::ReadChats && method == "GET" && answer.status == 404;
            let refused = answer.status == 403;
            assert_eq!(refused, !role.may(permission), "{name} by {}: {}", role.name(), answer.body);
            assert!(
                answer.status < 500 && (refused || without_leave || answer.status != 401),
                "{name}: {}",
                answer.body
            );
        }
    }
}

/// What was done about somebody, as they read it.
async fn told(user: &Client) -> Vec<Value> {
    user.pages("/me/audit", 5).await
}

async fn open(by: &Client, conversation: &str, reason: &str) -> Answer {
    by.post(&format!("/admin/conversations/{conversation}/open"), json!({"reason": reason})).await
}

fn transcript(conversation: &str, grant: u64) -> String {
    format!("/admin/conversations/{conversation}/transcript?grant={grant}")
}

each_store! {
    async fn a_chat_is_read_with_a_reason_that_its_owner_sees(kind) {
        let server = TestServer::start(kind).await;
        let (root, other) =
            (of_role(&server, "root", AccountRole::Admin).await, of_role(&server, "rita", AccountRole::Admin).await);
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let first = ada.say(&id, "my secret").await;
        ada.post(&format!("/messages/{}/edit", first.said().id), json!({"text": "my other secret"})).await.is(201);
        ada.patch(&format!("/conversations/{id}"), json!({"title": "My Secret"})).await.is(200);
        let found: Vec<Value> = root.pages("/admin/conversations?title=secret", 10).await;
        let found: Vec<&str> = found.iter().map(|chat| chat["id"].as_str().unwrap()).collect();
        assert_eq!(found, [&id]);
        for reason in ["", "  ", &"x".repeat(501)] {
            open(&root, &id, reason).await.problem(422, "invalid");
        }
        assert_eq!(told(&ada).await, Vec::<Value>::new(), "looking for it is not reading it");
        root.get(&transcript(&id, 1)).await.problem(403, "denied");
        let grant: Value = open(&root, &id, " they asked for help ").await.to(200);
        let number = grant["grant"].as_u64().unwrap();
        let page: Page<Value> = root.get(&transcript(&id, number)).await.to(200);
        let text = |message: &Value| message["parts"][0]["text"].as_str().unwrap().to_owned();
        assert_eq!(text(&page.items[0]), "my other secret");
        let message = page.items[0]["id"].as_str().unwrap();
        let versions = format!("/admin/conversations/{id}/versions?grant={number}&message={message}");
        let versions: Page<Value> = root.get(&versions).await.to(200);
        assert_eq!(versions.items.len(), 2);
        let through = format!("{}&through={}", transcript(&id, number), first.said().id);
        let page: Page<Value> = root.get(&through).await.to(200);
        assert_eq!((text(&page.items[0]), page.items.len()), ("my secret".to_owned(), 2), "the other branch, to its leaf");
        // the leave is for one who asked, and for one conversation
        other.get(&transcript(&id, number)).await.problem(403, "denied");
        let elsewhere = ada.conversation().await.id;
        root.get(&transcript(&elsewhere, number)).await.problem(403, "denied");
        let told = told(&ada).await;
        assert_eq!(told.len(), 1);
        assert_eq!((&told[0]["act"], &told[0]["object"]), (&json!("read_chat"), &json!(id)));
        assert_eq!(told[0]["reason"], "they asked for help");
        assert!(!told[0].to_string().contains(&root.session.user.id), "who it was is not said: {}", told[0]);
        let log: Vec<Value> = other.pages("/admin/audit", 5).await;
        assert_eq!(log[0]["actor"], root.session.user.id.as_str());
        assert_eq!(log[0]["about"], ada.session.user.id.as_str());
        let chain: Value = root.get("/admin/audit/chain").await.to(200);
        assert_eq!((&chain["broken_at"], &chain["entries"]), (&Value::Null, &json!(log.len())));
    }

    async fn what_is_deleted_in_bulk_is_gone_and_told(kind) {
        let server = TestServer::start(kind).await;
        let root = of_role(&server, "root", AccountRole::Admin).await;
        let (ada, bob) = (server.user("ada").await, server.user("bob").await);
        let (one, two, kept) = (ada.conversation().await.id, bob.conversation().await.id, bob.conversation().await.id);
        for (user, id) in [(&ada, &one), (&bob, &two), (&bob, &kept)] {
            user.say(id, "hello").await;
        }
        let turn = bob.say(&kept, "again").await;
        let delete = async |path: &str, body: Value| root.post(path, body).await;
        let chats = "/admin/conversations/delete";
        delete(chats, json!({"ids": [one], "reason": " "})).await.problem(422, "invalid");
        delete(chats, json!({"ids": vec![&one; 101], "reason": "spam"})).await.problem(422, "invalid");
        ada.read(&one).await;
        let ids = json!([one, two, one, "garbage", format!("conv_{:032x}", 7)]);
        let done: Value = delete(chats, json!({"ids": ids, "reason": "spam"})).await.to(200);
        assert_eq!(done["deleted"], 2);
        ada.get(&format!("/conversations/{one}")).await.problem(404, "not-found");
        bob.get(&format!("/conversations/{two}")).await.problem(404, "not-found");
        let ids = json!([turn.said().id, turn.answer().id]);
        let done: Value = delete("/admin/messages/delete", json!({"ids": ids, "reason": "spam"})).await.to(200);
        assert_eq!(done["deleted"], 1, "the answer goes with what it answers");
        assert_eq!(bob.branch(&kept, None).await.len(), 2);
        let acts = async |user: &Client| -> Vec<String> {
            told(user).await.iter().map(|entry| entry["act"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(acts(&ada).await, ["delete_chat"]);
        assert_eq!(acts(&bob).await, ["delete_message", "delete_chat"]);
    }

    async fn people_are_found_shut_out_and_signed_out(kind) {
        let server = TestServer::start(kind).await;
        let root = of_role(&server, "root", AccountRole::Admin).await;
        let sam = of_role(&server, "sam", AccountRole::Staff).await;
        for name in ["anna", "annabel", "bertha"] {
            server.user(name).await;
        }
        let find = async |query: &str| -> Vec<String> {
            let found: Vec<Value> = sam.pages(&format!("/admin/users{query}"), 2).await;
            found.iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(find("").await, ["root", "sam", "anna", "annabel", "bertha"]);
        assert_eq!(find("?q=ANNA").await, ["anna", "annabel"]);
        assert_eq!(find("?q=annab").await, ["annabel"]);
        assert_eq!(find("?q=3").await, ["anna"]);
        assert_eq!(find("?role=staff").await, ["sam"]);
        assert_eq!(find("?q=nobody").await, Vec::<String>::new());
        let anna = server.anonymous().login("anna").await;
        let id = anna.session.user.id.clone();
        assert_eq!(find(&format!("?q={id}")).await, ["anna"]);
        let sessions: Vec<Value> = sam.pages(&format!("/admin/users/{id}/sessions"), 10).await;
        let last = sessions.last().unwrap()["id"].as_str().unwrap();
        let end = format!("/admin/users/{id}/sessions/end");
        sam.post(&end, json!({"session_id": last, "reason": "lost laptop"})).await.is(204);
        anna.get("/me").await.problem(401, "unauthenticated");
        let anna = server.anonymous().login("anna").await;
        let suspend = |id: &str| format!("/admin/users/{id}/suspend");
        let done: Value = sam.post(&suspend(&id), json!({"reason": "spam"})).await.to(200);
        assert_eq!(done["state"], "suspended");
        anna.get("/me").await.problem(401, "unauthenticated");
        assert_eq!(find("?state=suspended").await, ["anna"]);
        sam.post(&suspend(&root.session.user.id), json!({})).await.problem(403, "denied");
        sam.post(&format!("/admin/users/{id}/reinstate"), json!({})).await.is(200);
        let anna = server.anonymous().login("anna").await;
        root.put(&format!("/admin/users/{id}/role"), json!({"role": "staff", "reason": "new here"})).await.is(200);
        anna.get("/admin/users").await.is(200);
        let about: Vec<Value> = root.pages(&format!("/admin/audit?about={id}"), 3).await;
        let acts: Vec<(&str, Option<&str>)> =
            about.iter().map(|it| (it["act"].as_str().unwrap(), it["reason"].as_str())).collect();
        let expected = [
            ("set_role", Some("new here")),
            ("reinstate", None),
            ("suspend", Some("spam")),
            ("end_session", Some("lost laptop")),
        ];
        assert_eq!(acts, expected);
        assert!(about.iter().all(|it| it["network"].as_str().is_some_and(|network| network.starts_with("127."))));
    }

    async fn an_account_is_deleted_with_a_reason_and_for_good(kind) {
        let server = TestServer::start(kind).await;
        let root = of_role(&server, "root", AccountRole::Admin).await;
        let sam = of_role(&server, "sam", AccountRole::Staff).await;
        let ada = server.user("ada").await;
        ada.say(&ada.conversation().await.id, "soon gone").await;
        let delete = async |by: &Client, id: &str, body: Value| {
            by.ask(by.request(reqwest::Method::DELETE, &format!("/admin/users/{id}")).json(&body)).await
        };
        let (id, why) = (ada.session.user.id.clone(), json!({"reason": "they asked for it by mail"}));
        delete(&sam, &id, why.clone()).await.problem(403, "denied");
        for missing in ["", "  "] {
            delete(&root, &id, json!({"reason": missing})).await.problem(422, "invalid");
        }
        ada.get("/me").await.is(200);
        delete(&root, &root.session.user.id, why.clone()).await.problem(409, "last-admin");
        delete(&root, &format!("usr_{:032x}", 7), why.clone()).await.problem(404, "not-found");
        delete(&root, &id, why.clone()).await.is(204);
        ada.get("/me").await.problem(401, "unauthenticated");
        delete(&root, &id, why).await.is(204);
        let gone: Value = root.get(&format!("/admin/users/{id}")).await.to(200);
        assert_eq!(gone["state"], "deleted");
        let about: Vec<Value> = root.pages(&format!("/admin/audit?about={id}"), 3).await;
        assert_eq!(about.len(), 1, "what is deleted is deleted once");
        assert_eq!((&about[0]["act"], &about[0]["reason"]), (&json!("delete_account"), &json!("they asked for it by mail")));
        // the same job as when they close it themselves
        let is_erased = async || server.accounts().account_of(None, "ada").await.is_err().then_some(());
        eventually("the name is free", is_erased).await;
    }

    async fn usage_is_what_people_and_models_did(kind) {
        let server = TestServer::start(kind).await;
        let root = of_role(&server, "root", AccountRole::Admin).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        for text in ["one", "two", "three"] {
            ada.say(&id, text).await;
        }
        let overview: Value = root.get("/admin/overview").await.to(200);
        for totals in [&overview["day"], &overview["month"]["totals"]] {
            assert_eq!((&totals["requests"], &totals["failed"]), (&json!(3), &json!(0)), "{overview}");
            assert!(totals["output_tokens"].as_u64().unwrap() > 0 && totals["time_to_first_token_ms"].is_u64());
        }
        assert_eq!(overview["month"]["whole"], true);
        let of = |user: &User| format!("/admin/usage/models?subject={}", user.session.user.id);
        let own: Value = root.get(&of(&ada)).await.to(200);
        assert_eq!(own["totals"], overview["month"]["totals"]);
        let none: Value = root.get(&of(&root)).await.to(200);
        assert_eq!(none["days"], json!([]));
        let people: Vec<Value> = root.pages("/admin/usage/people", 5).await;
        assert_eq!((people.len(), &people[0]["requests"]), (1, &json!(3)), "{people:?}");
        assert_eq!(people[0]["subject"], ada.session.user.id.as_str());
        let table = root.get("/admin/usage/people.csv").await;
        assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
        let lines: Vec<&str> = table.body.lines().collect();
        assert_eq!((lines.len(), lines[0]), (2, "day,subject,messages,requests,tokens,cost"));
        assert!(lines[1].contains(&format!("{},3,3,", ada.session.user.id)), "{}", lines[1]);
        let table = root.get("/admin/usage/models.csv?since=2020-01-01").await;
        assert!(table.body.lines().nth(1).is_some_and(|line| line.contains(",echo,3,0,")), "{}", table.body);
        root.get("/admin/usage/models?since=soon").await.problem(422, "invalid");
        // what was used stays used when its conversation goes
        root.post("/admin/conversations/delete", json!({"ids": [id], "reason": "spam"})).await.is(200);
        let people: Vec<Value> = root.pages("/admin/usage/people", 5).await;
        assert_eq!(people[0]["requests"], 3);
    }
}
