//! The harness can fail: writers that do it wrong, and stores that were tampered with, are noticed.

use std::time::Duration;

use chatcore::conversation::Part;
use chatcore::testing::user;
use libtest_mimic::Failed;

use super::audit::audit;
use super::journal::News;
use super::ledger::{Content, Ledger};
use super::machine::{Place, Plan};
use super::order::{Lie, Order};
use super::process::Writer;
use super::report::Tally;
use super::stores::{self, Kind};

/// At a kill some task is between its acknowledgement and its commit; if none is, another kill will tell.
const KILLS: u64 = 10;

pub(crate) fn acknowledging_early_is_noticed(plan: Plan) -> Result<(), Failed> {
    let tally = lie(plan, Lie::Early)?;
    if tally.lost == 0 {
        return Err("acknowledged batches were lost, and nobody noticed".into());
    }
    Ok(())
}

pub(crate) fn torn_batches_are_noticed(plan: Plan) -> Result<(), Failed> {
    let tally = lie(plan, Lie::Torn)?;
    if tally.torn == 0 {
        return Err("batches were torn, and nobody noticed".into());
    }
    Ok(())
}

fn lie(plan: Plan, lie: Lie) -> Result<Tally, Failed> {
    let place = Place::new(Kind::Sqlite)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let (mut tally, mut ledger) = (Tally::new("a lie"), Ledger::default());
    for round in 0..KILLS {
        let order = Order { lie: Some(lie), ..Order::new(&place.url, round, plan.seed).batches(8) };
        let mut writer = Writer::start(&order, &[])?;
        writer.hear(40, |news| matches!(news, News::Done(_)))?;
        std::thread::sleep(Duration::from_millis(round));
        ledger.take_all(&writer.kill()?.lines);
        runtime.block_on(audit(&place.url, &mut ledger, &mut tally))?;
        if tally.lost + tally.torn > 0 {
            break;
        }
    }
    Ok(tally)
}

/// What was acknowledged is taken away, changed or brought back behind the auditor's back, one thing after the other.
pub(crate) fn tampering_is_noticed(plan: Plan) -> Result<(), Failed> {
    let place = Place::new(Kind::Sqlite)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let mut ledger = Ledger::default();
    let order = Order { batch_tasks: 0, ..Order::new(&place.url, 0, plan.seed) }.attempts(30);
    ledger.take_all(&Writer::start(&order, &[])?.wait()?.lines);
    let mut honest = Tally::new("lies::tampering");
    runtime.block_on(audit(&place.url, &mut ledger, &mut honest))?;
    let acknowledged = honest.acknowledged;
    honest.verdict(plan.seed)?;
    if acknowledged < 100 {
        return Err(format!("only {acknowledged} things were acknowledged").into());
    }
    for way in [Way::Revise, Way::Delete, Way::DeleteConversation, Way::Invent] {
        runtime.block_on(tamper(&place.url, &ledger, way))?;
        let mut tally = Tally::new("tampered");
        runtime.block_on(audit(&place.url, &mut ledger, &mut tally))?;
        if tally.lost + tally.torn == 0 {
            return Err(format!("{way:?} went unnoticed").into());
        }
    }
    Ok(())
}

#[derive(Debug, Clone, Copy)]
enum Way {
    Revise,
    Delete,
    DeleteConversation,
    Invent,
}

async fn tamper(url: &str, ledger: &Ledger, way: Way) -> Result<(), Failed> {
    let opened = stores::open(url).await?;
    let filled = ledger.conversations.iter().find_map(|(id, kept)| match &kept.content {
        Content::Tree(tree) => Some((*id, user(kept.owner), *tree.nodes.keys().next()?)),
        Content::Path(_) => None,
    });
    let (id, caller, message) = filled.ok_or("there is no message")?;
    let service = opened.chat.conversations();
    match way {
        Way::Revise => drop(service.revise(&caller, message, vec![Part::text("something else")]).await?),
        Way::Delete => drop(service.delete_subtree(&caller, message).await?),
        Way::DeleteConversation => service.delete(&caller, id).await?,
        Way::Invent => drop(service.create(&caller, Default::default()).await?),
    }
    opened.close().await;
    Ok(())
}
