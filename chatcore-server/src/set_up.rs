//! The first admin: who starts a server that has none is told where to make that account.

use std::io::{self, Write};

use crate::app::App;

/// Prints a link with a code that works once, as long as there is no admin. It goes to standard output, which is no log;
/// and the code stands behind a `#`, which browsers send to nobody.
pub(crate) async fn invite(app: &App, server: &str) {
    match app.credentials.accounts().issue_set_up().await {
        Ok(Some(issued)) => {
            let link = format!("{}/#setup={}", server.trim_end_matches('/'), issued.code);
            // whoever does not read it has the command `admin create-user`
            let _ = writeln!(io::stdout(), "There is no admin yet. Make that account here, within a day: {link}");
        }
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "failed to look for an admin"),
    }
}
