//! The allow-list, applied to finished HTML, and the few questions about addresses that it asks.
//!
//! It knows nothing about Markdown: whatever HTML comes in, only harmless HTML goes out.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

const TAGS: [&str; 26] = [
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "img",
    "li",
    "ol",
    "p",
    "pre",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
];

const ATTRIBUTES: [(&str, &[&str]); 6] = [
    ("a", &["href", "title"]),
    ("code", &["class"]),
    ("img", &["src", "alt"]),
    ("ol", &["start"]),
    ("td", &["align"]),
    ("th", &["align"]),
];

static ALLOW_LIST: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let attributes = ATTRIBUTES.into_iter().map(|(tag, names)| (tag, names.iter().copied().collect()));
    let mut builder = Builder::empty();
    builder
        .tags(TAGS.into())
        .tag_attributes(attributes.collect::<HashMap<_, HashSet<_>>>())
        .set_tag_attribute_value("a", "target", "_blank")
        .link_rel(Some("noopener noreferrer nofollow"))
        .url_schemes(["http", "https", "mailto", "data"].into())
        .url_relative(UrlRelative::Deny)
        .strip_comments(true)
        .attribute_filter(|tag, name, value| attribute(tag, name, value).then_some(Cow::Borrowed(value)));
    builder
});

/// Keeps what is on the allow-list, drops the rest.
pub(super) fn clean(html: &str) -> String {
    ALLOW_LIST.clean(html).to_string()
}

/// Whether an attribute that is allowed at this place has a value that is allowed there too.
fn attribute(tag: &str, name: &str, value: &str) -> bool {
    match (tag, name) {
        ("a", "href") => is_web_address(value) || starts_with(value, "mailto:"),
        ("img", "src") => is_data_image(value),
        ("code", "class") => is_language(value),
        ("ol", "start") => !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()),
        (_, "align") => matches!(value, "left" | "center" | "right"),
        _ => true,
    }
}

/// A whole address on the web. `http:path` is not one: a browser reads it as a path of the page's own host.
pub(super) fn is_web_address(address: &str) -> bool {
    starts_with(address, "http://") || starts_with(address, "https://")
}

/// An image that carries its own bytes, in a format that cannot hold script (so never SVG).
pub(super) fn is_data_image(address: &str) -> bool {
    let formats = ["data:image/png", "data:image/jpeg", "data:image/gif", "data:image/webp"];
    let data = formats.iter().find_map(|format| address.strip_prefix(format)?.strip_prefix(";base64,"));
    data.is_some_and(|data| {
        !data.is_empty() && data.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
    })
}

/// One class that names a programming language.
fn is_language(class: &str) -> bool {
    class.strip_prefix("language-").is_some_and(|name| {
        (1..=40).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'_' | b'.' | b'#'))
    })
}

fn starts_with(address: &str, scheme: &str) -> bool {
    address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}

/// Text as HTML text, safe between tags and inside a quoted attribute.
pub(in crate::web) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
