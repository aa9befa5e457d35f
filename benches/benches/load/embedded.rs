//! Our server as a part of another program: this one, in a process of its own.

use std::io::Write;
use std::path::Path;

use chatcore_benches::Failure;
use chatcore_server::Server;
use chatcore_server::app::App;
use chatcore_server::config::{ChargingSettings, HttpSettings, LimitSettings, Settings};

use crate::paid::WITH;

/// More than anybody uses here: nothing is refused.
const LIMITS: &str = "messages=1000000000/day,tokens=1000000000000/rolling_5h,concurrent_runs=100000";

/// Serves until it is killed, and says where. Unless it is to be [`WITH`] limits and credit it counts nothing at all.
pub(crate) async fn serve(how: &str, folder: &Path, upstream: &str) -> Result<(), Failure> {
    let mut config = settings(folder, upstream).resolve()?;
    config.charging.is_unmetered = how != WITH;
    let server = Server::bind_app(App::start(&config).await?, &config).await?;
    let mut output = std::io::stdout();
    writeln!(output, "serving at {}", server.address()?)?;
    output.flush()?;
    server.run(std::future::pending()).await?;
    Ok(())
}

fn settings(folder: &Path, upstream: &str) -> Settings {
    let limits = LimitSettings { users: Some(LIMITS.to_owned()), ..LimitSettings::default() };
    let charging = ChargingSettings {
        charge: Some("per_request".to_owned()),
        charge_amount: Some(1),
        start_balance: Some(1_000_000_000_000),
        ..ChargingSettings::default()
    };
    Settings {
        listen: Some("127.0.0.1:0".to_owned()),
        store: Some(format!("sqlite:{}", folder.join("chat.db").display()).into()),
        http: HttpSettings { rate_limits: Some("off".to_owned()), ..HttpSettings::default() },
        openai_base_url: Some(format!("http://{upstream}/v1")),
        openai_default_model: Some("load".to_owned()),
        ollama: Some("off".to_owned()),
        titles: Some("words".to_owned()),
        access_token_seconds: Some(86_400),
        limits,
        charging,
        ..Settings::default()
    }
}
