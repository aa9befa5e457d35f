//! Webhooks over the network, through a relay that is up to no good.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chatcore::Clock;
use chatcore::billing::gateway::{GatewayError, NewCustomer, Notice, Order, PaymentGateway, Signed};
use chatcore::testing::{ManualClock, user};
use chatcore_server::payments::stripe::Stripe;
use poem::http::StatusCode;
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::{Request, Response};
use stripe_stand_in::{Mischief, Relay, SIGNATURE, StandIn};

use crate::scene::{DAY, PRICE, Scene, config, order};

/// A server that takes what is proven, and fails now and then.
#[derive(Clone)]
struct Server {
    stripe: Arc<Stripe>,
    clock: ManualClock,
    /// What was taken, and how often.
    taken: Arc<Mutex<BTreeMap<String, (Notice, usize)>>>,
    refused: Arc<Mutex<usize>>,
    /// How many requests it fails, before it works.
    fails: Arc<Mutex<usize>>,
}

impl Server {
    async fn start(stand_in: &StandIn, clock: &ManualClock, fails: usize) -> (Self, String) {
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
        let address = *acceptor.local_addr()[0].as_socket_addr().unwrap();
        let server = Self {
            stripe: Arc::new(Stripe::new(&config(&stand_in.url())).unwrap()),
            clock: clock.clone(),
            taken: Arc::default(),
            refused: Arc::default(),
            fails: Arc::new(Mutex::new(fails)),
        };
        let answering = server.clone();
        let endpoint = poem::endpoint::make(move |request| answering.clone().answer(request));
        tokio::spawn(poem::Server::new_with_acceptor(acceptor).run(endpoint));
        (server, format!("http://{address}/webhook"))
    }

    async fn answer(self, mut request: Request) -> Response {
        let signature = request.header(SIGNATURE).unwrap_or_default().to_owned();
        let body = request.take_body().into_vec().await.unwrap();
        match self.stripe.read(&Signed { body: &body, signature: &signature }, self.clock.now()) {
            Ok(notice) => self.take(notice).into(),
            Err(GatewayError::NotProven) => {
                *self.refused.lock().unwrap() += 1;
                StatusCode::BAD_REQUEST.into()
            }
            Err(other) => unreachable!("{other:?}"),
        }
    }

    fn take(&self, notice: Notice) -> StatusCode {
        let mut fails = self.fails.lock().unwrap();
        if *fails > 0 {
            *fails -= 1;
            return StatusCode::INTERNAL_SERVER_ERROR;
        }
        self.taken.lock().unwrap().entry(notice.id.clone()).or_insert((notice, 0)).1 += 1;
        StatusCode::OK
    }
}

/// Some customers come, buy, fail to pay, pay, and leave.
async fn busy_months(scene: &Scene, customers: u64) {
    for number in 0..customers {
        let new = NewCustomer { subject: user(number).subject(), email: None };
        let customer = scene.stripe.create_customer(&new, &format!("c{number}")).await.unwrap();
        let order = Order { subject: new.subject, price: PRICE.to_owned(), ..order(&customer) };
        let page = scene.stripe.checkout(&order, &format!("p{number}")).await.unwrap();
        scene.stand_in.pay(&page.id).unwrap();
        if number % 3 == 0 {
            scene.stand_in.break_card(&customer);
        }
    }
    scene.stand_in.advance(DAY * 70).unwrap();
}

pub(crate) async fn everything_arrives_and_nothing_forged() {
    let scene = Scene::new().await;
    let (server, address) = Server::start(&scene.stand_in, &scene.clock, 0).await;
    let mischief = Mischief { seed: 7, delay: Duration::from_millis(5), ..Mischief::default() };
    let relay = Relay::start(&address, mischief).await.unwrap();
    scene.stand_in.deliver_to(relay.url());
    busy_months(&scene, 12).await;
    scene.stand_in.quiet().await;
    relay.flush().await;

    let happened = scene.notices();
    let taken = server.taken.lock().unwrap();
    assert_eq!(taken.len(), happened.len());
    assert!(happened.iter().all(|notice| taken.get(&notice.id).is_some_and(|(read, _)| read == notice)));
    let outcome = relay.outcome();
    assert_eq!((outcome.forged_taken, outcome.given_up), (0, 0), "{outcome:?}");
    assert!(outcome.forged > 0 && outcome.lost > 0 && outcome.answers_lost > 0, "{outcome:?}");
    assert_eq!(*server.refused.lock().unwrap(), outcome.forged, "{outcome:?}");
    let times: usize = taken.values().map(|(_, times)| times).sum();
    assert_eq!(times, outcome.came - outcome.lost + outcome.doubled, "{outcome:?}");
    assert!(times > happened.len(), "some came more than once: {outcome:?}");
}

pub(crate) async fn a_server_that_fails_is_asked_again() {
    let scene = Scene::new().await;
    let (server, address) = Server::start(&scene.stand_in, &scene.clock, 30).await;
    scene.stand_in.deliver_to(&address);
    busy_months(&scene, 3).await;
    scene.stand_in.quiet().await;
    let happened = scene.notices().len();
    let taken = server.taken.lock().unwrap();
    assert_eq!(taken.len(), happened);
    assert!(taken.values().all(|(_, times)| *times == 1), "what was taken is not sent again");
    let deliveries = scene.stand_in.deliveries();
    assert_eq!(deliveries.iter().filter(|it| it.status == Some(500)).count(), 30);
    assert_eq!(deliveries.len(), happened + 30);
}
