//! Accounts that are erased by processes that are killed: the next ones go on, until nothing is left, and nobody else has lost
//! anything.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use chatcore::account::{AccountState, Caller, NewAccount, PasswordPolicy};
use chatcore::attachment::AttachmentRules;
use chatcore::billing::ledger::Credit;
use chatcore::check::{Options, check};
use chatcore::conversation::{NewConversation, NewMessage, Part};
use chatcore::erasure::SETTLE;
use chatcore::job::Job;
use chatcore::store::{AnyRecord, Batch, Change, Kind as Records, Stop, Tx};
use chatcore::{JobId, UserId};
use chatcore_server::app::App;
use futures::stream;
use libtest_mimic::Failed;
use rand::RngExt;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;

use super::journal::{Done, Line, News};
use super::machine::{Place, Plan};
use super::order::Order;
use super::process::Writer;
use super::report::Tally;
use super::stores::{self, Kind};
use crate::canaries::{CANARIES, app, found, plant, said};

/// How much longer than the one before each process may live, at most.
const LONGER_MS: u64 = 15;
/// Conversations of somebody who has been here for a while.
const CHATS: usize = 24;

/// What a process is to do that erases.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Erasing {
    /// Where the bytes of attachments lie.
    files: PathBuf,
    /// Whose account it deletes first.
    delete: Option<UserId>,
}

/// The process that is killed: does what a server does about deleted accounts, and says when it is through.
pub(crate) async fn work(url: &str, order: &Erasing) -> bool {
    let say = |news| Line { task: 0, number: 0, news }.say().expect("somebody reads");
    let app = app(url.to_owned(), &order.files).await;
    if let Some(user) = order.delete {
        app.credentials.accounts().delete_account(None, user).await.expect("the account is deleted");
    }
    say(News::Open);
    app.chat.erase().await.expect("the store takes it");
    say(News::Done(Done::Nothing));
    let at_once = AttachmentRules { grace: Duration::ZERO, linger: Duration::ZERO, ..AttachmentRules::default() };
    let files = app.chat.attachments().expect("attachments are on").with_rules(at_once);
    files.sweep().await.expect("the store takes it");
    app.tidy().await;
    app.close().await;
    true
}

/// Kills while an account is looked through, and while it is looked through once more.
pub(crate) fn goes_on(kind: Kind, plan: Plan) -> Result<(), Failed> {
    let mut random = plan.random("erasing");
    let mut tally = Tally::new(format!("{}::kills_while_erasing", kind.name()));
    let runtime = Runtime::new()?;
    while tally.kills < plan.kills && tally.problems.is_empty() {
        let scene = runtime.block_on(Scene::new(kind))?;
        let delete = Some(scene.user);
        scene.killed_until_it_is_through(&runtime, delete, &mut random, &mut tally)?;
        runtime.block_on(scene.time_passes())?;
        scene.killed_until_it_is_through(&runtime, None, &mut random, &mut tally)?;
        scene.writer(None)?.wait()?;
        runtime.block_on(scene.expect_erased(&mut tally))?;
    }
    tally.verdict(plan.seed)
}

/// A store with somebody who goes and somebody who stays.
struct Scene {
    place: Place,
    user: UserId,
    neighbour: UserId,
    /// What is stored of the neighbour, and what was booked for either.
    kept: Vec<Vec<u8>>,
}

impl Scene {
    async fn new(kind: Kind) -> Result<Self, Failed> {
        let place = Place::new(kind)?;
        let app = app(place.url.clone(), &place.folder().join("files")).await;
        let user = plant(&app).await;
        let new = NewAccount {
            username: Some("neighbour".into()),
            email: None,
            password: "nobody looks for this one".into(),
            policy: PasswordPolicy::default(),
        };
        let neighbour = app.credentials.accounts().register(new).await?.id;
        for (who, chats) in [(user, CHATS), (neighbour, 2)] {
            live(&app, &Caller::user(who), chats).await?;
        }
        // as long as it is open: closing may already clear what was written over
        let planted = found(place.folder());
        app.close().await;
        if planted.len() < CANARIES {
            return Err(format!("only {planted:?} were planted").into());
        }
        let scene = Self { place, user, neighbour, kept: Vec::new() };
        let kept = scene.kept().await?;
        Ok(Self { kept, ..scene })
    }

    fn writer(&self, delete: Option<UserId>) -> Result<Writer, Failed> {
        let erasing = Erasing { files: self.place.folder().join("files"), delete };
        let order = Order::new(&self.place.url, 0, 0);
        Writer::start(&Order { erasing: Some(erasing), ..order }, &[])
    }

    /// Each process lives a little longer than the one before, so one of them comes to the end.
    fn killed_until_it_is_through(
        &self,
        runtime: &Runtime,
        delete: Option<UserId>,
        random: &mut StdRng,
        tally: &mut Tally,
    ) -> Result<(), Failed> {
        for n in 1.. {
            let mut writer = self.writer(delete)?;
            writer.hear(1, |news| matches!(news, News::Open))?;
            std::thread::sleep(Duration::from_millis(random.random_range(0..LONGER_MS * n)));
            let ended = writer.kill()?;
            tally.kills += 1;
            runtime.block_on(self.expect_sound(tally))?;
            let is_through = ended.lines.iter().any(|line| matches!(line.news, News::Done(_)));
            tally.settle(is_through);
            if is_through || !tally.problems.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// No request can be under way any more that was let in before the deletion.
    async fn time_passes(&self) -> Result<(), Failed> {
        let opened = stores::open(&self.place.url).await?;
        for job in opened.store.jobs(None, 9).await? {
            opened.store.commit(Batch::of(Aged(job.id))).await?;
        }
        opened.close().await;
        Ok(())
    }

    async fn expect_sound(&self, tally: &mut Tally) -> Result<(), Failed> {
        let opened = stores::open(&self.place.url).await?;
        let report = check(&*opened.store, &Options::default(), &mut |_| {}).await?;
        report.defects.iter().for_each(|defect| tally.defect(defect.to_string()));
        opened.close().await;
        Ok(())
    }

    async fn kept(&self) -> Result<Vec<Vec<u8>>, Failed> {
        let opened = stores::open(&self.place.url).await?;
        let books = [Records::LedgerEntry, Records::Wallet];
        let mut kept = Vec::new();
        for kind in Records::ALL.iter().copied().filter(|kind| !kind.is_projection()) {
            let mut about = vec![self.neighbour.to_string()];
            about.extend(books.contains(&kind).then(|| self.user.to_string()));
            let is_about = |bytes: &Vec<u8>| {
                let text = String::from_utf8_lossy(bytes);
                about.iter().any(|id| text.contains(id))
            };
            let all = opened.store.scan(kind, None, usize::MAX).await?;
            kept.extend(all.iter().map(AnyRecord::encode).filter(is_about));
        }
        opened.close().await;
        Ok(kept)
    }

    async fn expect_erased(&self, tally: &mut Tally) -> Result<(), Failed> {
        if self.place.kind == Kind::Sled {
            self.program("compact")?;
        }
        found(self.place.folder()).iter().for_each(|left| tally.tell("not erased", format!("{left:?}")));
        self.program("check")?;
        let opened = stores::open(&self.place.url).await?;
        let jobs = opened.store.jobs(None, 9).await?;
        jobs.iter().for_each(|job| tally.tell("not done", format!("{job:?}")));
        let user = opened.store.user(self.user).await?;
        if user.is_none_or(|user| user.state != AccountState::Deleted || user.username.is_some()) {
            tally.tell("not erased", "the name of the user");
        }
        opened.close().await;
        let kept = self.kept().await?;
        let lost = self.kept.iter().filter(|one| !kept.contains(one));
        lost.for_each(|one| tally.lost(String::from_utf8_lossy(one)));
        Ok(())
    }

    /// `chatcore-server store compact` and the like.
    fn program(&self, what: &str) -> Result<(), Failed> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chatcore-server"));
        let done =
            command.args(["store", what, "--store", &self.place.url]).current_dir(self.place.folder()).output()?;
        let said = || [done.stdout.as_slice(), &done.stderr].map(String::from_utf8_lossy).concat();
        if done.status.success() { Ok(()) } else { Err(format!("store {what}: {}", said()).into()) }
    }
}

/// A job that was begun longer ago than an erasure waits.
#[derive(Debug)]
struct Aged(JobId);

impl Change for Aged {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let job = tx.require::<Job>(&self.0)?;
        tx.update(Job { created_at: job.created_at.minus(SETTLE), ..job })
    }
}

/// Conversations with answers, a file, and credit.
async fn live(app: &App, me: &Caller, chats: usize) -> Result<(), Failed> {
    let service = app.chat.conversations();
    for n in 0..chats {
        let chat = service.create(me, NewConversation::default()).await?.id;
        app.chat.send(me, chat, format!("hello {n}").as_str()).await?.driver.await;
        for text in ["one", "two", "three"] {
            service.append(me, chat, said(text.into())).await?;
        }
    }
    let files = app.chat.attachments().ok_or("attachments are on")?;
    let bytes = format!("a file of {:?}", me.subject()).into_bytes();
    let file = files.upload(me, "file.txt", stream::iter([Ok(bytes)])).await?.id;
    let chat = service.create(me, NewConversation::default()).await?.id;
    // what nobody names goes with the next sweep
    service.append(me, chat, NewMessage { parts: vec![Part::naming(file)], ..said(String::new()) }).await?;
    app.ledger
        .adjust(None, me.subject(), &me.subject().to_string(), Credit::from_micros(5_000_000), "for the test")
        .await?;
    Ok(())
}
