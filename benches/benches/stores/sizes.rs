//! What a store costs that holds much.

use chatcore::ConversationId;
use chatcore_benches::{Data, Failure, Line, Report, StoreKind, side_by_side};

use crate::reads::PAGE;
use crate::scale::Scale;

/// A store, its conversations, and which one is next.
struct Filled {
    data: Data,
    ids: Vec<ConversationId>,
    turn: usize,
}

impl Filled {
    async fn open(kind: StoreKind, count: u32, each: u32) -> Result<Self, Failure> {
        let data = Data::open(kind).await?;
        // so many at least that the list has a full page
        data.library(u32::try_from(PAGE)?, 1).await?;
        let ids = data.library(count, each).await?;
        Ok(Self { data, ids, turn: 0 })
    }

    /// Conversations far apart, one after the other.
    fn next(&mut self) -> Result<ConversationId, Failure> {
        self.turn += 37;
        self.ids.get(self.turn % self.ids.len()).copied().ok_or_else(|| "no conversation".into())
    }

    async fn append(&mut self) -> Result<(), Failure> {
        let id = self.next()?;
        self.data.append(id).await.map(drop)
    }

    async fn window(&mut self) -> Result<(), Failure> {
        let id = self.next()?;
        self.data.branch(id, PAGE).await.map(drop)
    }

    async fn list(&mut self) -> Result<(), Failure> {
        self.data.list(PAGE).await.map(drop)
    }
}

/// Appends and pages in a big store, beside a small one.
pub(crate) async fn big_and_small(kind: StoreKind, scale: &Scale, report: &mut Report) -> Result<(), Failure> {
    let mut big = Filled::open(kind, scale.many, scale.each).await?;
    let mut small = Filled::open(kind, scale.few, scale.each).await?;
    let sizes = format!("with {} messages / {}", scale.many * scale.each, scale.few * scale.each);
    let appends = usize::try_from(scale.appends)?;
    let medians = side_by_side(appends, async || big.append().await, async || small.append().await).await?;
    report.add(Line::medians(format!("append, {sizes}"), medians, "<= 1.6x"));
    let medians = side_by_side(scale.reads, async || big.window().await, async || small.window().await).await?;
    report.add(Line::medians(format!("last {PAGE}, {sizes}"), medians, "<= 1.6x"));
    let medians = side_by_side(scale.reads, async || big.list().await, async || small.list().await).await?;
    report.add(Line::medians(format!("list, {sizes}"), medians, "<= 1.6x"));
    big.data.close().await?;
    small.data.close().await.map(drop)
}

/// Bytes on disk for each byte of text.
pub(crate) async fn on_disk(kind: StoreKind, scale: &Scale, report: &mut Report) -> Result<(), Failure> {
    let data = Data::open(kind).await?;
    data.library(scale.weighed / 100, 100).await?;
    if let Some(bytes) = data.close().await? {
        let text = u64::from(scale.weighed) * u64::try_from(Data::words().len())?;
        let what = format!("MB on disk / of text, {} messages", scale.weighed);
        let [bytes, text] = [bytes, text].map(|bytes| u32::try_from(bytes / 1000).map(|kb| f64::from(kb) / 1e3));
        report.add(Line::amounts(what, bytes?, text?));
    }
    Ok(())
}
