//! Markdown to HTML that a page may insert as it is.
//!
//! Text comes from people and from models, and both can be hostile. Three rules hold, in this order: raw HTML is text,
//! nothing is loaded from elsewhere (an image of a remote host is an address that the text can leak secrets into), and
//! an allow-list over the *finished* HTML has the last word. The page's own looks do not belong here.

#[doc(hidden)]
pub mod check;
mod events;
mod sanitize;
#[cfg(test)]
mod tests;

use pulldown_cmark::{Options, Parser};

pub(super) use sanitize::escape;

/// Longer texts are shown as they were written, without Markdown.
pub const MAX_MARKDOWN: usize = 256 * 1024;
/// Longer results are thrown away: a small table can say "a million cells".
const MAX_HTML: usize = 4 * MAX_MARKDOWN;
/// The HTML writer looks through the rest of a text at each `&`: as many bytes as it may look at.
const MAX_ESCAPES: usize = 1 << 29;
/// Containers at the start of one line (quotes, list items); deeper is an attack, not a text.
const MAX_LINE_CONTAINERS: usize = 48;

/// Renders Markdown (with tables, strikethrough and task lists) as safe HTML.
///
/// * Raw HTML is shown as text.
/// * Images are kept only as `data:` of PNG, JPEG, GIF or WebP; every other image becomes the words `[image: ...]`.
/// * Links lead to `http`, `https` and `mailto` only, and open in a new tab without opener and referrer.
/// * Time and size are bounded: a text that is too long or too deeply nested is shown as it was written.
#[must_use]
pub fn render(markdown: &str) -> String {
    if markdown.len() > MAX_MARKDOWN || is_too_deep(markdown) || is_slow_to_escape(markdown) {
        return as_written(markdown);
    }
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    match events::to_html(Parser::new_ext(markdown, options), MAX_HTML) {
        Some(html) => sanitize::clean(&html),
        None => as_written(markdown),
    }
}

/// The text itself, in a block that keeps its lines.
fn as_written(text: &str) -> String {
    format!("<pre>{}</pre>", sanitize::escape(text))
}

/// Whether one line opens so many containers that parsing the lines after it would cost the square of their number.
fn is_too_deep(markdown: &str) -> bool {
    markdown.lines().any(|line| {
        let mut containers = 0;
        let mut bytes = line.bytes().peekable();
        while let Some(byte) = bytes.next() {
            match byte {
                b' ' | b'\t' | b'0'..=b'9' => {}
                b'>' => containers += 1,
                b'-' | b'*' | b'+' | b'.' | b')' if matches!(bytes.peek(), None | Some(b' ' | b'\t')) => {
                    containers += 1;
                }
                _ => break,
            }
        }
        containers > MAX_LINE_CONTAINERS
    })
}

/// Whether writing the text as HTML would cost the square of its length.
fn is_slow_to_escape(markdown: &str) -> bool {
    // 0xC2 begins a no-break space, which the writer escapes too
    let stops = markdown.bytes().filter(|byte| matches!(byte, b'&' | 0xC2)).count();
    stops.saturating_mul(markdown.len()) > MAX_ESCAPES
}
