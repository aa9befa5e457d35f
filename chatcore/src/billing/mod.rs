//! What it costs and who paid: plans, entitlements, and whoever takes the money.

pub mod customer;
pub mod entitlement;
pub mod gateway;
pub mod inbox;
pub mod ledger;
pub mod plan;
mod service;
mod store;
pub mod subscription;

pub use customer::{Customer, ExpectUnsubscribed, LinkCustomer};
pub use entitlement::{Basis, ChangeEntitlement, Deed, Edit, Entitlement, Note, Source};
pub use gateway::{
    CancelWhen, GatewayError, HostedPage, NewCustomer, News, Notice, Order, PaymentGateway, Signed, Snapshot,
    SnapshotStatus,
};
pub use inbox::{EventState, Look, ObjectKind, ObserveSubscription, PaymentEvent, PaymentObject, ReceiveEvent};
pub use ledger::{Ledger, LedgerStore};
pub use plan::{Interval, NumberPlan, Plan, PlanError, PlanGrant, PlanId, PlanPrice, PlanTable, PutPlan, StoredPlan};
pub use service::{Billing, Checkout, PlanInForce, Received, Urls};
pub use store::BillingStore;
pub use subscription::{Grace, LapseSubscription, PeriodGrant, Subscription, SubscriptionState, TransitionError};
