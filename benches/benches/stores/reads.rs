//! What it costs to open a chat, to read all of it, and to list the chats.

use chatcore_benches::{Data, Failure, Line, Medians, Report, Shape, StoreKind, side_by_side};

use crate::scale::Scale;

/// Messages that are shown when a chat is opened, and conversations on a page of the list.
pub(crate) const PAGE: usize = 50;

/// The largest page there is.
const LARGEST: usize = 200;

/// The last messages of a branch, each with "version i of n": beside a plain conversation, and by hand where there is a
/// language to say it in. That does less: it checks nothing and counts no versions.
pub(crate) async fn windows(kind: StoreKind, scale: &Scale, report: &mut Report) -> Result<(), Failure> {
    let data = Data::open(kind).await?;
    let plain = data.conversation(&data.me, scale.usual, Shape::Plain).await?;
    let (usual, deep) = (scale.usual, scale.deep);
    let mut raw = data.raw().await?;
    for (what, depth, shape, goal) in [
        (format!("depth {deep}, {} forks beside", scale.forks), deep, Shape::ForksBeside(scale.forks), "<= 1.5x"),
        (format!("depth {deep}, regenerated"), deep, Shape::Regenerated, "<= 3x"),
        (format!("depth {usual}, 1 of {}", scale.siblings), usual, Shape::Siblings(scale.siblings), ""),
    ] {
        let id = data.conversation(&data.me, depth, shape).await?;
        let medians = window_of(&data, scale, id, plain).await?;
        report.add(Line::medians(format!("last {PAGE}: {what} / depth {usual}"), medians, goal));
        if let Some(raw) = &mut raw
            && let Some(found) = raw.branch(id, u32::try_from(PAGE)?).await?
        {
            if found != data.branch(id, PAGE).await? {
                return Err(format!("{what}: both ways must read the same page").into());
            }
            let ours = async || data.branch(id, PAGE).await.map(drop);
            let by_hand = async || raw.branch(id, u32::try_from(PAGE)?).await.map(drop);
            let medians = side_by_side(scale.reads, ours, by_hand).await?;
            report.add(Line::medians(format!("last {PAGE}: {what} / by hand"), medians, ""));
        }
    }
    data.close().await.map(drop)
}

async fn window_of(
    data: &Data,
    scale: &Scale,
    id: chatcore::ConversationId,
    plain: chatcore::ConversationId,
) -> Result<Medians, Failure> {
    if [data.branch(id, PAGE).await?.len(), data.branch(plain, PAGE).await?.len()] != [PAGE; 2] {
        return Err("a page must be full".into());
    }
    let ours = async || data.branch(id, PAGE).await.map(drop);
    let reference = async || data.branch(plain, PAGE).await.map(drop);
    side_by_side(scale.reads, ours, reference).await
}

/// All pages of a branch that forked over and over, beside one that never did.
pub(crate) async fn whole_branch(kind: StoreKind, scale: &Scale, report: &mut Report) -> Result<(), Failure> {
    let data = Data::open(kind).await?;
    let forked = data.conversation(&data.me, scale.long, Shape::ForksOn(scale.forks)).await?;
    let plain = data.conversation(&data.me, scale.long, Shape::Plain).await?;
    for id in [forked, plain] {
        if data.whole_branch(id, LARGEST).await? != usize::try_from(scale.long)? {
            return Err("the pages of a branch must join".into());
        }
    }
    let ours = async || data.whole_branch(forked, LARGEST).await.map(drop);
    let reference = async || data.whole_branch(plain, LARGEST).await.map(drop);
    let medians = side_by_side(scale.reads / 3, ours, reference).await?;
    let what = format!("branch of {}: {} forks on it / plain", scale.long, scale.forks);
    report.add(Line::medians(what, medians, "<= 2x"));
    data.close().await.map(drop)
}

/// The newest conversations of an owner who has many.
pub(crate) async fn list(kind: StoreKind, scale: &Scale, report: &mut Report) -> Result<(), Failure> {
    let data = Data::open(kind).await?;
    data.library(scale.listed, 1).await?;
    let mut raw = data.raw().await?;
    let page = u32::try_from(PAGE)?;
    let found = match &mut raw {
        Some(raw) => raw.list(&data.me, page).await?,
        None => None,
    };
    let own = data.list(PAGE).await?;
    if own.len() != PAGE || found.as_ref().is_some_and(|found| *found != own) {
        return Err("both ways must list the same conversations".into());
    }
    let ours = async || data.list(PAGE).await.map(drop);
    let by_hand = async || match &mut raw {
        Some(raw) => raw.list(&data.me, page).await.map(drop),
        None => Ok(()),
    };
    let medians = side_by_side(scale.reads, ours, by_hand).await?;
    let what = format!("list: {PAGE} of {} conversations", scale.listed);
    report.add(match found {
        Some(_) => Line::medians(format!("{what} / by hand"), medians, ""),
        None => Line::alone(what, medians),
    });
    data.close().await.map(drop)
}
