//! The pictures of branches in the documentation: drawn here of what they show. `CHATCORE_DRAW=1` writes them anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

const WIDTH: i32 = 184;
const HEIGHT: i32 = 46;
const GAP: (i32, i32) = (24, 34);
const MARGIN: i32 = 12;

/// A message: its number, that of its parent, who said it, and the words.
type Message = (u8, Option<u8>, &'static str, &'static str);

const FIRST: Message = (1, None, "ann", "What is a tree?");
const ANSWER: Message = (2, Some(1), "model", "A plant with a trunk.");
const AGAIN: Message = (3, Some(1), "model", "A graph without cycles.");
const EDITED: Message = (4, None, "ann", "What is a forest?");
const OTHER: Message = (5, Some(4), "model", "Many trees.");

/// Each picture: its name, what it shows, its messages, and which of them is the head.
const PICTURES: [(&str, &str, &[Message], u8); 4] = [
    ("branch-1-send", "A question, and its answer, which is the head", &[FIRST, ANSWER], 2),
    ("branch-2-regenerate", "Two answers under one question; the head is the second", &[FIRST, ANSWER, AGAIN], 3),
    (
        "branch-3-edit",
        "Two questions side by side, each with its answers; the head is under the second",
        &[FIRST, ANSWER, AGAIN, EDITED, OTHER],
        5,
    ),
    (
        "branch-4-switch",
        "The head is back under the first question, at its second answer",
        &[FIRST, ANSWER, AGAIN, EDITED, OTHER],
        3,
    ),
];

/// Where messages are: leaves side by side, and each other message over the middle of what is below it.
fn places(messages: &[Message]) -> BTreeMap<u8, (i32, i32)> {
    fn place(all: &[Message], of: &Message, depth: i32, next: &mut i32, found: &mut BTreeMap<u8, (i32, i32)>) -> i32 {
        let below: Vec<&Message> = all.iter().filter(|it| it.1 == Some(of.0)).collect();
        let xs: Vec<i32> = below.into_iter().map(|it| place(all, it, depth + 1, next, found)).collect();
        let x = match (xs.first(), xs.last()) {
            (Some(first), Some(last)) => (first + last) / 2,
            _ => {
                *next += WIDTH + GAP.0;
                *next - WIDTH - GAP.0
            }
        };
        found.insert(of.0, (x, MARGIN + depth * (HEIGHT + GAP.1)));
        x
    }
    let (mut found, mut next) = (BTreeMap::new(), MARGIN);
    for root in messages.iter().filter(|it| it.1.is_none()) {
        place(messages, root, 0, &mut next, &mut found);
    }
    found
}

/// The messages from the head to its root.
fn branch(messages: &[Message], head: u8) -> Vec<u8> {
    let parent = |of: u8| messages.iter().find(|it| it.0 == of).and_then(|it| it.1);
    std::iter::successors(Some(head), |at| parent(*at)).collect()
}

fn draw(title: &str, messages: &[Message], head: u8) -> String {
    let (places, shown) = (places(messages), branch(messages, head));
    let right = places.values().map(|(x, _)| x + WIDTH).max().unwrap_or_default() + MARGIN;
    let bottom = places.values().map(|(_, y)| y + HEIGHT).max().unwrap_or_default() + MARGIN + 16;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {right} {bottom}\" width=\"{right}\" height=\"{bottom}\" role=\"img\">\n\
         <title>{title}</title>\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#ffffff\"/>\n\
         <g font-family=\"system-ui, sans-serif\" font-size=\"13\">\n"
    );
    for (id, parent, ..) in messages {
        let Some(parent) = parent else { continue };
        let ((x, y), (px, py)) = (places[id], places[parent]);
        let (colour, width) = if shown.contains(id) { ("#2f5fd0", 2) } else { ("#b5b9c4", 1) };
        let (from, to, middle) = (px + WIDTH / 2, x + WIDTH / 2, py + HEIGHT + GAP.1 / 2);
        let _ = writeln!(
            svg,
            "<path d=\"M{from} {} V{middle} H{to} V{y}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"/>",
            py + HEIGHT
        );
    }
    for (id, _, who, words) in messages {
        let ((x, y), is_shown) = (places[id], shown.contains(id));
        let (fill, line, ink) =
            if is_shown { ("#e8eefc", "#2f5fd0", "#14181f") } else { ("#f5f6f8", "#b5b9c4", "#6a7080") };
        let _ = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"8\" fill=\"{fill}\" stroke=\"{line}\"/>\n\
             <text x=\"{}\" y=\"{}\" fill=\"{ink}\" font-size=\"11\">{who}</text>\n\
             <text x=\"{}\" y=\"{}\" fill=\"{ink}\">{words}</text>",
            x + 12,
            y + 17,
            x + 12,
            y + 35
        );
        if *id == head {
            let (x, y) = (x + WIDTH / 2, y + HEIGHT + 15);
            let _ = writeln!(svg, "<text x=\"{x}\" y=\"{y}\" fill=\"#2f5fd0\" text-anchor=\"middle\">head</text>");
        }
    }
    svg + "</g>\n</svg>\n"
}

#[test]
fn the_pictures_of_branches_are_those_that_are_drawn_here() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/images");
    for (name, title, messages, head) in PICTURES {
        let (path, drawn) = (folder.join(format!("{name}.svg")), draw(title, messages, head));
        if std::env::var_os("CHATCORE_DRAW").is_some() {
            std::fs::write(&path, &drawn).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == drawn, "{name}.svg is not what is drawn: CHATCORE_DRAW=1 draws it anew");
    }
}
