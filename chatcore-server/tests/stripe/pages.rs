//! The pages of the stand-in, as a browser without scripts uses them.

use chatcore::billing::gateway::{PaymentGateway, SnapshotStatus};
use reqwest::redirect::Policy;

use crate::scene::{Scene, order};

fn browser() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap()
}

async fn page(url: &str) -> String {
    browser().get(url).send().await.unwrap().text().await.unwrap()
}

/// Presses a button that the page has. Where that leads, and what is shown.
pub(crate) async fn press(url: &str, id: &str) -> (Option<String>, String) {
    let shown = page(url).await;
    assert!(shown.contains(&format!("<button id={id} ")), "no {id} in {shown}");
    post(url, "do", id).await
}

async fn post(url: &str, name: &str, value: &str) -> (Option<String>, String) {
    let form = browser().post(url).header("content-type", "application/x-www-form-urlencoded");
    let answer = form.body(format!("{name}={value}")).send().await.unwrap();
    let location = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
    (location, answer.text().await.unwrap())
}

pub(crate) async fn somebody_pays() {
    let scene = Scene::new().await;
    let customer = scene.customer().await;
    let checkout = scene.stripe.checkout(&order(&customer), "x").await.unwrap();
    let shown = page(&checkout.url).await;
    assert!(shown.contains("<strong id=amount>9.00 USD</strong>"), "{shown}");
    assert!(shown.contains("id=cancel href=\"https://chat.example.org/?a=1&amp;b=2\""), "{shown}");
    let (to, shown) = press(&checkout.url, "decline").await;
    assert!(to.is_none() && shown.contains("id=declined"), "{shown}");
    let (to, _) = press(&checkout.url, "pay").await;
    assert_eq!(to, Some(format!("https://chat.example.org/?paid={}", checkout.id)));
    let (to, shown) = post(&checkout.url, "do", "pay").await;
    assert!(to.is_none() && shown.contains("the session is over"), "paid twice: {shown}");
    let bought = scene.notices().iter().filter(|notice| notice.kind == "customer.subscription.created").count();
    assert_eq!(bought, 1);
}

pub(crate) async fn somebody_changes_their_mind() {
    let scene = Scene::new().await;
    let (customer, id) = scene.bought(0).await;
    let portal = scene.stripe.portal(&customer, "https://chat.example.org/settings").await.unwrap();
    assert!(page(&portal.url).await.contains("id=return href=\"https://chat.example.org/settings\""));
    for (button, next) in [("cancel", "resume"), ("resume", "cancel"), ("break-card", "mend-card")] {
        let (to, _) = press(&portal.url, button).await;
        assert!(portal.url.ends_with(&to.unwrap()));
        assert!(page(&portal.url).await.contains(&format!("<button id={next} ")), "{next} after {button}");
    }
    scene.stand_in.advance(crate::scene::DAY * 31).unwrap();
    let status = async || scene.stripe.subscription(&id).await.unwrap().unwrap().status;
    assert_eq!(status().await, SnapshotStatus::PastDue);
    press(&portal.url, "mend-card").await;
    assert_eq!(status().await, SnapshotStatus::Active);
}

pub(crate) async fn time_passes_at_the_desk() {
    let scene = Scene::new().await;
    let (_, id) = scene.bought(0).await;
    let desk = scene.stand_in.url();
    let begin = scene.stripe.subscription(&id).await.unwrap().unwrap();
    assert!(page(&desk).await.contains(&id));
    for _ in 0..5 {
        post(&format!("{desk}/desk"), "do", "week").await;
    }
    post(&format!("{desk}/desk"), "seconds", "60").await;
    let renewed = scene.stripe.subscription(&id).await.unwrap().unwrap();
    assert_eq!(renewed.period_start, begin.period_end);
    let event = scene.notices()[0].id.clone();
    let (to, _) = post(&format!("{desk}/desk"), "resend", &event).await;
    assert_eq!(to.as_deref(), Some("/"));
    let (_, shown) = post(&format!("{desk}/desk"), "resend", "evt_unknown").await;
    assert!(shown.contains("No such event"), "{shown}");
}
