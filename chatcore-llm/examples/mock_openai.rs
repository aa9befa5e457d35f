//! An OpenAI-style server that repeats what it hears, for trying things out without a key.
//!
//! Prints its base URL on the first line, and runs until it is stopped:
//!
//! ```text
//! cargo run -p chatcore-llm --example mock_openai --features testing -- --port 8089 --delay-ms 50
//! ```
//!
//! `--port N`, `--key K` (the key that clients must bring), `--delay-ms N` (behind each chunk), `--break-after N`
//! (chunks, then the connection breaks), `--status N` (every chat fails with it).

use std::time::Duration;

use chatcore_llm::testing::{MockOpenAi, MockSettings};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mock = MockOpenAi::start_with(settings(std::env::args().skip(1))?).await?;
    say(&mock.base_url());
    mock.forever().await;
    Ok(())
}

fn settings(mut arguments: impl Iterator<Item = String>) -> Result<MockSettings, Box<dyn std::error::Error>> {
    let mut settings = MockSettings::default();
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--port" => settings.port = value.parse()?,
            "--key" => settings.require_key = Some(value),
            "--delay-ms" => settings.chunk_delay = Duration::from_millis(value.parse()?),
            "--break-after" => settings.break_after = Some(value.parse()?),
            "--status" => settings.status = Some(value.parse()?),
            _ => return Err(format!("unknown option {name}").into()),
        }
    }
    Ok(settings)
}

#[expect(clippy::print_stdout, reason = "the address is what this program is run for")]
fn say(line: &str) {
    println!("{line}");
}
