//! Finding an Ollama on this machine.

use std::time::Duration;

use chatcore::turn::ModelError;

use crate::client::{Client, RetryPolicy, Timeouts};

/// Where it listens unless it is told otherwise.
const ADDRESS: &str = "http://127.0.0.1:11434";
/// A program of this machine either answers at once or is not there.
const PATIENCE: Duration = Duration::from_millis(500);

/// The Ollama of this machine, with every model that it has; `None` if none answers or it has no models.
pub async fn find() -> Option<Client> {
    find_at(ADDRESS, PATIENCE).await.ok().flatten()
}

/// The Ollama at that address, with every model that it has; `None` if it has none.
///
/// # Errors
/// [`ModelError`] when none answers in that time.
pub async fn find_at(base_url: &str, patience: Duration) -> Result<Option<Client>, ModelError> {
    let brief = Timeouts { connect: patience, headers: patience, idle: patience };
    let build = |builder: crate::ClientBuilder| {
        builder.build().map_err(|error| crate::client::bad_request(error.to_string()).caused_by(error))
    };
    let scout = build(Client::ollama(base_url).timeouts(brief).retry(RetryPolicy::never()))?;
    let models = scout.discover_models().await?;
    if models.is_empty() {
        return Ok(None);
    }
    build(Client::ollama(base_url).models(models)).map(Some)
}
