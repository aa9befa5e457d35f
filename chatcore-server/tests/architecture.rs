//! Who may know whom: the rules that keep the library usable without the server, and the server without one store.
//!
//! Crates are judged by what cargo resolves, modules by the names in their source. Rules about the files themselves
//! (length, nothing of the machine they were written on) are here too.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Everything that a crate is built with, itself included, whatever features are on.
fn tree(of: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["tree", "--offline", "--locked", "--edges", "normal", "--all-features", "--prefix", "none"])
        .args(["--format", "{lib}", "--package", of])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // a library is named as in code; a line that was printed before ends with a star
    let names = String::from_utf8(output.stdout).unwrap();
    let names: BTreeSet<String> = names.lines().filter_map(|line| Some(line.split(' ').next()?.to_owned())).collect();
    assert!(names.contains(&of.replace('-', "_")), "cargo tree says nothing of {of}: {names:?}");
    names
}

/// The crates of the workspace, in the order in which they may know each other.
const LAYERS: [(&str, &[&str]); 5] = [
    ("chatcore", &[]),
    ("chatcore-llm", &["chatcore"]),
    ("chatcore-sled", &["chatcore"]),
    ("chatcore-sqlx", &["chatcore"]),
    ("chatcore-server", &["chatcore", "chatcore_llm", "chatcore_sled", "chatcore_sqlx"]),
];

#[test]
fn crates_of_the_workspace_know_only_those_below_them() {
    for (name, allowed) in LAYERS {
        let own = name.replace('-', "_");
        let known: Vec<String> = tree(name).into_iter().filter(|it| it.starts_with("chatcore") && *it != own).collect();
        let strangers: Vec<&String> = known.iter().filter(|it| !allowed.contains(&it.as_str())).collect();
        assert!(strangers.is_empty(), "{name} must not know {strangers:?}");
    }
}

#[test]
fn the_core_brings_no_runtime_network_or_database() {
    let tree = tree("chatcore");
    let heavy = [
        "tokio",
        "async_std",
        "smol",
        "mio",
        "socket2",
        "rustls",
        "hyper",
        "reqwest",
        "poem",
        "sqlx",
        "sqlx_core",
        "libsqlite3_sys",
        "sled",
        "clap",
        "tracing_subscriber",
    ];
    let found: Vec<&str> = heavy.into_iter().filter(|name| tree.contains(*name)).collect();
    assert!(found.is_empty(), "chatcore must not bring {found:?}");
}

#[test]
fn only_the_server_names_its_own_tools() {
    for (name, _) in LAYERS.iter().filter(|(name, _)| *name != "chatcore-server") {
        let tree = tree(name);
        for tool in ["poem", "poem_openapi", "jsonwebtoken", "argon2", "k256", "lettre", "clap", "stripe_shared"] {
            assert!(!tree.contains(tool), "{name} must not bring {tool}");
        }
    }
    let server = tree("chatcore-server");
    assert!(
        server.contains("poem") && server.contains("argon2") && server.contains("stripe_shared"),
        "the names above are not those that cargo prints"
    );
}

#[test]
fn stores_and_models_do_not_bring_each_other_in() {
    for (name, tool) in [("chatcore-llm", "sqlx"), ("chatcore-sqlx", "reqwest"), ("chatcore-sled", "sqlx")] {
        assert!(!tree(name).contains(tool), "{name} must not bring {tool}");
    }
}

/// Every Rust file under a folder of the workspace, or the file itself.
fn sources(path: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    walk(path, &mut |file| {
        if file.extension().is_some_and(|it| it == "rs") {
            found.push(file.to_owned());
        }
    });
    found
}

/// Visits every file below a path, but not what is built, fetched or written by a run.
fn walk(path: &Path, visit: &mut dyn FnMut(&Path)) {
    const FOREIGN: [&str; 6] = ["target", ".git", "node_modules", "artifacts", "chatcore-data", "__pycache__"];
    if !path.is_dir() {
        return visit(path);
    }
    for entry in fs::read_dir(path).unwrap() {
        let entry = entry.unwrap();
        // links are not followed: they could lead out of the repository
        let kind = entry.file_type().unwrap();
        let foreign = FOREIGN.iter().any(|name| entry.file_name() == *name);
        if kind.is_file() || (kind.is_dir() && !foreign) {
            walk(&entry.path(), visit);
        }
    }
}

/// The code of a file without comments and without its tests.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Fails for each file of these places whose code names one of the words.
fn refuse(places: &[&str], words: &[&str], reason: &str) {
    let mut found = Vec::new();
    for place in places {
        let path = root().join(place);
        assert!(path.exists(), "{place} has moved; tell this test where to");
        for file in sources(&path).iter().filter(|file| !file.ends_with("tests.rs")) {
            let code = code(file);
            found.extend(
                words.iter().filter(|word| code.contains(**word)).map(|word| format!("{word} in {}", file.display())),
            );
        }
    }
    assert!(found.is_empty(), "{reason}: {found:#?}");
}

#[test]
fn only_one_file_names_stores() {
    let stores = ["chatcore_sqlx", "chatcore_sled", "SqliteStore", "SledStore", "MemoryStore"];
    let reason = "these call services or take any store, and only stores.rs chooses one";
    let everything = ["api", "auth", "compat", "web"].map(|place| format!("chatcore-server/src/{place}"));
    refuse(&everything.each_ref().map(String::as_str), &stores, reason);
    let files = ["chatcore-server/src/ops.rs", "chatcore-server/src/http", "chatcore-server/src/lib.rs"];
    refuse(&files, &stores, reason);
    refuse(&["chatcore-server/src/app.rs", "chatcore-server/src/commands"], &stores, reason);
    let chooses = code(&root().join("chatcore-server/src/stores.rs"));
    assert!(chooses.contains("SqliteStore"), "the words above are not those that the code uses");
}

#[test]
fn only_the_payments_name_stripe() {
    let tools = ["stripe::", "stripe_billing", "stripe_checkout", "stripe_core", "StripeRequest"];
    let reason = "these know a gateway, and only `payments` knows which";
    let places = ["api", "auth", "compat", "web", "http", "commands", "app.rs", "lib.rs"];
    refuse(&places.map(|place| format!("chatcore-server/src/{place}")).each_ref().map(String::as_str), &tools, reason);
    let knows = code(&root().join("chatcore-server/src/payments/stripe/client.rs"));
    assert!(knows.contains("StripeRequest"), "the words above are not those that the code uses");
}

/// Whatever opens a connection is here, and each of these opens it to an address of the settings, or of a document that an
/// address of the settings gave: what clients write is fetched by nobody.
const FETCHERS: [&str; 12] = [
    "chatcore-llm/src/client/http.rs",
    "chatcore-server/src/auth/oauth/fetch.rs",
    "chatcore-server/src/blobs/objects.rs",
    "chatcore-server/src/commands/admin/door.rs",
    "chatcore-server/src/commands/doctor.rs",
    "chatcore-server/src/commands/health.rs",
    "chatcore-server/src/mail/post_office.rs",
    "chatcore-server/src/mail/server.rs",
    "chatcore-server/src/payments/stripe/client.rs",
    "chatcore-server/src/telemetry/otel.rs",
    "chatcore-sqlx/src/postgres/connection.rs",
    "chatcore-sqlx/src/postgres/options.rs",
];

#[test]
fn only_what_is_listed_opens_connections() {
    let opens = [
        "reqwest::Client::builder()",
        "reqwest::ClientBuilder",
        "use reqwest::{Client,",
        "TcpStream::connect",
        "UnixStream::connect",
        "UdpSocket",
        "lookup_host",
        "to_socket_addrs",
        "hyper_util::client",
        "SmtpTransport",
        "use stripe::{ClientBuilder",
        "AmazonS3Builder",
        "PgConnectOptions",
    ];
    let mut found = BTreeSet::new();
    for name in LAYERS.map(|(name, _)| name) {
        let files = sources(&root().join(name).join("src"));
        // what tests start is not part of a server
        let files = files.into_iter().filter(|file| !file.components().any(|part| part.as_os_str() == "testing"));
        let opening = files.filter(|file| {
            let code = code(file);
            opens.iter().any(|word| code.contains(word))
        });
        found.extend(opening.map(|file| file.strip_prefix(root()).unwrap().display().to_string()));
    }
    assert_eq!(found, FETCHERS.map(str::to_owned).into());
}

/// A mount translates between its clients and the services; the next one finds nothing of it.
#[test]
fn mounts_do_not_know_each_other() {
    let mounts = ["sentx", "ai_chat_system", "chat_platform", "django_chat", "chatbot"];
    let folder = root().join("chatcore-server/src/compat");
    for mount in mounts {
        let paths = [folder.join(mount), folder.join(format!("{mount}.rs"))];
        let others: Vec<String> =
            mounts.iter().filter(|other| **other != mount).map(|other| format!("compat::{other}")).collect();
        for path in paths.iter().filter(|path| path.exists()) {
            for file in sources(path) {
                let code = code(&file);
                let known: Vec<&String> = others.iter().filter(|other| code.contains(other.as_str())).collect();
                assert!(known.is_empty(), "{} must not know {known:?}", file.display());
                assert!(!code.contains(".commit(") && !code.contains("Batch"), "{} decides something", file.display());
            }
        }
    }
}

#[test]
fn domains_do_not_know_the_reference_store_or_the_tests() {
    let domains = ["chatcore/src/conversation", "chatcore/src/turn", "chatcore/src/account", "chatcore/src/store"];
    refuse(&domains, &["memory::", "MemoryStore", "testing::", "conformance::"], "nothing imports these");
}

#[test]
fn basics_do_not_know_the_domains() {
    let basics = ["chatcore/src/id.rs", "chatcore/src/clock.rs", "chatcore/src/page.rs", "chatcore/src/subject.rs"];
    refuse(&basics, &["conversation::", "turn::", "account::", "store::Store"], "the basics are below everything");
}

#[test]
fn a_long_file_says_why() {
    let long = |file: &PathBuf| {
        let text = fs::read_to_string(file).unwrap();
        let reason = text.lines().next().is_some_and(|line| line.starts_with("//!") && line.contains("because"));
        text.lines().count() > 500 && !reason
    };
    let found: Vec<PathBuf> = sources(&root()).into_iter().filter(long).collect();
    assert!(found.is_empty(), "more than 500 lines, and no `because` in the first one: {found:#?}");
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    let here = root().canonicalize().unwrap().display().to_string();
    let mut found = Vec::new();
    walk(&root(), &mut |file| {
        let bytes = fs::read(file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        if text.contains(&here) {
            found.push(file.to_owned());
        }
    });
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn lock_files_name_no_source_of_their_own() {
    for lock in ["Cargo.lock", "fuzz/Cargo.lock"] {
        let text = fs::read_to_string(root().join(lock)).unwrap();
        let sources: BTreeSet<&str> = text.lines().filter(|line| line.starts_with("source = ")).collect();
        assert_eq!(sources.len(), 1, "{lock} names {sources:?}");
        assert!(sources.iter().all(|source| source.contains("rust-lang/")), "{lock} names {sources:?}");
    }
    let mut found = Vec::new();
    walk(&root(), &mut |file| {
        if file.ends_with("package-lock.json") && fs::read_to_string(file).unwrap().contains("\"resolved\"") {
            found.push(file.to_owned());
        }
    });
    assert!(found.is_empty(), "addresses of a registry in {found:#?}");
}
