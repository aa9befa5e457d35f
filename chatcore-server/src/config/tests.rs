//! What counts of settings that are given in several places, and what makes no sense.

use super::*;

#[test]
fn what_comes_first_counts_and_empty_is_nothing() {
    let flag =
        Settings { listen: Some("127.0.0.1:1".into()), store: Some(String::new().into()), ..Settings::default() };
    let file = Settings { listen: Some("127.0.0.1:2".into()), drain_seconds: Some(3), ..Settings::default() };
    let config = flag.or(file).resolve().unwrap();
    assert_eq!(config.listen, "127.0.0.1:1");
    assert_eq!(config.drain, Duration::from_secs(3));
    assert_eq!(config.store, StoreUrl::Sqlite("chatcore-data/chatcore.db".into()));
    assert!(config.openai.is_none());
}

#[test]
fn blanks_hide_nothing() {
    let blank = || Some(" ".to_owned());
    let given = Settings {
        openai_api_key: blank().map(Into::into),
        openai_base_url: blank(),
        database_url: blank().map(Into::into),
        ..Settings::default()
    };
    let file = Settings { openai_api_key: Some("sk-1".to_owned().into()), ..of_store("memory:") };
    let config = given.clone().over(file).resolve().unwrap();
    assert_eq!(config.store, StoreUrl::Memory);
    let openai = config.openai.unwrap();
    assert_eq!(openai.api_key.unwrap().expose_secret(), "sk-1");
    assert_eq!(openai.base_url, models::OPENAI);
    assert!(given.resolve().unwrap().openai.is_none(), "an empty key brings no provider");
}

fn of_store(url: &str) -> Settings {
    Settings { store: Some(url.to_owned().into()), ..Settings::default() }
}

#[test]
fn either_name_of_the_store_beats_the_file() {
    let environment = Settings { database_url: Some("memory:".to_owned().into()), ..Settings::default() };
    let file = || of_store("sled:somewhere");
    assert_eq!(environment.clone().over(file()).store_url().unwrap(), StoreUrl::Memory);
    let flag = Settings { store: Some("sqlite:a.db".to_owned().into()), ..environment.clone() };
    assert_eq!(flag.over(file()).store_url().unwrap(), StoreUrl::Sqlite("a.db".into()));
    let both = Settings { store: Some("memory:".to_owned().into()), ..Settings::default() };
    let file = Settings { database_url: Some("postgres://h/d".to_owned().into()), ..Settings::default() };
    assert_eq!(both.over(file).store_url().unwrap(), StoreUrl::Memory);
}

#[test]
fn values_that_make_no_sense_are_refused_by_name() {
    for (wrong, name) in [
        (Settings { max_body_bytes: Some(0), ..Settings::default() }, "max_body_bytes"),
        (Settings { max_connections: Some(0), ..Settings::default() }, "max_connections"),
        (Settings { header_seconds: Some(0), ..Settings::default() }, "header_seconds"),
        (Settings { public_url: Some("example.org".into()), ..Settings::default() }, "public_url"),
    ] {
        assert!(wrong.resolve().unwrap_err().to_string().starts_with(name), "{name}");
    }
    let fine = Settings { public_url: Some("https://example.org".into()), ..Settings::default() };
    assert!(fine.resolve().unwrap().is_https());
}

#[test]
fn a_broken_file_is_told_without_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chatcore.toml");
    std::fs::write(&path, "listen = \"x\"\nsecret = hunter2hunter2\n").unwrap();
    let error = Settings::from_file(&path).unwrap_err().to_string();
    assert!(!error.contains("hunter2"), "{error}");
    std::fs::write(&path, "listne = \"x\"\n").unwrap();
    assert!(Settings::from_file(&path).unwrap_err().to_string().contains("listne"));
}
