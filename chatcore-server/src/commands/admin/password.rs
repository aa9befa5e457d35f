//! Where a password comes from: a terminal, standard input, or chance.

use std::io::{self, IsTerminal};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;
use console::Term;
use rand::TryRng;
use rand::rngs::SysRng;
use secrecy::{ExposeSecret, SecretString};

use crate::commands::error::CommandError;
use crate::commands::output::say;

/// Which password somebody gets.
#[derive(Debug, Args)]
pub(super) struct NewPassword {
    /// Make a password up, and print it once [default: ask on the terminal, or read a line from standard input]
    #[arg(long)]
    generate: bool,
}

impl NewPassword {
    /// The password. It is asked for before a store is opened, so that nobody waits for whoever types.
    pub(super) fn get(&self) -> Result<SecretString, CommandError> {
        let password = match self.generate {
            true => generated(),
            false if io::stdin().is_terminal() => typed(&Term::stderr()),
            false => piped(),
        };
        password.map_err(CommandError::Password)
    }

    /// Prints a password that was made up, once it is somebody's.
    pub(super) fn show(&self, password: &SecretString) {
        if self.generate {
            say(format!("password: {}", password.expose_secret()));
        }
    }
}

/// 120 random bits.
fn generated() -> io::Result<SecretString> {
    let mut bytes = [0_u8; 15];
    SysRng.try_fill_bytes(&mut bytes).map_err(io::Error::other)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes).into())
}

fn piped() -> io::Result<SecretString> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned().into())
}

/// Asked for twice, and not shown.
fn typed(terminal: &Term) -> io::Result<SecretString> {
    if !terminal.is_term() {
        return Err(io::Error::other("there is no terminal to ask on; --generate makes one up"));
    }
    loop {
        let [first, again] = ["Password: ", "The same again: "].map(|prompt| {
            terminal.write_str(prompt)?;
            terminal.read_secure_line()
        });
        let (first, again) = (SecretString::from(first?), SecretString::from(again?));
        if first.expose_secret() == again.expose_secret() {
            return Ok(first);
        }
        terminal.write_line("These are two different ones.")?;
    }
}
