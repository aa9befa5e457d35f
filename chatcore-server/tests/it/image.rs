//! The Dockerfile, as far as it can be looked at without Docker. What its first stage runs is run by `.ci/image`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use crate::binary::Binary;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The instructions of a Dockerfile, each with what stands behind it; lines that go on are one.
fn instructions() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(root().join("Dockerfile")).unwrap().replace("\\\n", " ");
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let parts = lines.map(|line| line.split_once(' ').unwrap());
    parts.map(|(name, rest)| (name.to_owned(), rest.split_whitespace().collect::<Vec<_>>().join(" "))).collect()
}

fn all<'a>(instructions: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    instructions.iter().filter(|(known, _)| known == name).map(|(_, rest)| rest.as_str()).collect()
}

/// The words of an instruction in its exec form, which needs no shell.
fn words(text: &str) -> Vec<String> {
    serde_json::from_str::<Vec<String>>(text).unwrap_or_else(|_| panic!("{text} needs a shell, and has none"))
}

#[test]
fn what_is_copied_is_there_and_lands_where_it_is_run() {
    let instructions = instructions();
    let mut built = None;
    for copy in all(&instructions, "COPY") {
        let words: Vec<&str> = copy.split(' ').filter(|word| !word.starts_with("--")).collect();
        let (target, sources) = words.split_last().unwrap();
        if copy.contains("--from=build") {
            assert!(copy.contains("--from=build") && all(&instructions, "FROM")[0].ends_with(" AS build"));
            built = Some((sources[0].to_owned(), (*target).to_owned()));
        } else {
            sources.iter().for_each(|source| assert!(root().join(source).exists(), "{source}"));
        }
    }
    let (source, target) = built.expect("the program is copied out of the stage that builds it");
    let build = all(&instructions, "RUN")[0];
    assert!(build.contains("cargo install --locked ") && build.contains("--path chatcore-server"), "{build}");
    assert!(build.contains("--profile \"$PROFILE\"") && build.ends_with("--root \"$OUT\""), "{build}");
    let given: Vec<&str> = all(&instructions, "ARG")[0].split(' ').collect();
    assert!(given.contains(&"PROFILE=release"), "{given:?}: images are built for real use");
    let folder = given.iter().find_map(|word| word.strip_prefix("OUT=")).unwrap();
    assert_eq!(source, format!("{folder}/bin/chatcore-server"));
    assert_eq!(Path::new(&target).file_name().unwrap(), "chatcore-server");
    assert_eq!(words(all(&instructions, "ENTRYPOINT")[0]), ["chatcore-server"], "by its name, which PATH finds there");
    // what is not for the image is not even sent to the builder
    let ignored = std::fs::read_to_string(root().join(".dockerignore")).unwrap();
    for path in [".git", "target", "chatcore-data", ".env"] {
        assert!(ignored.lines().any(|line| line == path), "{path} is sent to the builder");
    }
}

#[test]
fn it_is_built_by_a_compiler_that_can() {
    let from = all(&instructions(), "FROM")[0].to_owned();
    let version = from.strip_prefix("rust:").and_then(|rest| rest.split('-').next()).unwrap();
    let least = env!("CARGO_PKG_RUST_VERSION");
    let number = |text: &str| text.split('.').take(2).map(|it| it.parse::<u32>().unwrap()).collect::<Vec<_>>();
    assert!(number(version) >= number(least), "{version} is older than {least}");
}

#[test]
fn who_runs_it_owns_nothing_but_the_data() {
    let instructions = instructions();
    let user = all(&instructions, "USER")[0];
    let made = all(&instructions, "RUN")[1];
    assert!(user != "root" && made.contains("useradd") && made.ends_with(user), "{user}: {made}");
    assert!(made.contains("rm -rf /var/lib/apt/lists/*") && made.contains("--no-install-recommends"), "{made}");
    assert!(made.contains(&format!("--home-dir {}", all(&instructions, "VOLUME")[0])), "{made}");
    // after the user was named nothing is done as root
    let at = |name: &str| instructions.iter().rposition(|(known, _)| known == name).unwrap();
    assert!(at("USER") > at("RUN") && at("USER") > at("COPY"));
}

#[tokio::test]
async fn its_settings_are_known_and_its_health_is_asked_for_as_it_says() {
    let instructions = instructions();
    let settings: Vec<(&str, &str)> = all(&instructions, "ENV")
        .iter()
        .flat_map(|line| line.split(' '))
        .map(|it| it.split_once('=').unwrap())
        .collect();
    let known = chatcore_server::config::reference::settings();
    for (name, _) in &settings {
        assert!(known.iter().any(|setting| setting.variable.as_deref() == Some(*name)), "{name} is no setting");
    }
    let listen = settings.iter().find(|(name, _)| *name == "CHATCORE_LISTEN").unwrap().1;
    assert!(listen.ends_with(&format!(":{}", all(&instructions, "EXPOSE")[0])), "{listen}");
    let check = all(&instructions, "HEALTHCHECK")[0];
    let command = words(check.split_once("CMD ").unwrap().1);
    let folder = tempfile::tempdir().unwrap();
    let server = Binary::start(folder.path(), &[]).await;
    let address = server.address.to_string();
    let health = async || {
        let binary = Path::new(env!("CARGO_BIN_EXE_chatcore-server")).with_file_name(&command[0]);
        let mut asked = Command::new(binary);
        asked.args(&command[1..]).current_dir(folder.path()).env_clear().env("CHATCORE_LISTEN", &address);
        asked.stdout(Stdio::null()).stderr(Stdio::null()).status().await.unwrap().success()
    };
    assert!(health().await);
    server.end().await;
    assert!(!health().await, "nobody is there");
}

#[test]
fn the_composition_names_what_there_is() {
    let text = std::fs::read_to_string(root().join("compose.yaml")).unwrap();
    let known = chatcore_server::config::reference::settings();
    let names = text.lines().filter_map(|line| line.trim().split_once(": ")).map(|(name, _)| name);
    let own: Vec<&str> = names.filter(|name| name.starts_with("CHATCORE_")).collect();
    assert!(own.len() >= 4, "{own:?}");
    for name in own {
        assert!(known.iter().any(|setting| setting.variable.as_deref() == Some(name)), "{name} is no setting");
    }
}
