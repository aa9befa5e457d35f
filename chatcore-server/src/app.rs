//! The application: a store, models and accounts, put together.

mod house;
mod turnstile;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chatcore::account::{Accounts, PasswordHasher, Walk};
use chatcore::attachment::{AttachmentRules, Attachments};
use chatcore::audit::Audit;
use chatcore::billing::ledger::{Charging, PriceError, PriceTable, Unpriced};
use chatcore::billing::{Billing, Ledger};
use chatcore::conversation::MessageView;
use chatcore::limits::Limits;
use chatcore::office::Office;
use chatcore::share::Shares;
use chatcore::turn::{CurrentTime, Models, Run, Timing, Titles, Turn};
use chatcore::{Chat, Clock, Error, RandomIds, Store, Timestamp};
use chatcore_llm::SystemClock;
use futures::future::{BoxFuture, select};
use futures::{FutureExt, TryFutureExt};
use tokio::sync::{Semaphore, watch};

use crate::auth::{
    AccessTokens, Argon2Hasher, Credentials, KeyError, KeyRing, MasterSecret, RefreshTokens, SecretError, Ways,
};
use crate::blobs::{self, OpenBlobsError};
use crate::compat;
use crate::config::{AttachmentConfig, CompatConfig, Config, ConfigError, StoreUrl, TitlesConfig, ToolName};
use crate::mail::PostOffice;
use crate::models::{self, ModelsError};
use crate::payments::{self, PaymentsError};
use crate::stores::{self, OpenError, OpenStore};
use crate::telemetry;

pub use self::turnstile::{Busy, Pass, Turnstile};

/// The provider of models that follow no instructions.
const OFFLINE: &str = "offline";

/// How long mail may take when the server ends.
const MAIL: Duration = Duration::from_secs(5);

/// Uploads at once: each holds less than a megabyte.
const UPLOADS: usize = 64;

/// Exports at once: each reads everything of somebody, for as long as they take it.
const EXPORTS: usize = 8;

/// Everything that routes need.
pub struct App {
    /// Chats.
    pub chat: Chat,
    /// Links to conversations.
    pub shares: Shares,
    /// Who is asking.
    pub credentials: Credentials,
    /// How else people sign in.
    pub ways: Ways,
    /// Plans, and who pays for them.
    pub billing: Billing,
    /// Credit, and what became of it.
    pub ledger: Ledger,
    /// What is charged for.
    pub charging: Charging,
    /// By which prices.
    pub prices: PriceTable,
    /// What those who run the service see.
    pub office: Office,
    /// What they did.
    pub audit: Audit,
    /// Mounts for clients of other back ends.
    pub compat: CompatConfig,
    /// Where browsers reach the server.
    pub home: String,
    /// Counters of sign-ins, for all servers of the store.
    pub limits: Limits,
    /// Uploads that may be under way at once.
    pub uploads: Semaphore,
    /// Exports that are under way.
    pub exports: Arc<Turnstile>,
    mail: Option<PostOffice>,
    clock: Arc<dyn Clock>,
    ready: AtomicBool,
    /// How far old sessions and visitors were looked for.
    walk: Mutex<Walk>,
    /// Whether all runs have ended, and nothing more will be heard.
    quiet: watch::Sender<bool>,
    store: OpenStore,
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// There is no good secret.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The providers are not set up well.
    #[error(transparent)]
    Ways(#[from] ConfigError),
    /// The keys of access tokens are not good.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// There is no place beside the data where a secret could be kept.
    #[error("a server on {0} needs a secret: set CHATCORE_SECRET, to the same for all servers of this store")]
    NoSecret(StoreUrl),
    /// Mail cannot be sent as configured.
    #[error("failed to set up mail")]
    Mail(#[source] lettre::transport::smtp::Error),
    /// Payments cannot be taken as configured.
    #[error(transparent)]
    Payments(#[from] PaymentsError),
    /// The models are not set up well.
    #[error(transparent)]
    Models(#[from] ModelsError),
    /// A model has a price that cannot be counted with.
    #[error(transparent)]
    Prices(#[from] PriceError),
    /// The store keeps nothing of what is used.
    #[error("failed to set up limits and charging")]
    Terms(#[source] Error),
    /// There is no place for attachments as configured.
    #[error(transparent)]
    Blobs(#[from] OpenBlobsError),
    /// Conversations cannot be named as configured.
    #[error("`titles` names no model: there is no `{0}`")]
    Titles(String),
    /// What was left from the last time cannot be put in order.
    #[error("failed to recover")]
    Recover(#[source] Error),
    /// The address cannot be used.
    #[error("failed to listen on {address}")]
    Listen {
        /// Which.
        address: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The certificate cannot be used.
    #[error("failed to set TLS up")]
    Tls(#[from] crate::http::TlsError),
    /// Serving failed.
    #[error("failed to serve")]
    Serve(#[source] std::io::Error),
}

/// A turn whose driver is at work.
pub struct Begun {
    /// The message that was said.
    pub user_message: Option<MessageView>,
    /// The answer, open.
    pub assistant_message: MessageView,
    /// The run that writes it.
    pub run: Run,
    /// Ready when the run has ended.
    pub ended: BoxFuture<'static, ()>,
}

impl App {
    /// Opens the store, sets up the models, and puts in order what the last process left.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(config: &Config) -> Result<Arc<Self>, StartError> {
        let models = models::models(config).await?;
        Self::with_models(config, models).await
    }

    /// The same with models of one's own.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn with_models(config: &Config, models: impl Into<Models>) -> Result<Arc<Self>, StartError> {
        let at_once = std::thread::available_parallelism().map_or(1, usize::from);
        let hasher = Argon2Hasher::new(at_once).map_err(StartError::Recover)?;
        Self::with_hasher(config, models, Arc::new(hasher)).await
    }

    /// The same with passwords hashed by something of one's own.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn with_hasher(
        config: &Config,
        models: impl Into<Models>,
        hasher: Arc<dyn PasswordHasher>,
    ) -> Result<Arc<Self>, StartError> {
        let secret = secret(config)?;
        let keys = KeyRing::new(&config.jwt, &secret)?;
        let open = stores::open(&config.store).await?;
        let store = open.store().clone();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids = Arc::new(RandomIds);
        let tokens = Arc::new(RefreshTokens::new(&secret));
        let accounts = Accounts::new(store.clone(), clock.clone(), ids.clone(), hasher, tokens.clone());
        let mail = post_office(config)?;
        let accounts = match &mail {
            Some(office) => accounts.with_mailer(Arc::new(office.clone())),
            None => accounts,
        };
        let access = compat::profiles(AccessTokens::new(keys, config.access_token_lifetime));
        let limits = Limits::new(store.clone(), clock.clone());
        let credentials = Credentials::new(accounts, access, clock.clone(), &secret, config.is_https())
            .with_visitors(config.sign_in.visitors);
        let ways = Ways::new(config, clock.clone())?;
        let billing = payments::billing(config, store.clone(), clock.clone(), ids.clone())?;
        billing.number_plans().await.map_err(StartError::Recover)?;
        let models = models.into();
        let titles = titles(config, &models)?;
        let terms = config.terms(models.list())?;
        let prices = terms.prices.clone();
        warn_of_unpriced(config.charging.charging, &models);
        let ledger = Ledger::new(store.clone(), clock.clone(), config.charging.credit);
        let chat = Chat::over(store.clone(), models, clock.clone(), ids).timing(timing(config)).titles(titles);
        let chat = match config.charging.is_unmetered {
            true => chat,
            false => chat.entitlements(terms).map_err(StartError::Terms)?,
        };
        let chat = telemetry::hooks(chat);
        let chat = config.tools.iter().fold(chat, |chat, tool| match tool {
            ToolName::CurrentTime => chat.tool(CurrentTime::new(SystemClock)),
        });
        let chat = match attachments(config, &store, &clock)? {
            Some(attachments) => chat.with_attachments(attachments),
            None => chat,
        };
        let ended = chat.recover().await.map_err(StartError::Recover)?;
        if ended > 0 {
            tracing::info!(runs = ended, "ended runs that the last process left");
        }
        let shares = Shares::new(chat.conversations().clone(), tokens);
        Ok(Arc::new(Self {
            shares,
            credentials,
            ways,
            billing,
            ledger,
            charging: config.charging.charging,
            prices,
            compat: compat::check(&config.compat, config.charging.charging),
            home: config.home(),
            office: Office::new(store.clone(), clock.clone(), chat.clone()),
            audit: Audit::new(store),
            chat,
            limits,
            uploads: Semaphore::new(UPLOADS),
            exports: Turnstile::new(EXPORTS),
            mail,
            clock,
            ready: AtomicBool::new(true),
            walk: Mutex::default(),
            quiet: watch::Sender::new(false),
            store: open,
        }))
    }

    /// The clock that everything here goes by.
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The store itself, for what is done beside the services.
    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        self.store.store()
    }

    /// Whether new requests are welcome.
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    /// Whether the store answers.
    pub async fn answers(&self) -> bool {
        self.store.store().jobs(None, 1).await.is_ok()
    }

    /// Begins a turn and lets its driver go. It happens apart from the request: a client that goes away in between
    /// leaves no run without a driver.
    ///
    /// # Errors
    /// As the function that begins it.
    pub async fn begin<F>(&self, begin: impl FnOnce(Chat) -> F) -> Result<Begun, Error>
    where
        F: Future<Output = Result<Turn, Error>> + Send + 'static,
    {
        if !self.is_ready() {
            return Err(Error::Overloaded);
        }
        let turn = begin(self.chat.clone());
        detached(async move {
            let Turn { user_message, assistant_message, run, driver, replayed, .. } = turn.await?;
            // the driver of a turn that began before only waits, so it is for whoever waits
            let over = driver.ended();
            let ended = if replayed {
                driver.boxed()
            } else {
                // a driver that breaks leaves its run to the reaper, and nobody waits for that
                select(over.boxed(), tokio::spawn(driver)).map(|_| ()).boxed()
            };
            Ok(Begun { user_message, assistant_message, run, ended })
        })
        .await
    }

    /// Says that no more requests are welcome, lets runs end by themselves for a while, and interrupts the rest.
    pub async fn wind_down(&self, patience: Duration) {
        self.ready.store(false, Ordering::Relaxed);
        let deadline = tokio::time::Instant::now() + patience;
        while self.chat.active_runs() > 0 && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.chat.interrupt_all();
        let deadline = tokio::time::Instant::now() + Duration::from_secs(5);
        while self.chat.active_runs() > 0 && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.quiet.send_replace(true);
    }

    /// Ready when the server is about to end and nothing more will be heard of runs.
    pub fn all_quiet(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut quiet = self.quiet.subscribe();
        async move {
            let _ = quiet.wait_for(|quiet| *quiet).await;
        }
    }

    /// Lets mail find its way, and closes the store.
    pub async fn close(&self) {
        if let Some(office) = &self.mail {
            office.close(MAIL).await;
        }
        self.store.close().await;
    }
}

/// Does something apart from whoever asks for it: if they go away, it is done all the same.
///
/// # Errors
/// As the work.
pub async fn detached<T: Send + 'static>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::spawn(work).map_err(|error| {
        if error.is_panic() {
            std::panic::resume_unwind(error.into_panic());
        }
        Error::Overloaded
    });
    done.await?
}

/// Where files that people attach are kept, if they are.
fn attachments(
    config: &Config,
    store: &Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
) -> Result<Option<Attachments>, StartError> {
    let AttachmentConfig { place, max_bytes } = &config.attachments;
    let Some(blobs) = blobs::open(place)? else {
        tracing::info!("attachments are off: set CHATCORE_ATTACHMENTS to where their bytes are to lie");
        return Ok(None);
    };
    let attachments = Attachments::new(store.clone(), clock.clone(), Arc::new(RandomIds), blobs, blobs::detect);
    let rules = AttachmentRules { max_bytes: *max_bytes, ..AttachmentRules::default() };
    Ok(Some(attachments.map_err(StartError::Recover)?.with_rules(rules)))
}

/// A heartbeat fits into the time without one several times.
fn timing(config: &Config) -> Timing {
    let usual = Timing::default();
    let heartbeat = usual.heartbeat.min(config.lapse / 4);
    Timing { heartbeat, lapse: config.lapse, keep_log: config.replay, ..usual }
}

/// Models that nobody can ask are no secret to whoever sets prices.
fn warn_of_unpriced(charging: Charging, models: &Models) {
    if charging == (Charging::PerToken { unpriced: Unpriced::Refuse }) {
        let unpriced = models.list().filter(|model| model.prices.is_none());
        let names: Vec<&str> = unpriced.map(|model| model.id.as_str()).collect();
        if !names.is_empty() {
            tracing::warn!(
                models = names.join(", "),
                "tokens are charged for, and these models have no price: nobody may ask them"
            );
        }
    }
}

/// Who names conversations.
fn titles(config: &Config, models: &Models) -> Result<Titles, StartError> {
    Ok(match &config.titles {
        TitlesConfig::Off => Titles::Off,
        TitlesConfig::Words => Titles::Words,
        TitlesConfig::Model => Titles::Model(None),
        TitlesConfig::Named(name) if models.find(Some(name)).is_none() => {
            return Err(StartError::Titles(name.clone()));
        }
        TitlesConfig::Named(name) => Titles::Model(Some(name.clone())),
        TitlesConfig::Usual => match models.list().next() {
            Some(model) if model.provider != OFFLINE => Titles::Model(None),
            _ => Titles::Words,
        },
    })
}

/// Who carries mail, if somebody does; without, addresses and forgotten passwords are asked for and nothing comes.
fn post_office(config: &Config) -> Result<Option<PostOffice>, StartError> {
    let Some(mail) = &config.mail else {
        tracing::info!(
            "mail is off: set CHATCORE_SMTP_URL and CHATCORE_MAIL_FROM to verify addresses and reset passwords"
        );
        return Ok(None);
    };
    tracing::info!("mail goes to {}", mail.server);
    let office = PostOffice::new(mail, config.public_url.clone(), Arc::new(RandomIds)).map_err(StartError::Mail)?;
    Ok(Some(office))
}

fn secret(config: &Config) -> Result<MasterSecret, StartError> {
    Ok(match (&config.secret, stores::secret_path(&config.store)) {
        (Some(secret), _) => MasterSecret::configured(secret.clone())?,
        (None, Some(path)) => MasterSecret::kept(&path)?,
        (None, None) if config.store == StoreUrl::Memory => MasterSecret::ephemeral()?,
        (None, None) => return Err(StartError::NoSecret(config.store.clone())),
    })
}
