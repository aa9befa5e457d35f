//! The process that is killed: does random work and says what was acknowledged.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use chatcore::account::Caller;
use chatcore::store::StoreErrorKind;
use chatcore::testing::user;
use chatcore::{Error, MessageId};
use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::task::JoinSet;

use super::batches::Batches;
use super::erasure;
use super::journal::{Done, Line, News, Work};
use super::ledger::{Ledger, owner};
use super::order::Order;
use super::services::Services;
use super::stores::{self, Opened};
use super::tree;

/// What one task knows and does.
pub(crate) struct Task {
    pub(crate) index: u32,
    pub(crate) number: u64,
    pub(crate) order: Arc<Order>,
    pub(crate) opened: Arc<Opened>,
    pub(crate) caller: Caller,
    pub(crate) random: StdRng,
    /// What this task has in the store.
    pub(crate) ledger: Ledger,
    /// A message that stays.
    pub(crate) remembered: Option<MessageId>,
}

/// Does what the order says, and ends the process.
pub(crate) fn run(order: Order) -> std::process::ExitCode {
    // whoever gave the order holds the other end, so the writer never outlives it
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(3);
    });
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let said = runtime.block_on(work(Arc::new(order)));
    std::process::ExitCode::from(if said { 0 } else { 2 })
}

async fn work(order: Arc<Order>) -> bool {
    if let Some(erasing) = &order.erasing {
        return erasure::work(&order.url, erasing).await;
    }
    let say = |news| Line { task: u32::MAX, number: 0, news }.say().expect("somebody reads");
    let opened = match stores::open(&order.url).await {
        Ok(opened) => Arc::new(opened),
        Err(error) => {
            say(News::Unopened(chain(&error)));
            return false;
        }
    };
    if let Err(error) = opened.recover().await {
        say(News::Unopened(format!("recovering: {}", chain(&error))));
        return false;
    }
    say(News::Open);
    let mut tasks = JoinSet::new();
    for index in 0..order.service_tasks + order.batch_tasks {
        let task = Task::new(index, &order, &opened);
        if index < order.service_tasks {
            tasks.spawn(Services::run(task));
        } else {
            tasks.spawn(Batches::run(task));
        }
    }
    while let Some(ended) = tasks.join_next().await {
        ended.expect("no task panics");
    }
    if let Some(opened) = Arc::into_inner(opened) {
        opened.close().await;
    }
    true
}

/// An error with all that lies beneath.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let beneath = std::iter::successors(error.source(), |error| error.source());
    beneath.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

impl Task {
    fn new(index: u32, order: &Arc<Order>, opened: &Arc<Opened>) -> Self {
        let seed = order.seed ^ (u64::from(index) << 32) ^ order.round;
        Self {
            index,
            number: 0,
            order: order.clone(),
            opened: opened.clone(),
            caller: user(owner(index)),
            random: StdRng::seed_from_u64(seed),
            ledger: Ledger::default(),
            remembered: None,
        }
    }

    pub(crate) fn say(&mut self, news: News) {
        let line = Line { task: self.index, number: self.number, news };
        line.say().expect("somebody reads");
        self.ledger.take(&line);
    }

    /// A name that nothing else has; titles of this task's conversations all begin alike.
    pub(crate) fn name(&self) -> String {
        format!("{}r{}n{}", self.prefix(), self.order.round, self.number + 1)
    }

    pub(crate) fn prefix(&self) -> String {
        format!("task{}-", self.index)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.order.attempts.is_some_and(|attempts| self.number >= attempts)
    }

    /// Says what is attempted, does it, and says what became of it.
    pub(crate) async fn attempt<T>(
        &mut self,
        work: Work,
        doing: impl Future<Output = Result<T, Error>> + Send,
        done: impl FnOnce(&T) -> Done + Send,
    ) -> Option<T> {
        self.number += 1;
        self.say(News::Try(work.clone()));
        match doing.await {
            Ok(result) => {
                self.say(News::Done(done(&result)));
                Some(result)
            }
            Err(error) => {
                self.failed(&work, &error).await;
                None
            }
        }
    }

    async fn failed(&mut self, work: &Work, error: &Error) {
        let unsure = matches!(error, Error::Store(error) if *error.kind() == StoreErrorKind::Unavailable);
        self.say(if unsure { News::Unsure(chain(error)) } else { News::Refused(chain(error)) });
        if unsure {
            self.abandon(work);
        }
        let read = self.read_back().await.err().map(|error| chain(&error));
        self.say(News::Read(read));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }

    /// Whatever may have changed is left alone from now on, so that two possibilities are never four.
    pub(crate) fn abandon(&mut self, work: &Work) {
        let both = match work {
            Work::Batch(batch) => vec![batch.row, batch.other],
            other => other.conversation().into_iter().collect(),
        };
        both.iter().for_each(|id| drop(self.ledger.conversations.remove(id)));
    }

    /// Reads something that was acknowledged.
    async fn read_back(&self) -> Result<(), Error> {
        let Some(id) = self.remembered else { return Ok(()) };
        self.opened.chat.conversations().message(&self.caller, id).await.map(|_| ())
    }

    /// What earlier writers left of this task's.
    pub(crate) async fn load(&mut self) -> Result<(), Error> {
        let service = self.opened.chat.conversations().clone();
        for (id, title) in tree::list(&service, &self.caller).await? {
            if !title.starts_with(&self.prefix()) {
                continue;
            }
            let (views, head) = tree::read(&service, &self.caller, id).await?;
            let content = super::ledger::Content::Tree(tree::Tree::of(&views, head));
            let kept = super::ledger::Kept { owner: owner(self.index), title, content };
            self.ledger.conversations.insert(id, kept);
        }
        Ok(())
    }

    /// Some message of a conversation that fits.
    pub(crate) fn pick(
        &mut self,
        from: &tree::Tree,
        fits: impl Fn(&MessageId, &tree::Node) -> bool,
    ) -> Option<MessageId> {
        use rand::seq::IteratorRandom;
        let fitting = from.nodes.iter().filter(|(id, node)| fits(id, node)).map(|(id, _)| *id);
        fitting.choose(&mut self.random)
    }
}
