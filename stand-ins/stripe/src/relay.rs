//! A relay between the stand-in and a server, up to no good: it loses, doubles, delays, shuffles and forges deliveries.
//!
//! What it has taken it delivers, and asks the server again and again: Stripe promises at least once, and so does this. What
//! it loses it has not taken, and the sender sends it again. The same seed makes the same decisions for the same
//! deliveries in the same order.

mod forge;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use poem::http::StatusCode;
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::{Request, Response};
use rand::rngs::SmallRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use tokio::sync::watch;

use crate::webhook::{SIGNATURE, client};

/// How often it asks the server to take a delivery, waiting longer each time.
const MOST_ATTEMPTS: u32 = 300;

/// How much of what, each a share between 0 and 1.
#[derive(Debug, Clone, Copy)]
pub struct Mischief {
    /// What all decisions follow from.
    pub seed: u64,
    /// Deliveries that it does not take.
    pub lose: f64,
    /// Deliveries that it hands on, and tells the sender that it has not.
    pub lose_answer: f64,
    /// Deliveries that it hands on twice.
    pub double: f64,
    /// Deliveries beside which it hands on one that is forged.
    pub forge: f64,
    /// How many deliveries it holds back to shuffle them.
    pub hold: usize,
    /// The longest that it waits with one.
    pub delay: Duration,
}

impl Default for Mischief {
    fn default() -> Self {
        Self {
            seed: 1,
            lose: 0.1,
            lose_answer: 0.1,
            double: 0.3,
            forge: 0.1,
            hold: 8,
            delay: Duration::from_millis(20),
        }
    }
}

/// What a relay has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Deliveries that came.
    pub came: usize,
    /// Those that it did not take.
    pub lost: usize,
    /// Those whose answer it kept for itself.
    pub answers_lost: usize,
    /// Those that it handed on twice.
    pub doubled: usize,
    /// Those that it forged.
    pub forged: usize,
    /// Those of the forged ones that the server took. There should be none.
    pub forged_taken: usize,
    /// Attempts that the server refused or did not answer, forged ones aside.
    pub refused: usize,
    /// Deliveries that it took, and that the server did not take however often it was asked.
    pub given_up: usize,
}

struct Held {
    body: String,
    signature: String,
    delay: Duration,
}

struct State {
    random: SmallRng,
    held: Vec<Held>,
    outcome: Outcome,
}

struct Inside {
    target: String,
    mischief: Mischief,
    client: reqwest::Client,
    state: Mutex<State>,
    under_way: watch::Sender<usize>,
}

/// A relay that runs until its runtime ends.
#[derive(Clone)]
pub struct Relay {
    url: String,
    inside: Arc<Inside>,
}

impl Relay {
    /// Starts one in front of a server.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn start(target: &str, mischief: Mischief) -> io::Result<Self> {
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await?;
        let address = acceptor.local_addr().first().and_then(|it| it.as_socket_addr().copied());
        let address = address.ok_or_else(|| io::Error::other("the listener has no address"))?;
        let random = SmallRng::seed_from_u64(mischief.seed);
        let inside = Arc::new(Inside {
            target: target.to_owned(),
            mischief,
            client: client().map_err(io::Error::other)?,
            state: Mutex::new(State { random, held: Vec::new(), outcome: Outcome::default() }),
            under_way: watch::Sender::new(0),
        });
        let taking = inside.clone();
        let endpoint = poem::endpoint::make(move |request| {
            let inside = taking.clone();
            async move { inside.take(request).await }
        });
        tokio::spawn(poem::Server::new_with_acceptor(acceptor).run(endpoint));
        Ok(Self { url: format!("http://{address}"), inside })
    }

    /// Where deliveries go that are to pass it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it has done so far.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.inside.state().outcome
    }

    /// Hands on what it holds, in any order, and is ready when the server has taken all of it.
    pub async fn flush(&self) {
        let held = {
            let mut state = self.inside.state();
            let mut held = std::mem::take(&mut state.held);
            held.shuffle(&mut state.random);
            held
        };
        held.into_iter().for_each(|held| self.inside.hand_on(held));
        // it fails when the sender is gone, and that is here
        let _ = self.inside.under_way.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Inside {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn take(self: Arc<Self>, mut request: Request) -> Response {
        let signature = request.header(SIGNATURE).unwrap_or_default().to_owned();
        let body = request.take_body().into_string().await.unwrap_or_default();
        let (handed_on, forged, answer) = self.decide(body, &signature);
        handed_on.into_iter().for_each(|held| self.hand_on(held));
        if let Some(held) = forged {
            self.try_forged(held);
        }
        answer.into()
    }

    /// What is handed on now, what is forged, and what the sender is told.
    fn decide(&self, body: String, signature: &str) -> (Vec<Held>, Option<Held>, StatusCode) {
        let Mischief { lose, lose_answer, double, forge, hold, delay, .. } = self.mischief;
        let mut state = self.state();
        let State { random, held, outcome } = &mut *state;
        outcome.came += 1;
        let mut pause = || delay.mul_f64(random.random_range(0.0..=1.0));
        let pauses = [pause(), pause(), pause()];
        let [is_lost, answer_is_lost, is_doubled, is_forged] =
            [lose, lose_answer, double, forge].map(|share| random.random_bool(share));
        let forged = is_forged.then(|| {
            outcome.forged += 1;
            let (body, signature) = forge::forge(outcome.forged, &body, signature);
            Held { body, signature, delay: pauses[2] }
        });
        if is_lost {
            outcome.lost += 1;
            return (Vec::new(), forged, StatusCode::SERVICE_UNAVAILABLE);
        }
        let copies = if is_doubled { 2 } else { 1 };
        outcome.doubled += copies - 1;
        for delay in &pauses[..copies] {
            held.push(Held { body: body.clone(), signature: signature.to_owned(), delay: *delay });
        }
        let mut handed_on = Vec::new();
        while held.len() > hold {
            let at = random.random_range(0..held.len());
            handed_on.push(held.swap_remove(at));
        }
        if answer_is_lost {
            outcome.answers_lost += 1;
            return (handed_on, forged, StatusCode::GATEWAY_TIMEOUT);
        }
        (handed_on, forged, StatusCode::OK)
    }

    fn apart(self: &Arc<Self>, work: impl Future<Output = ()> + Send + 'static) {
        let inside = self.clone();
        inside.under_way.send_modify(|count| *count += 1);
        tokio::spawn(async move {
            work.await;
            inside.under_way.send_modify(|count| *count -= 1);
        });
    }

    /// Asks the server until it takes it, or for a quarter of an hour.
    fn hand_on(self: &Arc<Self>, held: Held) {
        let inside = self.clone();
        self.apart(async move {
            tokio::time::sleep(held.delay).await;
            for attempt in 0..MOST_ATTEMPTS {
                if inside.is_taken(&held).await {
                    return;
                }
                inside.state().outcome.refused += 1;
                tokio::time::sleep(Duration::from_millis(20) * (attempt + 1)).await;
            }
            inside.state().outcome.given_up += 1;
        });
    }

    fn try_forged(self: &Arc<Self>, held: Held) {
        let inside = self.clone();
        self.apart(async move {
            tokio::time::sleep(held.delay).await;
            if inside.is_taken(&held).await {
                inside.state().outcome.forged_taken += 1;
            }
        });
    }

    async fn is_taken(&self, held: &Held) -> bool {
        let request = self.client.post(&self.target).header("content-type", "application/json; charset=utf-8");
        let request = request.header(SIGNATURE, &held.signature).body(held.body.clone());
        request.send().await.is_ok_and(|answer| answer.status().is_success())
    }
}
