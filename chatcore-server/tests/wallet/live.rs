//! `eth-account` and `ethers`, which sign here and now.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use chatcore::account::wallet::Address;
use chatcore_server::auth::recover;
use libtest_mimic::{Failed, Trial};
use serde::Deserialize;
use serde_json::json;

const NAME: &str = "what_eth_account_signs_is_recovered";
const MISSING: &str = "it needs a Python with `eth-account` (CHATCORE_PYTHON names it)";

#[derive(Deserialize)]
struct Signed {
    address: Address,
    signature: String,
}

pub(super) fn python() -> Command {
    Command::new(std::env::var("CHATCORE_PYTHON").unwrap_or_else(|_| "python3".to_owned()))
}

pub(super) fn has_eth_account() -> bool {
    let mut import = python();
    import.args(["-c", "import eth_account"]).stdout(Stdio::null()).stderr(Stdio::null());
    import.status().is_ok_and(|status| status.success())
}

pub(super) fn trial(required: bool) -> Trial {
    let is_there = has_eth_account();
    if !is_there {
        eprintln!("{NAME} is skipped: {MISSING}");
    }
    let trial = Trial::test(NAME, move || if is_there { drive() } else { Err(MISSING.into()) });
    trial.with_ignored_flag(!is_there && !required)
}

fn drive() -> Result<(), Failed> {
    let texts: Vec<(String, String)> = (1..=20_u8)
        .map(|at| (format!("0x{}", format!("{at:02x}").repeat(32)), format!("text {at} {}", "ü\n".repeat(at.into()))))
        .collect();
    let mut python = python();
    python.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/wallet/sign.py"));
    let mut wallet = python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut asked = wallet.stdin.take().ok_or("no input")?;
    for (key, text) in &texts {
        writeln!(asked, "{}", json!({"key": key, "text": text}))?;
    }
    drop(asked);
    let output = wallet.wait_with_output()?;
    let said = String::from_utf8(output.stdout)?;
    let signed: Vec<Signed> = said.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    assert_eq!((signed.len(), output.status.success()), (texts.len(), true));
    for ((_, text), Signed { address, signature }) in texts.iter().zip(signed) {
        assert_eq!(recover(text, &signature)?, address, "{text}");
    }
    Ok(())
}

const PRINTS: &str = "ethers_prints_its_file_again";
pub(super) const NO_ETHERS: &str = "it needs the package `ethers` (CHATCORE_NODE names its folder)";

/// The folder with `ethers`.
pub(super) fn ethers() -> Option<PathBuf> {
    let folder = std::env::var_os("CHATCORE_NODE").map(PathBuf::from);
    folder.filter(|folder| folder.join("node_modules/ethers/package.json").is_file())
}

/// The file of `ethers` is what its script prints.
pub(super) fn prints(required: bool) -> Trial {
    let folder = ethers();
    if folder.is_none() {
        eprintln!("{PRINTS} is skipped: {NO_ETHERS}");
    }
    let ignored = folder.is_none() && !required;
    let trial = Trial::test(PRINTS, move || {
        // beside the package, where Node looks for it
        let script = folder.ok_or(NO_ETHERS)?.join(format!("vectors-{}.mjs", std::process::id()));
        std::fs::write(&script, include_str!("vectors.mjs"))?;
        let output = Command::new("node").arg(&script).output()?;
        std::fs::remove_file(script)?;
        assert_eq!(String::from_utf8(output.stdout)?, include_str!("ethers.json"));
        Ok(())
    });
    trial.with_ignored_flag(ignored)
}
