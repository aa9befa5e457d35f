//! Access tokens and keys beside programs of others: keys come from `openssl`, tokens are checked by Python's PyJWT.
//! `CHATCORE_PYTHON` names an interpreter with `PyJWT` and `cryptography`, `python3` is tried otherwise. What is not there
//! is skipped and says so; with `CHATCORE_REQUIRE_SERVICES=1` missing means failed.

#![expect(clippy::print_stderr, reason = "what is skipped is said")]

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use libtest_mimic::{Arguments, Failed, Trial};

/// The server as a process; killed when dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// Starts it in a folder of its own, or says why it does not start.
    fn start(folder: &Path, environment: &[(&str, &str)]) -> Result<Self, Failed> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_chatcore-server"))
            .current_dir(folder)
            .env_clear()
            .env("NO_COLOR", "1")
            .envs([("CHATCORE_LISTEN", "127.0.0.1:0"), ("CHATCORE_STORE", "memory:"), ("CHATCORE_OLLAMA", "off")])
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut log = BufReader::new(child.stderr.take().ok_or("no log")?);
        let mut said = String::new();
        while log.read_line(&mut said)? > 0 {
            if let Some((_, rest)) = said.split_once("listening on ") {
                let address = rest.split([' ', '\n']).next().unwrap_or_default().to_owned();
                // nobody else reads it, and a full pipe would hold the server up
                std::thread::spawn(move || log.read_to_string(&mut String::new()));
                return Ok(Self { child, address });
            }
        }
        child.wait()?;
        Err(said.into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // it may have ended by itself
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn python() -> String {
    std::env::var("CHATCORE_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

fn works(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn run(command: &mut Command) -> Result<String, Failed> {
    let output = command.output()?;
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout)?),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned().into()),
    }
}

fn openssl(folder: &Path, arguments: &str) -> Result<String, Failed> {
    run(Command::new("openssl").current_dir(folder).args(arguments.split(' ')))
}

/// Every way in which `openssl` writes a key that people have.
fn keys_of_openssl_are_taken() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    openssl(folder, "genrsa -out private.pem 2048")?;
    openssl(folder, "rsa -in private.pem -pubout -out public.pem")?;
    openssl(folder, "rsa -in private.pem -RSAPublicKey_out -out public1.pem")?;
    openssl(folder, "rsa -in private.pem -traditional -out private1.pem")?;
    openssl(folder, "pkcs8 -topk8 -nocrypt -in private1.pem -out private8.pem")?;
    openssl(folder, "genpkey -algorithm ed25519 -out ed.pem")?;
    openssl(folder, "pkey -in ed.pem -pubout -out ed.pub.pem")?;
    openssl(folder, "genrsa -out small.pem 1024")?;
    openssl(folder, "rsa -in small.pem -pubout -out small.pub.pem")?;
    openssl(folder, "ecparam -name prime256v1 -genkey -noout -out ec.pem")?;
    let first = std::fs::read_to_string(folder.join("private1.pem"))?;
    if !first.starts_with("-----BEGIN RSA PRIVATE KEY") {
        return Err("this openssl writes no PKCS#1".into());
    }
    for (private, public) in [
        ("private.pem", "public.pem"),
        ("private1.pem", "public1.pem"),
        ("private8.pem", "public.pem"),
        ("ed.pem", "ed.pub.pem"),
    ] {
        let pair = [("CHATCORE_JWT_PRIVATE_KEY_FILE", private), ("CHATCORE_JWT_PUBLIC_KEY_FILE", public)];
        Server::start(folder, &pair).map_err(|error| format!("{private}: {error:?}"))?;
    }
    for (private, public) in [("small.pem", "small.pub.pem"), ("ec.pem", ""), ("private.pem", "ed.pub.pem")] {
        let pair = [("CHATCORE_JWT_PRIVATE_KEY_FILE", private), ("CHATCORE_JWT_PUBLIC_KEY_FILE", public)];
        let refused = Server::start(folder, &pair).err().ok_or_else(|| format!("{private} is taken"))?;
        let text = format!("{refused:?}");
        if !(text.contains("2048") || text.contains("does not belong")) {
            return Err(format!("{private}: {text}").into());
        }
    }
    Ok(())
}

/// A service in Python that has nothing but the public key, or the address of the keys.
fn pyjwt_takes_our_tokens() -> Result<(), Failed> {
    with_keys_of_openssl("verify.py")
}

/// The same of tokens of the mount for ChatPlatform, whose clients sign in with a wallet.
fn pyjwt_takes_the_tokens_of_wallets() -> Result<(), Failed> {
    with_keys_of_openssl("wallet.py")
}

/// Runs a script beside servers with an RSA key, in both forms in which `openssl` writes one.
fn with_keys_of_openssl(script: &str) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    openssl(folder, "genrsa -out private.pem 2048")?;
    openssl(folder, "rsa -in private.pem -pubout -out public.pem")?;
    openssl(folder, "rsa -in private.pem -traditional -out private1.pem")?;
    openssl(folder, "pkcs8 -topk8 -nocrypt -in private1.pem -out private8.pem")?;
    let script = format!("{}/tests/jwt/{script}", env!("CARGO_MANIFEST_DIR"));
    for (private, begin) in [("private1.pem", "-----BEGIN RSA PRIVATE KEY"), ("private8.pem", "-----BEGIN PRIVATE KEY")]
    {
        assert!(std::fs::read_to_string(folder.join(private))?.starts_with(begin), "{private}");
        // as programs call them that this server stands in for
        let settings =
            [("JWT_PRIVATE_KEY_PATH", private), ("JWT_PUBLIC_KEY_PATH", "./public.pem"), ("JWT_ALGORITHM", "RS256")];
        let server = Server::start(folder, &settings)?;
        let mut python = Command::new(python());
        python.current_dir(folder).args([&script, &server.address, "public.pem"]).env("NO_PROXY", "*");
        run(&mut python)?;
    }
    Ok(())
}

fn trial(name: &'static str, missing: Option<&'static str>, test: fn() -> Result<(), Failed>, required: bool) -> Trial {
    if let Some(what) = missing {
        eprintln!("{name} is skipped: it needs {what}");
    }
    let run = move || missing.map_or_else(test, |what| Err(format!("it needs {what}").into()));
    Trial::test(name, run).with_ignored_flag(missing.is_some() && !required)
}

fn main() {
    let arguments = Arguments::from_args();
    let required = std::env::var("CHATCORE_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
    let no_openssl = (!works(Command::new("openssl").arg("version"))).then_some("openssl");
    let no_pyjwt = (!works(Command::new(python()).args(["-c", "import jwt, cryptography"])))
        .then_some("a Python with PyJWT and cryptography (CHATCORE_PYTHON names it)");
    let no_wallet = (!works(Command::new(python()).args(["-c", "import eth_account"])))
        .then_some("a Python with eth-account (CHATCORE_PYTHON names it)");
    let trials = vec![
        trial("keys_of_openssl_are_taken", no_openssl, keys_of_openssl_are_taken, required),
        trial("pyjwt_takes_our_tokens", no_openssl.or(no_pyjwt), pyjwt_takes_our_tokens, required),
        trial(
            "pyjwt_takes_the_tokens_of_wallets",
            no_openssl.or(no_pyjwt).or(no_wallet),
            pyjwt_takes_the_tokens_of_wallets,
            required,
        ),
    ];
    libtest_mimic::run(&arguments, trials).exit();
}
