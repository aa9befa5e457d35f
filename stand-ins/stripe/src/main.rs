//! The stand-in as a process: `cargo run -p stripe-stand-in -- --help`.

#![expect(clippy::print_stdout, reason = "people are told how to go on")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use chatcore::Clock;
use chatcore_llm::SystemClock;
use clap::Parser;
use stripe_stand_in::{Mischief, Options, Relay, StandIn};

/// A stand-in for Stripe on this machine. Nobody is charged, and nothing is kept.
#[derive(Parser)]
struct Arguments {
    /// Where it listens
    #[arg(long, default_value = "127.0.0.1:12111")]
    listen: String,

    /// Where events go
    #[arg(long, default_value = "http://127.0.0.1:8000/api/v1/webhooks/stripe")]
    webhook: String,

    /// The key that requests need
    #[arg(long, default_value = "sk_test_stand_in")]
    key: String,

    /// A secret that events are signed with; may be given several times
    #[arg(long = "secret", default_value = "whsec_stand_in")]
    secrets: Vec<String>,

    /// A price, <name>:<amount>:<currency>:<interval>; may be given several times
    #[arg(long = "price", default_value = "price_plus:900:usd:month", value_parser = price)]
    prices: Vec<Price>,

    /// Loses, doubles, delays, shuffles and forges deliveries; the number decides which
    #[arg(long, value_name = "SEED")]
    mischief: Option<u64>,
}

#[derive(Clone)]
struct Price {
    id: String,
    amount: u64,
    currency: String,
    interval: String,
}

fn price(text: &str) -> Result<Price, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let [id, amount, currency, interval] = parts[..] else { return Err("four parts with colons between".to_owned()) };
    if !["day", "week", "month", "year"].contains(&interval) {
        return Err("the interval is day, week, month or year".to_owned());
    }
    let amount = amount.parse().map_err(|_| "the amount is a number of the smallest units".to_owned())?;
    Ok(Price { id: id.to_owned(), amount, currency: currency.to_owned(), interval: interval.to_owned() })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { listen, webhook, key, secrets, prices, mischief } = Arguments::parse();
    let clock = Arc::new(SystemClock);
    let options = Options {
        listen,
        key: key.clone(),
        webhook_secrets: secrets.clone(),
        // a server that keeps its events must not meet their ids again
        tag: format!("{:x}", clock.now().as_seconds()),
        // a server that is started later still hears of everything
        patience: [1, 2, 5, 10, 30, 60].map(Duration::from_secs).to_vec(),
        ..Options::new(clock)
    };
    let stand_in = StandIn::start(options).await?;
    prices.iter().for_each(|it| stand_in.price(&it.id, it.amount, &it.currency, &it.interval));
    let relay = match mischief {
        Some(seed) => Some(Relay::start(&webhook, Mischief { seed, ..Mischief::default() }).await?),
        None => None,
    };
    stand_in.deliver_to(relay.as_ref().map_or(webhook.as_str(), Relay::url));
    println!("a stand-in for Stripe: {}", stand_in.url());
    println!("STRIPE_API_BASE={} STRIPE_SECRET_KEY={key} STRIPE_WEBHOOK_SECRET={}", stand_in.url(), secrets.join(","));
    prices.iter().for_each(|it| println!("price {}: {} {} a {}", it.id, it.amount, it.currency, it.interval));
    let Some(relay) = relay else { return std::future::pending().await };
    loop {
        // what is held back goes on when nothing else comes
        tokio::time::sleep(Duration::from_secs(2)).await;
        relay.flush().await;
    }
}
