//! What the gateway tells.

use super::{Billing, STEP, expect};
use crate::account::{Caller, Permission};
use crate::audit::{Act, By, Draft, Object, ObjectKind};
use crate::billing::gateway::{GatewayError, News, Notice, Signed, Snapshot};
use crate::billing::inbox::{Look, ObserveSubscription, PaymentEvent, ReceiveEvent};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::once::Fingerprint;
use crate::page::{Cursor, CursorError, List, Page, PageRequest};
use crate::store::{Batch, Conflict, Domain, OrderedKey, StoreError};

/// What became of a message of the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The event, as it is stored.
    pub event: PaymentEvent,
    /// Whether this message gave rise to that, and not one before it.
    pub first: bool,
}

/// How often a look at the gateway is repeated because somebody else was quicker.
const LOOKS: usize = 8;

/// The longest id of anything, in bytes.
const MAX_ID: usize = 255;

impl Billing {
    /// A message has come that claims to be the gateway's. Whoever answers it answers with success exactly if this does:
    /// an error means that nothing was kept, and that the message should come again, unless it is
    /// [`GatewayError::NotProven`].
    ///
    /// # Errors
    /// [`Error::Gateway`]; [`Error::Store`]; [`Error::Overloaded`]; [`Error::NotFound`] without a gateway.
    pub async fn receive(&self, message: Signed<'_>) -> Result<Received, Error> {
        let now = self.clock.now();
        match self.gateway()?.read(&message, now) {
            Ok(notice) if is_kept(&notice) => self.take(notice, None).await,
            Ok(_) => self.park(&message, None, "an id in it cannot be kept".into(), now).await,
            Err(GatewayError::Unreadable { event, reason }) => self.park(&message, event, reason, now).await,
            Err(error) => Err(error.into()),
        }
    }

    /// Tries an event again that was not applied, as the gateway has it now if it does. One that was applied stays as it is.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::NotFound`] when neither the store nor the gateway has it; as [`Self::receive`].
    pub async fn replay<'a>(&self, by: impl Into<By<'a>>, id: &str) -> Result<PaymentEvent, Error> {
        let by = by.into();
        by.expect(Permission::Configure)?;
        let stored = self.store.payment_event(id).await?;
        let there = match &self.gateway {
            None => None,
            Some(gateway) => match gateway.event(id).await {
                Ok(there) => there.filter(|notice| notice.id == id && is_kept(notice)),
                // what is stored is good enough
                Err(_) if stored.is_some() => None,
                Err(error) => return Err(error.into()),
            },
        };
        let stored =
            stored.map(|event| Notice { id: event.id, kind: event.kind, created: event.created, news: event.news });
        let notice = there.or(stored).ok_or(Error::NotFound("payment event"))?;
        let draft = by.draft(Act::ReplayPayment, Object::new(ObjectKind::PaymentEvent, id), self.clock.now())?;
        Ok(self.take(notice, Some(draft)).await?.event)
    }

    /// Events that somebody must see to, the oldest first.
    ///
    /// # Errors
    /// [`Error::Denied`].
    pub async fn parked(&self, by: Option<&Caller>, after: Option<&PaymentEvent>) -> Result<Vec<PaymentEvent>, Error> {
        expect(by, Permission::Configure)?;
        let after = after.map(|event| (event.received_at, event.id.as_str()));
        Ok(self.store.parked_events(after, STEP).await?)
    }

    /// The same in pages.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::Invalid`] for a cursor of another list.
    pub async fn parked_page(&self, by: &Caller, page: &PageRequest) -> Result<Page<PaymentEvent>, Error> {
        by.require_permission(Permission::Configure)?;
        let after = page.position(List::ParkedEvents)?;
        let read = |mut bytes: &[u8]| <(Timestamp, String)>::read(&mut bytes).ok_or(CursorError);
        let after = after.map(read).transpose()?;
        let after = after.as_ref().map(|(received_at, id)| (*received_at, id.as_str()));
        let found = self.store.parked_events(after, page.size() + 1).await?;
        let place = |last: &PaymentEvent| (last.received_at, last.id.clone()).to_bytes();
        Ok(Page::cut(found, page.size(), |last| Cursor::new(List::ParkedEvents, place(last))))
    }

    /// Stores, claims and applies an event, with a look at the gateway where its order is not clear. One that somebody wants
    /// to be tried again comes with the entry that says so.
    async fn take(&self, notice: Notice, again: Option<Draft>) -> Result<Received, Error> {
        let mut look = None;
        for _ in 0..LOOKS {
            match self.commit(&notice, look.take(), again.clone()).await {
                Ok(Some(event)) => return Ok(Received { event, first: true }),
                Ok(None) => {
                    let event = self.store.payment_event(&notice.id).await?;
                    return Ok(Received { event: event.ok_or(Error::NotFound("payment event"))?, first: false });
                }
                Err(error) => {
                    let (Some(Conflict::Tie { version }), Some(id)) = (error.conflict(), notice.subscription()) else {
                        return Err(error.into());
                    };
                    look = Some(self.look(id, *version).await?);
                }
            }
        }
        Err(Error::Overloaded)
    }

    async fn commit(
        &self,
        notice: &Notice,
        look: Option<Look>,
        again: Option<Draft>,
    ) -> Result<Option<PaymentEvent>, StoreError> {
        let told = if let News::Subscription(told) = &notice.news { Some(told) } else { None };
        let seen = look.as_ref().and_then(|look| look.seen.as_ref().ok());
        let plans = self.sold_at(&told.into_iter().chain(seen).collect::<Vec<_>>()).await?;
        let change = ReceiveEvent {
            notice: notice.clone(),
            look,
            plans,
            grace: self.grace,
            knows_accounts: self.store.supports(Domain::Accounts),
            again: again.is_some(),
            at: self.clock.now(),
        };
        let done = self.store.commit(Batch::of(self.audited(change, again))).await?;
        Ok(done.get::<PaymentEvent>(&notice.id).cloned())
    }

    /// Looks at a subscription. What the gateway will never say is seen as such; what it cannot say now is an error.
    pub(super) async fn look(&self, id: &str, version: u64) -> Result<Look, Error> {
        let at = self.clock.now();
        let seen = match self.gateway()?.subscription(id).await {
            Ok(Some(snapshot)) => Ok(snapshot),
            Ok(None) => Err("the gateway has no such subscription".to_owned()),
            Err(GatewayError::Refused(reason) | GatewayError::Unreadable { reason, .. }) => Err(reason),
            Err(error) => return Err(error.into()),
        };
        Ok(Look { seen, version, at })
    }

    /// Takes over what was seen of a subscription at the gateway; looks again if somebody else was quicker.
    pub(super) async fn observe(&self, snapshot: Snapshot, version: u64, at: Timestamp) -> Result<(), Error> {
        let id = snapshot.id.clone();
        let mut look = Look { seen: Ok(snapshot), version, at };
        for _ in 0..LOOKS {
            let Ok(seen) = look.seen else { return Err(Error::NotFound("subscription")) };
            let plans = self.sold_at(&[&seen]).await?;
            let (version, at) = (look.version, look.at);
            let (grace, knows_accounts) = (self.grace, self.store.supports(Domain::Accounts));
            let change = ObserveSubscription { seen, version, looked_at: at, plans, grace, knows_accounts };
            match self.store.commit(Batch::of(change)).await {
                Ok(_) => return Ok(()),
                Err(error) => match error.conflict() {
                    Some(Conflict::Tie { version }) => look = self.look(&id, *version).await?,
                    _ => return Err(error.into()),
                },
            }
        }
        Err(Error::Overloaded)
    }

    /// Keeps a message that is proven and cannot be read, so that somebody sees to it and the gateway does not send it for
    /// days. The same message is kept once; it can be tried again if it says which event it is.
    async fn park(
        &self,
        message: &Signed<'_>,
        event: Option<String>,
        reason: String,
        now: Timestamp,
    ) -> Result<Received, Error> {
        let named = event.filter(|id| !id.is_empty() && fits(id));
        let id = named.unwrap_or_else(|| format!("unreadable:{:?}", Fingerprint::of([message.body])));
        let notice = Notice { id, kind: "unreadable".into(), created: now, news: News::Unreadable(reason) };
        self.take(notice, None).await
    }
}

/// Whether every store can keep an id.
fn fits(id: &str) -> bool {
    id.len() <= MAX_ID && !id.contains('\0')
}

/// Whether every store can keep what it names.
fn is_kept(notice: &Notice) -> bool {
    let ids = [Some(notice.id.as_str()), Some(notice.kind.as_str()), notice.object(), notice.subscription()];
    !notice.id.is_empty() && ids.into_iter().flatten().all(fits)
}
