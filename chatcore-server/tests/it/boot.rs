//! Secrets with which no server starts. What counts as weak is said in `auth::secret`, with a longer list.

use crate::binary::Binary;
use crate::commands::tool::Tool;
use crate::server::{Kind, SECRET};

const ADVICE: &str = "the secret must have at least 32 characters";

#[tokio::test]
async fn no_server_starts_with_a_secret_that_could_be_guessed() {
    let folder = tempfile::tempdir().unwrap();
    let weak = [
        "changeme",
        "admin123",
        "your-secret-key-here",
        "please-change-this-secret-please-now-1234",
        "chatplatform_password_chatplatform_password",
        "0123456789abcdef0123456789abcdef0123456789abcdef",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        &SECRET[..31],
        "x",
    ];
    for secret in weak {
        let tool = Tool::new(folder.path()).with("CHATCORE_LISTEN", "127.0.0.1:0").with("CHATCORE_SECRET", secret);
        let (status, said) = tool.fed("", &["serve"]).await;
        assert!(!status.success() && said.contains(ADVICE), "{secret}: {said}");
        assert!(secret.len() < 8 || !said.contains(secret), "{secret} is repeated: {said}");
        let fresh = said.split_once("here is a fresh one: ").unwrap().1.get(..64).unwrap();
        assert!(fresh.bytes().all(|byte| byte.is_ascii_hexdigit()), "{said}");
    }
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "a server that does not start leaves nothing");
}

#[cfg_attr(no_postgres, ignore = "no PostgreSQL was installed when this was built")]
#[tokio::test]
async fn an_empty_secret_is_none() {
    let folder = tempfile::tempdir().unwrap();
    for empty in ["", "   "] {
        // several servers cannot agree on a secret that one of them makes
        let tool = Tool::new(folder.path()).with("CHATCORE_SECRET", empty);
        let postgres = Kind::Postgres.url(folder.path());
        let (status, said) = tool.fed("", &["serve", "--listen", "127.0.0.1:0", "--store", &postgres]).await;
        assert!(!status.success() && said.contains("needs a secret"), "{said}");
        // a server that is alone makes one, and keeps it
        let server = Binary::start(folder.path(), &[("CHATCORE_SECRET", empty)]).await;
        server.anonymous().get("//readyz").await.is(200);
        server.end().await;
    }
    let kept = folder.path().join("chat.db.secret");
    assert_eq!(std::fs::read_to_string(&kept).unwrap().len(), 64);
    for emptied in ["", "\n", "short"] {
        std::fs::write(&kept, emptied).unwrap();
        let store = Kind::Sqlite.url(folder.path());
        let (status, said) =
            Tool::new(folder.path()).fed("", &["serve", "--listen", "127.0.0.1:0", "--store", &store]).await;
        assert!(!status.success() && said.contains(ADVICE), "{emptied:?}: {said}");
    }
}
