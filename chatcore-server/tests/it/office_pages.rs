//! The pages of those who run the service, as a browser without scripts sees them.

use chatcore::account::AccountRole;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::client::{Answer, Client, PASSWORD};
use crate::desk::of_role;
use crate::server::TestServer;

/// A request as a form sends it.
fn form(request: RequestBuilder, fields: &[(&str, &str)]) -> RequestBuilder {
    let body = serde_urlencoded::to_string(fields).unwrap();
    request.header("content-type", "application/x-www-form-urlencoded").body(body)
}

/// A browser in which somebody is signed in, and the token of its forms.
struct Browser {
    client: Client,
    csrf: String,
}

impl Browser {
    async fn of(server: &TestServer, name: &str) -> Self {
        let login = json!({"login": name, "password": PASSWORD});
        let page = server.anonymous().with("x-requested-with", "chatcore");
        let answer = page.post("//web/session/login", login).await;
        let body: Value = answer.to(200);
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        Self { client: server.anonymous().with("cookie", &cookie), csrf: body["csrf"].as_str().unwrap().to_owned() }
    }

    async fn look(&self, path: &str) -> Answer {
        self.client.get(&format!("/{path}")).await
    }

    /// Sends a form, and looks at the page behind it.
    async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let fields: Vec<(&str, &str)> = [("csrf", &*self.csrf)].into_iter().chain(fields.iter().copied()).collect();
        self.client.ask(form(self.client.request(Method::POST, &format!("/{path}")), &fields)).await
    }
}

/// Each page, and what staff hear there.
const PAGES: [(&str, u16); 11] = [
    ("/admin", 200),
    ("/admin/users", 200),
    ("/admin/conversations", 403),
    ("/admin/feedback", 403),
    ("/admin/usage", 200),
    ("/admin/subscriptions", 200),
    ("/admin/plans", 403),
    ("/admin/plan?plan=free", 403),
    ("/admin/prices", 403),
    ("/admin/payments", 403),
    ("/admin/audit", 403),
];

each_store! {
    async fn only_those_who_run_the_service_get_in(kind) {
        let server = TestServer::start(kind).await;
        for (name, role) in [("ada", AccountRole::User), ("sam", AccountRole::Staff), ("root", AccountRole::Admin)] {
            of_role(&server, name, role).await;
        }
        let guest = server.anonymous().get("//admin/users").await;
        assert!(guest.status == 200 && guest.body.contains("<h1>Sign in</h1>"), "{}", guest.body);
        let (ada, sam, root) =
            (Browser::of(&server, "ada").await, Browser::of(&server, "sam").await, Browser::of(&server, "root").await);
        for (path, status) in PAGES {
            let nothing = ada.look(path).await;
            assert_eq!(nothing.status, 404, "{path}");
            assert!(!nothing.body.contains("Conversations"), "{path} says what there is");
            let page = root.look(path).await;
            assert_eq!((page.status, page.header("cache-control")), (200, "no-store"), "{path}: {}", page.body);
            assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
            assert!(page.header("content-security-policy").contains("script-src 'self'"));
            assert_eq!(sam.look(path).await.status, status, "staff at {path}");
        }
        assert_eq!(root.look("/admin/users/garbage").await.status, 404);
        assert_eq!(root.look("/admin/nothing").await.status, 404);
    }

    async fn a_form_of_another_site_does_nothing(kind) {
        let server = TestServer::start(kind).await;
        of_role(&server, "root", AccountRole::Admin).await;
        let ada = server.user("ada").await.session.user.id.clone();
        let root = Browser::of(&server, "root").await;
        let path = format!("/admin/users/{ada}/suspend");
        let forged = Browser { client: root.client.clone(), csrf: "0".repeat(64) };
        assert_eq!(forged.send(&path, &[]).await.status, 403);
        let account = server.accounts().account_of(None, "ada").await.unwrap();
        assert!(account.expect_active().is_ok(), "nobody was shut out");
        let login = [("login", "root"), ("password", PASSWORD)];
        let client = server.anonymous();
        let request = || form(client.request(Method::POST, "//admin/login"), &login);
        let foreign = client.ask(request().header("sec-fetch-site", "cross-site")).await;
        assert_eq!((foreign.status, foreign.header("set-cookie")), (403, ""));
        let wrong = [("login", "root"), ("password", "no")];
        let wrong = form(client.request(Method::POST, "//admin/login"), &wrong);
        let wrong = client.ask(wrong.header("sec-fetch-site", "same-origin")).await;
        assert!(wrong.status == 401 && wrong.body.contains("is not right"), "{}", wrong.body);
    }

    async fn a_plan_is_made_changed_and_taken_back(kind) {
        let server = TestServer::start(kind).await;
        of_role(&server, "root", AccountRole::Admin).await;
        let root = Browser::of(&server, "root").await;
        let made = [
            ("plan", "plus"),
            ("version", "0"),
            ("name", "Plus <3"),
            ("limits", "messages=20/calendar_day\r\nnetwork:tokens@echo=9/rolling_5h"),
            ("grants", "5.5 priority=2 keeps"),
            ("reference", "price_plus"),
            ("amount", "900"),
            ("currency", "usd"),
            ("interval", "month"),
            ("trial_days", "7"),
            ("reason", "for the launch"),
        ];
        let page = root.send("/admin/plan", &made).await;
        assert!(page.status == 200 && page.body.contains("Saved."), "{}", page.body);
        for shown in ["value=\"Plus &lt;3\"", "network:tokens@echo=9/rolling_5h", "5.5 priority=2 keeps", "value=\"7\""] {
            assert!(page.body.contains(shown), "{shown} is missing in {}", page.body);
        }
        let offered: Value = server.anonymous().get("/plans").await.to(200);
        assert_eq!((&offered["items"][0]["id"], &offered["items"][0]["credit"]), (&json!("plus"), &json!(5_500_000)));
        // what somebody else has changed in between is not overwritten, and what makes no sense is not taken
        assert_eq!(root.send("/admin/plan", &made).await.status, 409);
        for (field, wrong) in [("limits", "messages=lots/day"), ("grants", "some"), ("amount", "x"), ("name", "")] {
            let fields: Vec<(&str, &str)> =
                made.iter().map(|(name, value)| (*name, if *name == field { wrong } else { value })).collect();
            assert_eq!(root.send("/admin/plan", &fields).await.status, 422, "{field}");
        }
        let gone = root.send("/admin/plan/withdraw", &[("plan", "plus"), ("reason", "a mistake")]).await;
        assert!(gone.status == 200 && gone.body.contains("There are none."), "{}", gone.body);
        let log = root.look("/admin/audit").await.body;
        assert!(log.contains("for the launch") && log.contains("a mistake"), "{log}");
        assert_eq!(root.send("/admin/payments", &[("event", "evt_none")]).await.status, 404);
    }

    async fn an_account_is_deleted_by_who_says_why_and_is_sure(kind) {
        let server = TestServer::start(kind).await;
        for (name, role) in [("sam", AccountRole::Staff), ("root", AccountRole::Admin)] {
            of_role(&server, name, role).await;
        }
        let ada = server.user("ada").await;
        let (person, delete) =
            (format!("/admin/users/{}", ada.session.user.id), format!("/admin/users/{}/delete", ada.session.user.id));
        let (root, sam) = (Browser::of(&server, "root").await, Browser::of(&server, "sam").await);
        assert!(root.look(&person).await.body.contains(&delete));
        assert!(!sam.look(&person).await.body.contains(&delete), "staff see no way to it");
        let (why, sure) = (("reason", "spam <3"), ("sure", "yes"));
        assert_eq!(sam.send(&delete, &[why, sure]).await.status, 403);
        for half in [why, sure] {
            assert_eq!(root.send(&delete, &[half]).await.status, 422, "{half:?} alone");
        }
        ada.get("/me").await.is(200);
        let gone = root.send(&delete, &[why, sure]).await;
        assert!(gone.status == 200 && gone.body.contains("Deleted.") && !gone.body.contains(&delete), "{}", gone.body);
        ada.get("/me").await.problem(401, "unauthenticated");
        let log = root.look("/admin/audit").await.body;
        assert!(log.contains("spam &lt;3") && log.contains("delete account"), "{log}");
    }

    async fn what_people_think_is_read_page_by_page(kind) {
        let server = TestServer::start(kind).await;
        of_role(&server, "root", AccountRole::Admin).await;
        let ada = server.user("ada").await;
        let chat = ada.conversation().await.id;
        // one more than a page has
        for n in 0..51 {
            let answer = ada.say(&chat, "hello").await.answer().id.clone();
            let body = json!({"rating": if n == 7 { -1 } else { 1 }, "comment": format!("<i>number {n}.")});
            ada.put(&format!("/messages/{answer}/feedback"), body).await.is(200);
        }
        let root = Browser::of(&server, "root").await;
        let first = root.look("/admin/feedback").await.body;
        assert_eq!(first.matches("&lt;i&gt;number").count(), 50, "{first}");
        assert!(!first.contains("number 0.") && !first.contains("<i>"), "the newest first, and as text");
        assert!(first.contains(&format!("/admin/conversations/{chat}")) && first.contains("href=\"/admin/users/"));
        let next = first.split("class=\"office-more\"><a href=\"").nth(1).unwrap().split('"').next().unwrap();
        let second = root.look(&format!("/admin/feedback{}", next.replace("&amp;", "&"))).await.body;
        assert!(second.contains("number 0.") && second.matches("number").count() == 1, "{second}");
        let bad = root.look("/admin/feedback?rating=down").await.body;
        assert!(bad.contains("number 7.") && bad.matches("number").count() == 1, "{bad}");
        assert_eq!(root.look("/admin/feedback?rating=so-so").await.status, 422);
        assert_eq!(root.look("/admin/feedback?since=yesterday").await.status, 422);
        assert!(root.look("/admin/feedback?since=2999-01-01").await.body.contains("Nobody said anything."));
    }

    async fn a_plan_is_given_and_limits_are_set_on_the_page_of_a_user(kind) {
        let server = TestServer::start(kind).await;
        of_role(&server, "sam", AccountRole::Staff).await;
        let (admin, ada) = (of_role(&server, "root", AccountRole::Admin).await, server.user("ada").await);
        let person = format!("/admin/users/{}", ada.session.user.id);
        let form_at = format!("{person}/entitlement");
        let (root, sam) = (Browser::of(&server, "root").await, Browser::of(&server, "sam").await);
        let plan = [("plan", "vip"), ("version", "0"), ("name", "VIP"), ("limits", "messages=9/day\ntokens=500000/month")];
        root.send("/admin/plan", &plan).await.is(200);
        let limits = ("limits", "messages=2/day\r\nconcurrent_runs=1");
        let given = [("plan", "vip"), ("until", "2999-01-01"), limits, ("reason", "she <3 us")];
        let page = root.send(&form_at, &given).await;
        assert!(page.status == 200 && page.body.contains("Saved."), "{}", page.body);
        for shown in [
            "vip, given, until <time datetime=\"2999-01-01T00:00:00",
            "<li>2 messages a day of UTC (their own)</li>",
            "<li>1 answer at once (their own)</li>",
            "<li>500,000 tokens a month of UTC</li>",
            "messages=2/day\nconcurrent_runs=1",
            "<option value=\"vip\" selected>",
        ] {
            assert!(page.body.contains(shown), "{shown} is missing in {}", page.body);
        }
        assert!(!page.body.contains("9 messages"), "theirs takes its place");
        // it is what the API tells, and what holds
        let told: Value = admin.get(&format!("/admin/users/{}/entitlement", ada.session.user.id)).await.to(200);
        assert_eq!((&told["plan"], &told["overrides"][0]["limit"]), (&json!("vip"), &json!(2)));
        assert_eq!(told["notes"][0]["reason"], "she <3 us");
        let chat = ada.conversation().await.id;
        ada.say(&chat, "one").await;
        ada.say(&chat, "two").await;
        ada.post(&format!("/conversations/{chat}/messages"), json!({"text": "three"})).await.problem(429, "limit-reached");
        // staff see what holds, and no way to change it
        let seen = sam.look(&person).await.body;
        assert!(seen.contains("2 messages a day of UTC (their own)") && !seen.contains(&form_at), "{seen}");
        assert_eq!(sam.send(&form_at, &given).await.status, 403);
        for wrong in [("limits", "messages=2"), ("plan", "none"), ("until", "soon"), ("plan", "")] {
            let fields: Vec<_> = given.iter().map(|it| if it.0 == wrong.0 { wrong } else { *it }).collect();
            assert_eq!(root.send(&form_at, &fields).await.status, 422, "{wrong:?}");
        }
        let back = root.send(&form_at, &[("reason", "enough")]).await;
        assert!(back.body.contains("They may use as much as they like."), "{}", back.body);
        ada.say(&chat, "three").await;
        let log = root.look("/admin/audit").await.body;
        for told in ["set entitlement", "she &lt;3 us", "enough", "plan vip until 2999-01-01"] {
            assert!(log.contains(told), "{told} is missing in {log}");
        }
    }

    async fn forms_do_what_they_say_and_the_log_shows_it(kind) {
        let server = TestServer::start(kind).await;
        of_role(&server, "root", AccountRole::Admin).await;
        let ada = server.user("ada").await;
        let chat = ada.conversation().await.id;
        // the title is made of the first words, and seen before
        ada.say(&chat, "hello").await;
        ada.say(&chat, "a <b>bold</b> secret").await;
        let (root, id) = (Browser::of(&server, "root").await, &ada.session.user.id);
        let found = root.look("/admin/users?q=ad").await;
        assert!(found.body.contains(&format!("/admin/users/{id}")), "{}", found.body);
        let balance = format!("/admin/users/{id}/balance");
        let adjusted = root.send(&balance, &[("amount", "2.5"), ("reason", "sorry <3"), ("once", "a1")]).await;
        assert!(adjusted.body.contains("<dd id=\"balance\">2.5</dd>"), "{}", adjusted.body);
        let again = root.send(&balance, &[("amount", "2.5"), ("reason", "sorry <3"), ("once", "a1")]).await;
        assert!(again.body.contains("<dd id=\"balance\">2.5</dd>"), "sent twice, booked once");
        for (amount, reason) in [("a lot", "x"), ("0", "x"), ("1", "")] {
            assert_eq!(root.send(&balance, &[("amount", amount), ("reason", reason)]).await.status, 422, "{amount}");
        }
        let door = format!("/admin/conversations/{chat}");
        assert!(!root.look(&door).await.body.contains("secret"), "it is not shown before it is opened");
        assert_eq!(root.look(&format!("{door}/read?grant=1")).await.status, 403);
        assert_eq!(root.send(&door, &[("reason", " ")]).await.status, 422);
        let read = root.send(&door, &[("reason", "she asked")]).await;
        assert!(read.status == 200 && read.body.contains("secret"), "{}", read.body);
        assert!(!read.body.contains("<script>"), "{}", read.body);
        let gone = root.send("/admin/conversations/delete", &[("ids", &chat), ("reason", "spam")]).await;
        assert!(gone.status == 200 && gone.body.contains("Deleted."), "{}", gone.body);
        ada.get(&format!("/conversations/{chat}")).await.problem(404, "not-found");
        let log = root.look("/admin/audit?check=1").await.body;
        for told in ["sorry &lt;3", "she asked", "spam", "all as they were written"] {
            assert!(log.contains(told), "{told} is missing in {log}");
        }
    }
}
