//! The edge between the network and the routes: connections and their deadlines, bodies and their limits,
//! headers that every answer carries, and one shape for every error. It knows nothing of chats or accounts.

mod body;
mod catch;
mod constructors;
mod convert;
mod edge;
mod framework;
mod guard;
mod headers;
mod loggable;
mod measure;
mod outline;
mod problem;
mod quota;
mod reason;
mod refusal;
mod request_id;
mod server;
mod tls;
mod transport;

pub use body::{BodyLimits, BodyRule};
pub use catch::{Problems, Render};
pub use edge::{EdgeSettings, edge};
pub use framework::problem_of;
pub use guard::{
    AllowedHosts, Class, ClientAddress, Cors, ForwardedBy, Guard, GuardSettings, Limits, LimitsError, LocalLimits,
    OriginError, Policy, ProxyError, TrustedProxies,
};
pub(crate) use measure::REQUEST_SECONDS;
pub use outline::Outline;
pub use problem::{FieldError, Problem};
pub use request_id::RequestId;
pub use server::{ServerLimits, serve};
pub use tls::{Tls, TlsError};
