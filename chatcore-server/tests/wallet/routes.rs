//! People who sign in through the routes of a server, with wallets made of `eth-account` and of `ethers`.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use chatcore_server::config::Settings;
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};

use crate::live::{NO_ETHERS, ethers, has_eth_account, python};
use crate::served::serve;

/// A key that everybody knows.
const KEY: &str = "0x4646464646464646464646464646464646464646464646464646464646464646";

/// A program that signs lines.
struct Wallet {
    process: Child,
    asked: ChildStdin,
    said: BufReader<ChildStdout>,
}

impl Wallet {
    fn start(mut command: Command) -> Result<Self, Failed> {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let asked = process.stdin.take().ok_or("no input")?;
        let said = BufReader::new(process.stdout.take().ok_or("no output")?);
        Ok(Self { process, asked, said })
    }

    fn sign(&mut self, text: &str) -> Result<Value, Failed> {
        writeln!(self.asked, "{}", json!({"key": KEY, "text": text}))?;
        let mut line = String::new();
        self.said.read_line(&mut line)?;
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Wallet {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn post(base: &str, path: &str, body: Value) -> (u16, Value) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.post(format!("{base}{path}")).json(&body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Signs in twice, and shows a signature again. Returns who that was.
async fn signs_in(base: &str, wallet: &mut Wallet) -> Result<Value, Failed> {
    let address = wallet.sign("")?["address"].clone();
    let mut users = Vec::new();
    for _ in 0..2 {
        let (status, asked) = post(base, "/auth/wallet/challenge", json!({"address": address, "chain_id": 1})).await;
        assert_eq!(status, 200, "{asked}");
        let message = asked["message"].as_str().ok_or("no message")?;
        let signature = wallet.sign(message)?["signature"].clone();
        let answer = json!({"message": message, "signature": signature});
        let (status, session) = post(base, "/auth/wallet/verify", answer.clone()).await;
        assert_eq!((status, session["token_type"].as_str()), (200, Some("Bearer")), "{session}");
        assert_eq!(post(base, "/auth/wallet/verify", answer).await.0, 422, "a signature counts once");
        users.push(session["user"]["id"].clone());
    }
    assert_eq!(users[0], users[1]);
    Ok(users.remove(0))
}

fn drive(command: Command) -> Result<(), Failed> {
    let mut wallet = Wallet::start(command)?;
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(async {
        let base = serve(Settings::default()).await;
        signs_in(&base, &mut wallet).await.map(drop)
    })
}

pub(super) fn of_python(required: bool) -> Trial {
    let is_there = has_eth_account();
    let trial = Trial::test("eth_account_signs_in_through_the_routes", move || {
        let mut command = python();
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/wallet/sign.py"));
        drive(command)
    });
    trial.with_ignored_flag(!is_there && !required)
}

pub(super) fn of_node(required: bool) -> Trial {
    let folder: Option<PathBuf> = ethers();
    let ignored = folder.is_none() && !required;
    let trial = Trial::test("ethers_signs_in_through_the_routes", move || {
        // beside the package, where Node looks for it
        let script = folder.ok_or(NO_ETHERS)?.join(format!("sign-{}.mjs", std::process::id()));
        std::fs::write(&script, include_str!("sign.mjs"))?;
        let mut command = Command::new("node");
        command.arg(&script);
        let driven = drive(command);
        std::fs::remove_file(script)?;
        driven
    });
    trial.with_ignored_flag(ignored)
}
