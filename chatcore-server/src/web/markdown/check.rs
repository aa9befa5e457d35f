//! The judge of rendered Markdown, shared by the tests and the fuzz target.
//!
//! It does not trust the renderer and shares no list with it. It accepts only a tiny language (closed tags and
//! attributes, quotes around every value, no `<` in text, balanced elements) that every browser reads the same way, so
//! that what it accepts has no active content by construction.

use super::{MAX_MARKDOWN, render};

const VOID: [&str; 3] = ["br", "hr", "img"];
const CONTAINERS: [&str; 23] = [
    "a",
    "blockquote",
    "code",
    "del",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
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
const MAX_DEPTH: usize = 64;

/// Renders arbitrary bytes and fails if the result could do anything but show text.
///
/// # Panics
/// On the first result that breaks a rule.
pub fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let html = render(&text);
    if let Some(rule) = violation(&html) {
        panic_with(&text, &html, &rule);
    }
    let bound = 16 * MAX_MARKDOWN + 6 * text.len();
    assert!(html.len() <= bound, "{} bytes of text became {} bytes of HTML", text.len(), html.len());
}

#[expect(clippy::panic, reason = "a checker reports by panicking")]
fn panic_with(text: &str, html: &str, rule: &str) -> ! {
    let start = |text: &str| text.chars().take(400).collect::<String>();
    panic!("{rule}\n  text: {:?}\n  html: {:?}", start(text), start(html))
}

/// The first rule that this HTML breaks, in words; `None` if it is harmless.
#[must_use]
pub fn violation(html: &str) -> Option<String> {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find(['<', '>']) {
        let tag = &rest[start..];
        let Some(end) = tag.find('>').filter(|_| tag.starts_with('<')) else {
            return Some(format!("a loose bracket at {:?}", tag.get(..20).unwrap_or(tag)));
        };
        let inside = &tag[1..end];
        rest = &tag[end + 1..];
        if let Some(name) = inside.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Some(format!("</{name}> closes another element"));
            }
            continue;
        }
        let (name, attributes) = inside.split_once(' ').unwrap_or((inside, ""));
        if CONTAINERS.contains(&name) {
            open.push(name);
        } else if !VOID.contains(&name) {
            return Some(format!("the element <{name}>"));
        }
        if open.len() > MAX_DEPTH {
            return Some("too many elements inside each other".to_owned());
        }
        if let Some(rule) = attributes_violation(name, attributes) {
            return Some(rule);
        }
    }
    (!open.is_empty()).then(|| format!("{open:?} are never closed"))
}

fn attributes_violation(tag: &str, mut rest: &str) -> Option<String> {
    let mut seen = Vec::new();
    while !rest.is_empty() {
        let Some((name, value, after)) = attribute(rest) else {
            return Some(format!("<{tag}> has attributes that are not written plainly: {rest:?}"));
        };
        if seen.contains(&name) {
            return Some(format!("<{tag}> says {name} twice"));
        }
        let value = unescape(value);
        let fine = match (tag, name) {
            ("a", "href") => {
                ["http://", "https://", "mailto:"].iter().any(|s| value.to_ascii_lowercase().starts_with(s))
            }
            ("a", "rel") => value == "noopener noreferrer nofollow",
            ("a", "target") => value == "_blank",
            ("img", "src") => is_inline_image(&value),
            ("ol", "start") => value.parse::<u64>().is_ok(),
            ("code", "class") => value.starts_with("language-") && !value.contains(char::is_whitespace),
            ("td" | "th", "align") => ["left", "center", "right"].contains(&value.as_str()),
            ("img", "alt") | ("a", "title") => true,
            _ => false,
        };
        if !fine {
            return Some(format!("<{tag}> has {name}={value:?}"));
        }
        seen.push(name);
        rest = after;
    }
    let guarded = !seen.contains(&"href") || (seen.contains(&"rel") && seen.contains(&"target"));
    (!guarded).then(|| "a link without rel and target".to_owned())
}

/// Reads `name="value"` and what follows the space after it.
fn attribute(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.split_once("=\"")?;
    let (value, rest) = rest.split_once('"')?;
    let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase());
    let after = if rest.is_empty() { Some(rest) } else { rest.strip_prefix(' ') };
    plain.then_some((name, value, after?))
}

fn is_inline_image(source: &str) -> bool {
    ["png", "jpeg", "gif", "webp"].iter().any(|format| source.starts_with(&format!("data:image/{format};base64,")))
}

fn unescape(value: &str) -> String {
    value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", " ").replace("&amp;", "&")
}
