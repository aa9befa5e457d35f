//! How the suite gets a model, and what it may know of the provider behind it.

use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;

use crate::turn::{LanguageModel, ModelErrorKind, Usage};

/// What a provider does with the next request.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Scene {
    /// What it does when nobody told it anything; ends the scene before.
    Usual,
    /// Says these pieces, tells each of these usages (totals so far, the last one behind all text), and ends well.
    Says {
        /// The pieces.
        pieces: Vec<String>,
        /// Totals of input and output, each not less than the one before it.
        usage: Vec<Usage>,
    },
    /// Calls a tool, its arguments in as many pieces as the wire allows, and ends well.
    Calls {
        /// The id of the call, where the wire has one.
        id: String,
        /// Which tool.
        name: String,
        /// Its arguments.
        arguments: String,
    },
    /// Says these pieces, and then the connection breaks.
    Breaks {
        /// The pieces.
        pieces: Vec<String>,
    },
    /// Says these pieces, then nothing any more, and holds the connection.
    Hangs {
        /// The pieces.
        pieces: Vec<String>,
    },
    /// Takes the request and never answers at all.
    Silent,
    /// Refuses, every time it is asked until the next scene.
    Refuses {
        /// The kind that this must be told as: `RateLimited`, `Unauthorized`, `BadRequest` or `Unavailable`.
        kind: ModelErrorKind,
        /// How long it asks to be left alone, in whole seconds.
        retry_after: Option<Duration>,
    },
}

/// What the author of a model writes to run the suite. Every check makes a harness of its own.
#[async_trait]
pub trait ModelHarness: Send + Sync {
    /// The model. It is asked by nobody else.
    async fn open(&self) -> Arc<dyn LanguageModel>;

    /// What the model answers to a conversation that consists of this one message. `None` if nobody can know; the checks
    /// that compare are skipped then.
    fn answer(&self, question: &str) -> Option<String> {
        let _ = question;
        None
    }

    /// Lets the provider do this when it is next asked. False if that cannot be arranged; the checks that need it are
    /// skipped then.
    async fn stage(&self, scene: Scene) -> bool {
        let _ = scene;
        false
    }

    /// How many answers are being worked on, as the provider sees it. `None` if nobody can know.
    async fn at_work(&self) -> Option<usize> {
        None
    }

    /// How often the provider was asked. `None` if nobody can know.
    async fn asked(&self) -> Option<usize> {
        None
    }

    /// Lets a little time pass, so that what ends can end. A harness with a runtime sleeps some milliseconds.
    async fn pause(&self) {
        let mut waited = false;
        futures::future::poll_fn(|context| {
            if std::mem::replace(&mut waited, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    /// Runs a check to its end. A model that needs a runtime enters it here.
    fn run(&self, check: BoxFuture<'_, ()>) {
        futures::executor::block_on(check);
    }
}
