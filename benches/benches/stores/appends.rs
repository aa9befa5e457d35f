//! What it costs to say something.

use std::iter::repeat_n;

use chatcore_benches::{Data, Failure, Line, Report, Shape, StoreKind, side_by_side};

use crate::scale::Scale;

/// One message at the head, beside the same rows by hand, which looks at nothing and answers with nothing.
pub(crate) async fn one_writer(kind: StoreKind, scale: &Scale, report: &mut Report) -> Result<(), Failure> {
    let data = Data::open(kind).await?;
    let id = data.conversation(&data.me, scale.short, Shape::Plain).await?;
    let mut raw = data.raw().await?;
    // in every other round the reference goes first, and may write what was written before
    data.append(id).await?;
    let own = async || data.append(id).await.map(drop);
    let by_hand = async || match &mut raw {
        Some(raw) => raw.append().await,
        None => Ok(()),
    };
    let medians = side_by_side(usize::try_from(scale.appends)?, own, by_hand).await?;
    report.add(match raw {
        Some(_) => Line::medians("append, 1 writer / by hand", medians, "<= 1.5x"),
        None => Line::alone("append, 1 writer", medians),
    });
    data.close().await.map(drop)
}

/// The same without the service: one batch for the store, beside the same rows by hand.
pub(crate) async fn one_batch(kind: StoreKind, scale: &Scale, report: &mut Report) -> Result<(), Failure> {
    let data = Data::open(kind).await?;
    let id = data.conversation(&data.me, 0, Shape::Plain).await?;
    let Some(mut raw) = data.raw().await? else { return Ok(()) };
    let mut last = None;
    data.commit(id, &mut last).await?;
    // what by hand repeats is what was written through the service
    data.append(data.conversation(&data.me, 2, Shape::Plain).await?).await?;
    let own = async || data.commit(id, &mut last).await;
    let medians = side_by_side(usize::try_from(scale.appends)?, own, async || raw.append().await).await?;
    report.add(Line::medians("append, store alone / by hand", medians, "<= 1.5x"));
    data.close().await.map(drop)
}

/// One message at the end of a deep conversation, beside a short one.
pub(crate) async fn deep(kind: StoreKind, scale: &Scale, report: &mut Report) -> Result<(), Failure> {
    let data = Data::open(kind).await?;
    let deep = data.conversation(&data.me, scale.deep, Shape::Plain).await?;
    // a short one that is written to is soon no longer short
    let each: u32 = 2;
    let mut short = Vec::new();
    for _ in 0..(scale.appends + 10).div_ceil(each) {
        let id = data.conversation(&data.me, scale.short, Shape::Plain).await?;
        short.extend(repeat_n(id, usize::try_from(each)?));
    }
    let mut short = short.into_iter();
    let ours = async || data.append(deep).await.map(drop);
    let reference = async || data.append(short.next().ok_or("no conversation left")?).await.map(drop);
    let medians = side_by_side(usize::try_from(scale.appends)?, ours, reference).await?;
    let what = format!("append at depth {} / {}", scale.deep, scale.short);
    report.add(Line::medians(what, medians, "<= 1.2x"));
    data.close().await.map(drop)
}
