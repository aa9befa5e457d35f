//! Feedback and links: both are on messages that are there.

use super::changes::{Absent, Remove, Same};
use super::finding::{Finding, Group};
use super::pages::{Pages, readable};
use super::walk::Walk;
use crate::conversation::Message;
use crate::feedback::Feedback;
use crate::share::Share;
use crate::store::{Batch, Record, StoreError};

pub(super) async fn check(walk: &mut Walk<'_>) -> Result<(), StoreError> {
    let mut all = Pages::<Feedback>::new();
    while let Some(feedback) = all.next(walk).await? {
        let Some(found) = readable(walk.store.message(feedback.message).await)? else { continue };
        let (evidence, detail) = match found {
            Some(message) if message.owner == feedback.by => continue,
            Some(message) => (Batch::of(Same(message)), "its message is somebody else's"),
            None => (Batch::of(Absent::<Message>(feedback.message)), "its message is not there"),
        };
        let finding = Finding::on::<Feedback>("feedback_without_message", &feedback.key(), detail);
        walk.found(Group::of(finding, evidence.and(Remove(feedback)))).await?;
    }
    let mut all = Pages::<Share>::new();
    while let Some(share) = all.next(walk).await? {
        let Some(found) = readable(walk.store.message(share.message).await)? else { continue };
        let (evidence, detail) = match found {
            Some(message) if message.conversation == share.conversation => continue,
            Some(message) => (Batch::of(Same(message)), "its message is in another conversation"),
            None => (Batch::of(Absent::<Message>(share.message)), "its message is not there"),
        };
        let finding = Finding::on::<Share>("share_without_message", &share.hash, detail);
        walk.found(Group::of(finding, evidence.and(Remove(share)))).await?;
    }
    Ok(())
}
