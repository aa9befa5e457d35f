//! A server in this process, over the store in memory.

use chatcore_server::Server;
use chatcore_server::config::Settings;

/// Starts it; it ends with the runtime. Where it is.
pub(crate) async fn serve(settings: Settings) -> String {
    let here = Settings {
        listen: Some("127.0.0.1:0".into()),
        store: Some("memory:".to_owned().into()),
        ollama: Some("off".into()),
        ..Settings::default()
    };
    let server = Server::bind(&settings.or(here).resolve().unwrap()).await.unwrap();
    let address = server.address().unwrap();
    tokio::spawn(server.run(std::future::pending()));
    format!("http://{address}/api/v1")
}
