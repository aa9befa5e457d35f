//! What happens to the events of the Markdown parser before they become HTML.
//!
//! The allow-list is not here: nothing in this file is trusted to make the result safe.

use std::collections::VecDeque;
use std::fmt;

use pulldown_cmark::{Alignment, Event, LinkType, Tag, TagEnd, html};

use super::sanitize::{escape, is_data_image, is_web_address};

/// Elements inside each other; what is deeper keeps its text and loses its element.
const MAX_DEPTH: usize = 40;

/// Renders the events, or `None` if the result would be longer than `max` bytes.
pub(super) fn to_html<'a>(events: impl Iterator<Item = Event<'a>>, max: usize) -> Option<String> {
    let mut out = Limited { text: String::new(), max };
    html::write_html_fmt(&mut out, Rewriter::new(events)).ok()?;
    Some(out.text)
}

/// A string that refuses to grow beyond its limit.
struct Limited {
    text: String,
    max: usize,
}

impl fmt::Write for Limited {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        if self.text.len() + part.len() > self.max {
            return Err(fmt::Error);
        }
        self.text.push_str(part);
        Ok(())
    }
}

/// Replaces raw HTML, images, check boxes and styled table cells, and cuts what is nested too deeply.
struct Rewriter<'a, I> {
    events: I,
    ready: VecDeque<Event<'a>>,
    /// For every open element, whether it was written.
    open: Vec<bool>,
    in_link: bool,
    alignments: Vec<Alignment>,
    column: usize,
    cell: &'static str,
}

impl<'a, I: Iterator<Item = Event<'a>>> Rewriter<'a, I> {
    fn new(events: I) -> Self {
        let (ready, open, alignments) = (VecDeque::new(), Vec::new(), Vec::new());
        Self { events, ready, open, in_link: false, alignments, column: 0, cell: "th" }
    }

    fn rewrite(&mut self, event: Event<'a>) {
        match event {
            Event::Start(Tag::Image { dest_url, .. }) => {
                let alt = self.text_of_image();
                self.image(&dest_url, alt.trim());
            }
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Html(text) | Event::InlineHtml(text) => self.ready.push_back(Event::Text(text)),
            Event::TaskListMarker(done) => {
                self.ready.push_back(Event::Text(if done { "☑ ".into() } else { "☐ ".into() }));
            }
            other => self.ready.push_back(other),
        }
    }

    fn start(&mut self, tag: Tag<'a>) {
        let written = self.open.len() < MAX_DEPTH;
        self.open.push(written);
        match &tag {
            Tag::Link { .. } => self.in_link = true,
            Tag::Table(alignments) => self.alignments.clone_from(alignments),
            Tag::TableHead => (self.cell, self.column) = ("th", 0),
            Tag::TableRow => (self.cell, self.column) = ("td", 0),
            _ => {}
        }
        if !written {
            return;
        }
        self.ready.push_back(match tag {
            // a block of raw HTML is a paragraph of text
            Tag::HtmlBlock => Event::Start(Tag::Paragraph),
            // the usual writer aligns with a style attribute, which the page's policy forbids
            Tag::TableCell => Event::InlineHtml(self.open_cell().into()),
            tag => Event::Start(tag),
        });
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Link => self.in_link = false,
            TagEnd::TableCell => self.column += 1,
            _ => {}
        }
        if self.open.pop() != Some(true) {
            return;
        }
        self.ready.push_back(match tag {
            TagEnd::HtmlBlock => Event::End(TagEnd::Paragraph),
            TagEnd::TableCell => Event::InlineHtml(format!("</{}>", self.cell).into()),
            tag => Event::End(tag),
        });
    }

    fn open_cell(&self) -> String {
        let align = match self.alignments.get(self.column) {
            Some(Alignment::Left) => " align=\"left\"",
            Some(Alignment::Center) => " align=\"center\"",
            Some(Alignment::Right) => " align=\"right\"",
            _ => "",
        };
        format!("<{}{align}>", self.cell)
    }

    /// The words between the start of an image and its end.
    fn text_of_image(&mut self) -> String {
        let (mut alt, mut depth) = (String::new(), 1);
        for event in self.events.by_ref() {
            match event {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                Event::Text(text) | Event::Code(text) | Event::InlineHtml(text) => alt.push_str(&text),
                Event::SoftBreak | Event::HardBreak => alt.push(' '),
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        alt
    }

    /// An image inside the text stays an image; one on another host is only a link, which loads nothing by itself.
    fn image(&mut self, address: &str, alt: &str) {
        if is_data_image(address) {
            let tag = format!("<img src=\"{address}\" alt=\"{}\">", escape(alt));
            self.ready.push_back(Event::InlineHtml(tag.into()));
            return;
        }
        let words = if alt.is_empty() { "[image]".to_owned() } else { format!("[image: {alt}]") };
        let words = Event::Text(words.into());
        if self.in_link || !is_web_address(address) {
            self.ready.push_back(words);
            return;
        }
        let dest_url = address.to_owned().into();
        let link = Tag::Link { link_type: LinkType::Inline, dest_url, title: "".into(), id: "".into() };
        self.ready.extend([Event::Start(link), words, Event::End(TagEnd::Link)]);
    }
}

impl<'a, I: Iterator<Item = Event<'a>>> Iterator for Rewriter<'a, I> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        while self.ready.is_empty() {
            let event = self.events.next()?;
            self.rewrite(event);
        }
        self.ready.pop_front()
    }
}
