//! Buying at the mount for SentX, with a stand-in for Stripe.

use serde_json::{Value, json};

use crate::sentx::registered;
use crate::world::World;

const CHECKOUT: &str = "/api/payments/subscriptions/create_checkout_session/";

each_store! {
    async fn somebody_buys_and_cancels(kind) {
        let world = World::open(kind).await;
        let client = world.server.anonymous().at("sentx");
        let ann = registered(&client, "ann").await;
        assert_eq!(ann.get("/api/usage-limits/").await.json(200)["has_subscription"], false);
        let plans = client.get("/api/payments/billing-plans/").await.json(200);
        let plan = plans[0].clone();
        assert_eq!((&plan["price"], &plan["interval"]), (&json!(900), &json!("month")));
        assert_eq!(client.get(&format!("/api/payments/billing-plans/{}/", plan["id"])).await.json(200), plan);
        let order = json!({"plan_id": plan["id"], "success_url": "https://app.test/?paid=1", "cancel_url": "https://app.test/"});
        let page = ann.post(CHECKOUT, order.clone()).await.json(200);
        world.pay(page["checkout_url"].as_str().unwrap());
        // both addresses take what Stripe tells, in whatever order and however often
        for at in ["/api/payments/webhook/", "/api/payments/webhooks/stripe/"] {
            for event in world.stripe.events() {
                let (body, signature) = world.stripe.signed(event["id"].as_str().unwrap()).unwrap();
                let told = client.with("stripe-signature", &signature);
                let answer = told.send("POST", at, Some(("application/json", &body))).await;
                answer.says(200, json!({"status": "success"}));
                let forged = told.send("POST", at, Some(("application/json", &format!("{body} ")))).await;
                forged.says(400, json!({"error": "Invalid signature"}));
            }
        }
        let bought = ann.get("/api/payments/subscriptions/").await.json(200);
        assert_eq!((bought.as_array().unwrap().len(), &bought[0]["plan"], &bought[0]["is_active"]), (1, &plan, &json!(true)));
        assert_eq!(ann.get("/api/usage-limits/").await.json(200)["has_subscription"], true);
        assert!(ann.get("/api/auth/users/me/").await.json(200)["stripe_customer_id"].is_string());
        ann.post(CHECKOUT, order).await.says(400, json!({"error": "You already have a subscription"}));
        let portal = "/api/payments/subscriptions/create_portal_session/";
        let page = ann.post(portal, json!({"return_url": "https://app.test/"})).await.json(200);
        assert!(page["portal_url"].is_string());
        let one = format!("/api/payments/subscriptions/{}/", bought[0]["id"].as_str().unwrap());
        let bob = registered(&client, "bob").await;
        assert_eq!((bob.get(&one).await.status, bob.delete(&one).await.status), (404, 404), "it is hers");
        bob.post(portal, json!({"return_url": "https://app.test/"})).await.says(400, json!({"error": "User has no Stripe customer ID"}));
        assert_eq!(ann.delete(&one).await.status, 204);
        let still = ann.get("/api/payments/subscriptions/").await.json(200);
        assert_eq!(still[0]["is_active"], true, "it goes on to the end of what is paid for");
        assert_eq!(still[0]["end_date"], bought[0]["end_date"]);
        world.server.end().await;
    }

    async fn what_cannot_be_bought_is_refused(kind) {
        let world = World::open(kind).await;
        let client = world.server.anonymous().at("sentx");
        let ann = registered(&client, "ann").await;
        let missing = json!({"error": "Missing required fields"});
        ann.post(CHECKOUT, json!({"plan_id": 1})).await.says(400, missing.clone());
        ann.post("/api/payments/subscriptions/", json!({})).await.says(400, missing);
        let order = |plan: Value, url: &str| json!({"plan_id": plan, "success_url": url, "cancel_url": "https://app.test/"});
        ann.post(CHECKOUT, order(json!(99), "https://app.test/")).await.says(404, json!({"error": "Billing plan not found"}));
        assert_eq!(ann.post(CHECKOUT, order(json!(1), "javascript:alert(1)")).await.status, 400);
        assert_eq!(client.post(CHECKOUT, order(json!(1), "https://app.test/")).await.status, 401);
        let unsigned = client.post("/api/payments/webhook/", json!({"id": "evt_1"})).await;
        unsigned.says(400, json!({"error": "Invalid signature"}));
        // named by the client, a purchase that is asked for again is the same one
        let named = ann.with("idempotency-key", "purchase-1");
        let [one, two] = [named.post(CHECKOUT, order(json!(1), "https://app.test/")).await.json(200), named.post(CHECKOUT, order(json!(1), "https://app.test/")).await.json(200)];
        assert_eq!(one, two);
        world.server.end().await;
    }
}
