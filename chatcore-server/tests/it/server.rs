//! Servers in this process, over each store, on a port of their own.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use chatcore::account::{Accounts, PasswordHasher};
use chatcore::turn::Models;
use chatcore_llm::offline::{Echo, Eliza};
use chatcore_server::Server;
use chatcore_server::app::{App, StartError};
use chatcore_server::config::{AttachmentSettings, Config, HttpSettings, Settings};
use chatcore_sqlx::testing::{Durability, Postgres};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::client::{Client, PATIENCE, User};

/// What the servers sign tokens with, so that tests can sign some too.
pub(crate) const SECRET: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978";

/// Which store is under a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Memory,
    Sqlite,
    Sled,
    Postgres,
}

impl Kind {
    /// A fresh store of this kind, in that folder if it is files.
    pub(crate) fn url(self, folder: &Path) -> String {
        match self {
            Self::Memory => "memory:".to_owned(),
            Self::Sqlite => format!("sqlite:{}", folder.join("chat.db").display()),
            Self::Sled => format!("sled:{}", folder.join("chat.sled").display()),
            Self::Postgres => postgres().fresh(),
        }
    }
}

/// Runs each of these tests once per store; they are called `<test>::memory`, `<test>::sqlite` and so on.
macro_rules! each_store {
    ($($(#[doc = $doc:literal])* async fn $name:ident($kind:ident) $body:block)*) => {$(
        $(#[doc = $doc])*
        mod $name {
            use super::*;

            async fn check($kind: $crate::server::Kind) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn memory() {
                Box::pin(check($crate::server::Kind::Memory)).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                Box::pin(check($crate::server::Kind::Sqlite)).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sled() {
                Box::pin(check($crate::server::Kind::Sled)).await;
            }

            #[cfg_attr(no_postgres, ignore = "no PostgreSQL was installed when this was built")]
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                Box::pin(check($crate::server::Kind::Postgres)).await;
            }
        }
    )*};
}

/// A server that runs until it is dropped or told to end.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    app: Arc<App>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), StartError>>,
    data: TempDir,
}

/// The model `echo`, which says what it hears, and behind it `eliza`.
pub(crate) fn echo(delay: Duration) -> Models {
    Models::new().with(Echo::new().delay(delay)).with(Eliza::new())
}

/// The PostgreSQL of the tests, started by the first that needs it.
pub(crate) fn postgres() -> &'static Postgres {
    static SERVER: OnceLock<Postgres> = OnceLock::new();
    SERVER.get_or_init(|| Postgres::shared(Durability::Off).unwrap_or_else(|why| panic!("{why}")))
}

/// The settings of a server of the tests.
fn configured(kind: Kind, settings: Settings, data: &Path) -> Config {
    let usual = Settings {
        titles: Some("off".into()),
        listen: Some("127.0.0.1:0".into()),
        store: Some(kind.url(data).into()),
        secret: Some(SECRET.to_owned().into()),
        offline_delay_ms: Some(0),
        drain_seconds: Some(8),
        ollama: Some("off".into()),
        // beside the data where that is a place
        attachments: AttachmentSettings {
            place: (kind == Kind::Postgres).then(|| "memory:".to_owned()),
            max_bytes: None,
        },
        // tests ask more often than people do; those of `limits` say how often
        http: HttpSettings { rate_limits: Some("off".into()), ..HttpSettings::default() },
        ..Settings::default()
    };
    settings.or(usual).resolve().unwrap()
}

impl TestServer {
    /// With models that answer at once; the default one repeats what it hears.
    pub(crate) async fn start(kind: Kind) -> Self {
        Self::with(kind, echo(Duration::ZERO)).await
    }

    /// With models of a test's own.
    pub(crate) async fn with(kind: Kind, models: impl Into<Models>) -> Self {
        Self::set_up(kind, Settings::default(), Some(models.into())).await
    }

    /// With settings of a test's own, and the models that they name unless others are given.
    pub(crate) async fn set_up(kind: Kind, settings: Settings, models: Option<Models>) -> Self {
        let data = tempfile::tempdir().unwrap();
        let config = configured(kind, settings, data.path());
        let app = match models {
            Some(models) => App::with_models(&config, models).await.unwrap(),
            None => App::start(&config).await.unwrap(),
        };
        Self::serve(app, &config, data).await
    }

    /// With passwords hashed by a test's own means.
    pub(crate) async fn hashing(kind: Kind, settings: Settings, hasher: Arc<dyn PasswordHasher>) -> Self {
        let data = tempfile::tempdir().unwrap();
        let config = configured(kind, settings, data.path());
        let app = App::with_hasher(&config, echo(Duration::ZERO), hasher).await.unwrap();
        Self::serve(app, &config, data).await
    }

    async fn serve(app: Arc<App>, config: &Config, data: TempDir) -> Self {
        let server = Server::bind_app(app.clone(), config).await.unwrap();
        let address = server.address().unwrap();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        Self { address, app, stop, task, data }
    }

    /// The folder that its data lies in.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.data.path()
    }

    /// Somebody without an account.
    pub(crate) fn anonymous(&self) -> Client {
        Client::new(self.address)
    }

    /// The accounts behind the routes, for what is not done over HTTP.
    pub(crate) fn accounts(&self) -> &Accounts {
        self.app.credentials.accounts()
    }

    /// What the routes have.
    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    /// Somebody who has just registered.
    pub(crate) async fn user(&self, name: &str) -> User {
        self.anonymous().register(name).await
    }

    /// Asks the server to end, as a signal would.
    pub(crate) fn ask_to_end(self) -> JoinHandle<Result<(), StartError>> {
        let _ = self.stop.send(());
        tokio::spawn(async move {
            let ended = self.task.await.unwrap();
            // not before: the store is still written to
            drop(self.data);
            ended
        })
    }

    /// Ends the server in order.
    pub(crate) async fn end(self) {
        let ended = self.ask_to_end();
        tokio::time::timeout(PATIENCE, ended).await.expect("the server ends in time").unwrap().unwrap();
    }
}
