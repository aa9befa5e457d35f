//! The server and its settings.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chatcore::Clock;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::answer::Answer;
use super::http::{self, Received};
use super::talk::{self, Frame};
use crate::clock::SystemClock;

/// How the mock behaves until told otherwise.
#[derive(Debug, Clone)]
pub struct MockSettings {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The models that it lists.
    pub models: Vec<String>,
    /// Whether it refuses models that it does not list.
    pub only_listed: bool,
    /// The key that requests must bring.
    pub require_key: Option<String>,
    /// The pause behind each chunk of a stream.
    pub chunk_delay: Duration,
    /// Breaks off each answer to a chat after so many chunks.
    pub break_after: Option<usize>,
    /// Answers each chat with this error status.
    pub status: Option<u16>,
}

impl Default for MockSettings {
    fn default() -> Self {
        Self {
            port: 0,
            models: vec!["mock-gpt".into(), "mock-gpt-mini".into()],
            only_listed: false,
            require_key: None,
            chunk_delay: Duration::ZERO,
            break_after: None,
            status: None,
        }
    }
}

/// A running mock. It stops when this is dropped.
#[derive(Debug)]
pub struct MockProvider {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    settings: MockSettings,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    answers: VecDeque<Answer>,
    requests: Vec<Received>,
    left_early: usize,
    at_work: usize,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MockProvider {
    /// A mock with the default settings.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn start() -> io::Result<Self> {
        Self::start_with(MockSettings::default()).await
    }

    /// A mock with other settings.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start_with(settings: MockSettings) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", settings.port)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { settings, state: Mutex::default() });
        let task = tokio::spawn(accept(listener, shared.clone()));
        Ok(Self { address, shared, task })
    }

    /// The address itself, which is the base URL of Anthropic's clients and of Ollama's.
    #[must_use]
    pub fn root_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What OpenAI's clients call the base URL; ends in `/v1`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Answers the next request that is not answered yet with this, whatever it asks.
    pub fn push(&self, answer: Answer) {
        self.shared.lock().answers.push_back(answer);
    }

    /// What was asked so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Received> {
        self.shared.lock().requests.clone()
    }

    /// How many answers are being given.
    #[must_use]
    pub fn at_work(&self) -> usize {
        self.shared.lock().at_work
    }

    /// How many clients closed the connection before their answer ended.
    #[must_use]
    pub fn left_early(&self) -> usize {
        self.shared.lock().left_early
    }

    /// Runs until the task is stopped from outside.
    pub async fn forever(mut self) {
        let _ = (&mut self.task).await;
    }
}

impl Drop for MockProvider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Connections live in a set, so that they end with the mock.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        connections.spawn(serve(socket, shared.clone()));
    }
}

async fn serve(mut socket: TcpStream, shared: Arc<Shared>) {
    // small pieces are the point
    let _ = socket.set_nodelay(true);
    let Ok(Some(request)) = http::read(&mut socket).await else { return };
    let (number, queued) = {
        let mut state = shared.lock();
        state.requests.push(request.clone());
        state.at_work += 1;
        (state.requests.len(), state.answers.pop_front())
    };
    let answer = queued.unwrap_or_else(|| usual(&shared.settings, &request, number));
    let answer = answer.header("x-request-id", &format!("req_mock{number}"));
    let to_its_end = http::write(&mut socket, answer).await;
    let mut state = shared.lock();
    state.at_work -= 1;
    state.left_early += usize::from(!to_its_end);
}

/// The wires that the mock speaks, told apart by their paths.
#[derive(Clone, Copy)]
enum Wire {
    OpenAi,
    Anthropic,
    Ollama,
}

impl Wire {
    fn error(self, status: u16, code: &str, message: &str) -> Answer {
        match self {
            Self::OpenAi => Answer::error(status, code, message),
            Self::Anthropic => Answer::anthropic_error(status, message),
            Self::Ollama => Answer::ollama_error(status, message),
        }
    }
}

fn usual(settings: &MockSettings, request: &Received, number: usize) -> Answer {
    let path = request.path.split('?').next().unwrap_or_default();
    let path = path.strip_prefix("/v1").unwrap_or(path).trim_end_matches('/');
    let wire = match path {
        _ if path.starts_with("/api/") => Wire::Ollama,
        _ if request.header("anthropic-version").is_some() || path == "/messages" => Wire::Anthropic,
        _ => Wire::OpenAi,
    };
    if !knows(settings.require_key.as_deref(), request) {
        return wire.error(401, "invalid_api_key", "Incorrect API key provided.");
    }
    let frame = Frame { number, created: SystemClock.now().as_seconds() };
    let known = settings.only_listed.then_some(settings.models.as_slice());
    let answer = match (request.method.as_str(), path) {
        ("GET", "/models") => return talk::models(&settings.models, frame.created),
        ("GET", "/api/tags") => return talk::ollama::tags(&settings.models),
        ("POST", "/api/show") => return talk::ollama::show(&request.body, &settings.models),
        ("GET", path) if path.starts_with("/models/") => {
            return talk::one_model(&settings.models, &path["/models/".len()..], frame.created);
        }
        ("POST", "/chat/completions") => talk::chat::completion(&request.body, known, &frame),
        ("POST", "/responses") => talk::responses::response(&request.body, known, &frame),
        ("POST", "/messages") => talk::messages::message(&request.body, known, &frame),
        ("POST", "/api/chat") => talk::ollama::chat(&request.body, known),
        (method, path) => return wire.error(404, "unknown_url", &format!("Unknown request URL: {method} {path}.")),
    };
    if let Some(status) = settings.status {
        return asked_error(wire, status);
    }
    let answer = answer.pace(settings.chunk_delay);
    match settings.break_after {
        Some(pieces) => answer.break_after(pieces),
        None => answer,
    }
}

/// Whether the key is right, in whichever of the two headers it came.
fn knows(key: Option<&str>, request: &Received) -> bool {
    let Some(key) = key else { return true };
    request.header("x-api-key") == Some(key) || request.header("authorization") == Some(&format!("Bearer {key}"))
}

fn asked_error(wire: Wire, status: u16) -> Answer {
    match status {
        429 => wire.error(429, "rate_limit_exceeded", "Rate limit reached.").header("retry-after-ms", "10"),
        status => wire.error(status, "mock_error", "The mock was asked to fail."),
    }
}
