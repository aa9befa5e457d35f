//! The pages of the documentation: their commands are run as they stand, against a server, and their pictures are made here.
//!
//! What stands behind ```` ```sh ```` says what is done with a block: nothing, and it is run, a page one script; `refused`,
//! and it is run where it may be refused; `settings`, and `config check` takes what it sets; `not-run: why` for the rest.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use chatcore_server::cli::Cli;
use clap::CommandFactory;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::binary::Binary;
use crate::client::PASSWORD;

/// A block of commands, by what is to be done with it.
enum Block {
    Run(String),
    Refused(String),
    Settings(String),
    NotRun(String),
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every page, by its path in the repository.
fn pages() -> Vec<PathBuf> {
    let docs = root().join("chatcore-server/docs");
    let folders = [root(), docs.clone(), docs.join("compat")];
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let mut found: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    found.retain(|path| path.extension().is_some_and(|it| it == "md"));
    found.sort();
    found
}

fn blocks(page: &str) -> Vec<Block> {
    let mut all = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(rest) = line.strip_prefix("```sh") else { continue };
        let text: String = lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect();
        all.push(match rest.trim() {
            "" => Block::Run(text),
            "refused" => Block::Refused(text),
            "settings" => Block::Settings(text),
            why => match why.strip_prefix("not-run: ") {
                Some(why) => Block::NotRun(why.to_owned()),
                None => panic!("nobody knows what to do with ```sh {why}"),
            },
        });
    }
    all
}

/// What a page has to be run, as one script. An answer of 400 and more ends it, but where it is expected.
fn script(blocks: &[Block], address: &str) -> String {
    // the pages speak of a store that no server has to itself
    let mut script = "set -euo pipefail\nchatcore-server migrate --store sqlite:chat.db\n".to_owned();
    for block in blocks {
        let (curl, text) = match block {
            Block::Run(text) => ("curl() { command curl --fail-with-body \"$@\"; }", text),
            Block::Refused(text) => ("unset -f curl", text),
            _ => continue,
        };
        script.push_str(&format!("{curl}\n{text}"));
    }
    let script = script.replace("127.0.0.1:8000", address);
    match postgres() {
        Some(url) => script.replace(POSTGRES, &url),
        None => script.lines().filter(|line| !line.contains(POSTGRES)).map(|line| format!("{line}\n")).collect(),
    }
}

/// How the pages call a PostgreSQL.
const POSTGRES: &str = "postgres://chat@db/chat";

/// One that is there, and empty.
fn postgres() -> Option<String> {
    if cfg!(no_postgres) { None } else { Some(crate::server::postgres().fresh()) }
}

/// Runs a script where the server's data is, with a password on its standard input.
async fn run(script: String, folder: &Path) -> (bool, String) {
    let binary = Path::new(env!("CARGO_BIN_EXE_chatcore-server")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut child = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder)
        .env_clear()
        .env("PATH", format!("{}:{path}", binary.display()))
        .env("CHATCORE_OLLAMA", "off")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    // who reads no password ends before it is written
    let _ = child.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).await;
    let output = tokio::time::timeout(crate::client::PATIENCE, child.wait_with_output()).await.unwrap().unwrap();
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

async fn check_settings(text: &str) {
    let folder = tempfile::tempdir().unwrap();
    // what the settings name is there
    std::fs::create_dir(folder.path().join("keys")).unwrap();
    std::fs::write(folder.path().join("keys/private.pem"), crate::keys::rsa().private.clone()).unwrap();
    let authority = rcgen::generate_simple_self_signed(["mail.example.org".to_owned()]).unwrap();
    std::fs::write(folder.path().join("ca.pem"), authority.cert.pem()).unwrap();
    let (fine, said) = run(format!("set -a\n{text}chatcore-server config check\n"), folder.path()).await;
    assert!(fine, "{text}{said}");
}

/// Whether what the pages call is there; in the run of all tests it must be.
fn tools() -> bool {
    let there = |tool: &str| std::process::Command::new(tool).arg("--version").output().is_ok();
    let found = ["bash", "curl", "jq"].into_iter().all(there);
    let required = std::env::var("CHATCORE_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
    assert!(found || !required, "bash, curl and jq are needed here");
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_of_every_page_work() {
    if !tools() {
        return;
    }
    let (mut ran, mut checked) = (0, 0);
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        let blocks = blocks(&text);
        for block in &blocks {
            if let Block::Settings(text) = block {
                check_settings(text).await;
                checked += 1;
            }
        }
        let count = blocks.iter().filter(|block| matches!(block, Block::Run(_) | Block::Refused(_))).count();
        if count == 0 {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("notes.md"), "# Notes\n").unwrap();
        // what the system of a page wrote, and any one where no page is of one
        let dumps = root().join("chatcore-server/tests/compat/dumps");
        let own = dumps.join(page.with_extension("json").file_name().unwrap());
        let dump = if own.exists() { own } else { dumps.join("chatbot.json") };
        std::fs::copy(dump, folder.path().join("dump.json")).unwrap();
        let own = format!("sqlite:{}", folder.path().join("server.db").display());
        let settings = [("CHATCORE_RATE_LIMITS", "off"), ("CHATCORE_STORE", &*own)];
        let server = Binary::start(folder.path(), &settings).await;
        let (fine, said) = run(script(&blocks, &server.address.to_string()), folder.path()).await;
        assert!(fine, "{}: {said}", page.display());
        server.end().await;
        ran += count;
    }
    assert!(ran >= 12 && checked >= 2, "{ran} blocks were run, {checked} were settings");
}

/// What a page says to call in the middle of a sentence: the arguments of each `chatcore-server ...`, however it is started.
fn calls(page: &str) -> Vec<String> {
    // every second piece between fences is prose, and so is every second one between marks of code there
    let prose: Vec<&str> = page.split("```").step_by(2).collect();
    let spans = prose.iter().flat_map(|text| text.split('`').skip(1).step_by(2));
    let spans = spans.map(|span| span.split_whitespace().collect::<Vec<_>>().join(" "));
    let arguments = |span: String| match span.strip_prefix("chatcore-server ") {
        Some(arguments) => Some(arguments.to_owned()),
        None if span.starts_with("cargo run") && span.contains("-p chatcore-server") => {
            Some(span.split_once(" -- ")?.1.to_owned())
        }
        None => None,
    };
    spans.filter_map(arguments).collect()
}

/// Whether the command line knows a command, which need not be whole.
fn is_known(arguments: &str) -> Result<(), clap::Error> {
    use clap::error::ErrorKind;
    // what goes into a file is no argument
    let arguments = arguments.split(" > ").next().unwrap_or_default();
    let words = ["chatcore-server"].into_iter().chain(arguments.split(' '));
    match Cli::command().try_get_matches_from(words) {
        Ok(_) => Ok(()),
        Err(error) => match error.kind() {
            ErrorKind::MissingRequiredArgument
            | ErrorKind::MissingSubcommand
            | ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Ok(()),
            _ => Err(error),
        },
    }
}

#[test]
fn commands_in_sentences_are_those_that_there_are() {
    let (mut wrong, mut found) = (Vec::new(), 0);
    let own = root().join("chatcore-server/README.md");
    for page in pages().into_iter().chain([own]) {
        for call in calls(&std::fs::read_to_string(&page).unwrap()) {
            found += 1;
            if let Err(error) = is_known(&call) {
                wrong.push(format!("{}: `chatcore-server {call}`: {error}", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(found >= 25, "{found} commands were found");
    for wrong in ["check", "store chek", "admin create-user NAME --rolle admin", "--no-such-flag"] {
        assert!(is_known(wrong).is_err(), "{wrong}");
    }
    assert_eq!(calls("a `chatcore-server\nstore check` b\n```sh\n`chatcore-server x`\n```\n"), ["store check"]);
}

#[test]
fn whatever_is_not_run_says_why() {
    let all = pages().into_iter().flat_map(|page| blocks(&std::fs::read_to_string(page).unwrap()));
    let reasons: Vec<String> =
        all.filter_map(|block| if let Block::NotRun(why) = block { Some(why) } else { None }).collect();
    assert!(reasons.iter().all(|why| why.len() > 10), "{reasons:?}");
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap_or_default();
            let is_ours = !path.is_empty() && !path.contains("://") && !path.starts_with("mailto:");
            if is_ours && !path.contains(' ') && !page.parent().unwrap().join(path).exists() {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn what_goes_by_itself_has_a_job_that_the_server_does() {
    let page = std::fs::read_to_string(root().join("chatcore-server/docs/privacy.md")).unwrap();
    let house = std::fs::read_to_string(root().join("chatcore-server/src/app/house.rs")).unwrap();
    let table = page.split("## How long things stay").nth(1).unwrap();
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let rows: Vec<Vec<String>> = table.lines().filter(|line| line.starts_with('|')).skip(2).map(cells).collect();
    for what in ["sessions", "codes", "names of requests", "visitors who", "logs of runs", "events of payments"] {
        assert!(rows.iter().any(|row| row[0].starts_with(what)), "how long do {what} stay?");
    }
    for row in rows {
        let [what, how_long, job] = &row[..] else { panic!("{row:?}") };
        let stays = ["for good", "not at all", "as long as the account"].iter().any(|end| how_long.starts_with(end));
        let Some((service, method)) = job.split('`').nth(1).and_then(|job| job.split_once("::")) else {
            assert!(stays, "nobody removes {what}");
            continue;
        };
        let service = service.to_lowercase();
        let calls = [format!("{service}.{method}("), format!("{service}().{method}(")];
        assert!(calls.iter().any(|call| house.contains(call)), "the server does not call {job}, which removes {what}");
    }
}
