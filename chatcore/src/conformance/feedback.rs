//! What people think of answers, through the service.

use super::bench::{Bench, expect_gone};
use super::raw::Insert;
use crate::account::Caller;
use crate::conversation::{Message, NewConversation, Parent, Role};
use crate::error::Error;
use crate::feedback::{Feedback, MAX_COMMENT_CHARS, Opinion, Rating};
use crate::id::MessageId;
use crate::job::{Job, Work};
use crate::page::PageRequest;
use crate::store::{Batch, Kind};
use crate::testing::{Script, user, visitor};

fn opinion(rating: Rating, comment: Option<&str>) -> Option<Opinion> {
    Some(Opinion { rating, comment: comment.map(str::to_owned) })
}

async fn rate(bench: &Bench<'_>, of: MessageId, opinion: Option<Opinion>) -> Result<Option<Feedback>, Error> {
    bench.conversations().set_feedback(&bench.caller, of, opinion).await
}

/// A question and its answer.
async fn asked(bench: &Bench<'_>) -> [Message; 2] {
    let id = bench.conversation().await;
    bench.chain(id, 2).await.try_into().unwrap()
}

pub(super) async fn feedback_is_said_once(bench: Bench<'_>) {
    let [_, answer] = asked(&bench).await;
    assert_eq!(bench.view(answer.id).await.feedback, None);
    let first = rate(&bench, answer.id, opinion(Rating::Up, None)).await.unwrap().unwrap();
    bench.tick();
    let second = rate(&bench, answer.id, opinion(Rating::Down, Some("  wrong year \n"))).await.unwrap().unwrap();
    assert_eq!((second.rating, second.comment.as_deref()), (Rating::Down, Some("wrong year")));
    assert_eq!(second.created_at, first.created_at, "it is still the same feedback");
    assert!(second.updated_at > first.updated_at, "it was said later");
    assert_eq!(bench.view(answer.id).await.feedback.as_ref(), Some(&second));
    assert_eq!(bench.branch(answer.conversation, 50).await[1].feedback, Some(second));
    assert_eq!(bench.count(Kind::Feedback).await, 1);
    // an empty comment is none
    let third = rate(&bench, answer.id, opinion(Rating::Down, Some(" "))).await.unwrap().unwrap();
    assert_eq!(third.comment, None);
    for _ in 0..2 {
        assert_eq!(rate(&bench, answer.id, None).await.unwrap(), None);
        assert_eq!(bench.count(Kind::Feedback).await, 0);
    }
    assert_eq!(bench.view(answer.id).await.feedback, None);
}

pub(super) async fn only_answers_get_feedback(bench: Bench<'_>) {
    let [question, answer] = asked(&bench).await;
    let good = || opinion(Rating::Up, None);
    assert!(matches!(rate(&bench, question.id, good()).await, Err(Error::Invalid { .. })));
    let service = bench.conversations();
    expect_gone(service.set_feedback(&user(99), answer.id, good()).await);
    for wrong in ["x".repeat(MAX_COMMENT_CHARS + 1), "\0".to_owned()] {
        let refused = rate(&bench, answer.id, opinion(Rating::Up, Some(&wrong))).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "comment", .. })));
    }
    bench.model.will(Script::default().text("well").hang());
    let turn = bench.chat.send(&bench.caller, answer.conversation, "and?").await.unwrap();
    let open = turn.assistant_message.message.id;
    assert!(matches!(rate(&bench, open, good()).await, Err(Error::Busy)));
    assert_eq!(bench.count(Kind::Feedback).await, 0, "what was refused left something");
    drop(turn.driver);
    bench.conversations().delete(&bench.caller, answer.conversation).await.unwrap();
    expect_gone(rate(&bench, answer.id, good()).await);
}

pub(super) async fn feedback_goes_with_its_message(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let chain = bench.chain(id, 6).await;
    for answer in [&chain[1], &chain[3], &chain[5]] {
        rate(&bench, answer.id, opinion(Rating::Up, Some("good"))).await.unwrap();
    }
    bench.conversations().delete_subtree(&bench.caller, chain[2].id).await.unwrap();
    assert_eq!(bench.count(Kind::Feedback).await, 1, "one answer is left, and what was said of it");
    assert!(bench.view(chain[1].id).await.feedback.is_some());
    bench.expect_sound().await;
    bench.conversations().delete(&bench.caller, id).await.unwrap();
    assert_eq!(bench.count(Kind::Feedback).await, 0);
    bench.expect_sound().await;
}

pub(super) async fn feedback_goes_with_its_owner(bench: Bench<'_>) {
    let (from, to): (Caller, Caller) = (visitor(1), user(1));
    let service = bench.conversations();
    let id = service.create(&from, NewConversation::default()).await.unwrap().id;
    service.append(&from, id, super::bench::message(Parent::Head, Role::User, "q")).await.unwrap();
    let answer = service.append(&from, id, super::bench::message(Parent::Head, Role::Assistant, "a")).await.unwrap();
    let answer = answer.message.id;
    service.set_feedback(&from, answer, opinion(Rating::Down, Some("no"))).await.unwrap();
    let work = Work::Adopt { from: from.subject(), to: to.subject() };
    let job = Job { id: bench.mint_job(), work, created_at: bench.now() };
    bench.commit(Batch::of(Insert(job))).await.unwrap();
    service.resume_jobs(crate::Timestamp::MAX).await.unwrap();
    let page = service.branch(&to, id, None, &PageRequest::first()).await.unwrap();
    let feedback = page.items[1].feedback.clone().unwrap();
    assert_eq!((feedback.by, feedback.comment.as_deref()), (to.subject(), Some("no")));
    assert_eq!(bench.count(Kind::Feedback).await, 1);
    service.set_feedback(&to, answer, None).await.unwrap();
    assert_eq!(bench.count(Kind::Feedback).await, 0);
    bench.expect_sound().await;
}
