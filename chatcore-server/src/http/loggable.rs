//! What of an address may be logged.

/// Segments behind which a secret stands: that of a link to a conversation.
const BEFORE_SECRETS: [&str; 3] = ["s", "share", "shares"];

/// A path without the secrets in it.
pub(super) fn loggable(path: &str) -> String {
    let mut hides = false;
    let segments = path.split('/').map(|segment| {
        // an empty segment changes nothing: `//s//x` leads where `/s/x` does
        let secret = hides && !segment.is_empty();
        hides =
            if segment.is_empty() { hides } else { BEFORE_SECRETS.iter().any(|it| segment.eq_ignore_ascii_case(it)) };
        if secret { "*" } else { segment }
    });
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::loggable;

    #[test]
    fn secrets_of_links_are_left_out() {
        for (path, shown) in [
            ("/", "/"),
            ("/s/abc", "/s/*"),
            ("//S//abc/", "//S//*/"),
            ("/api/v1/shares/abc/fork", "/api/v1/shares/*/fork"),
            ("/compat/sentx/api/share/abc/continue/", "/compat/sentx/api/share/*/continue/"),
            ("/api/v1/conversations/conv_1/shares", "/api/v1/conversations/conv_1/shares"),
            ("/api/v1/conversations/conv_1/messages", "/api/v1/conversations/conv_1/messages"),
        ] {
            assert_eq!(loggable(path), shown);
        }
    }
}
