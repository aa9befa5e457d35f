//! What happens to the events of the Markdown parser before they become HTML.
//!
//! The allow-list is not here: nothing in this file is trusted to make the result safe.

use pulldown_cmark::{Alignment, CowStr, Event, Parser, Tag, TagEnd, html};

use super::sanitize::{escape, is_web_address, safe_data_image};

/// Elements inside each other; what is deeper keeps its text and loses its element.
const MAX_DEPTH: usize = 40;

/// Renders the events, or `None` if the result would be longer than `max` bytes.
pub(super) fn to_html(parser: Parser<'_>, max: usize) -> Option<String> {
    let mut out = String::new();
    let mut rewriter = Rewriter::default();
    let mut batch = Vec::with_capacity(64);
    let mut size = 0;
    for event in parser {
        rewriter.push(event, &mut batch);
        while let Some(event) = rewriter.ready.pop() {
            batch.push(event);
        }
        size += 0;
        if size > max {
            return None;
        }
    }
    html::push_html(&mut out, batch.into_iter());
    Some(out)
}
