//! The files.

use chatcore_llm::testing::Answer;
use serde_json::Value;

/// One exchange.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) ask: String,
    /// The body; none if nothing may be sent.
    pub(super) sent: Option<Value>,
    /// The events, one a line.
    pub(super) heard: String,
    answer: Option<String>,
}

impl Exchange {
    pub(super) fn read(text: &str) -> Self {
        let section = |name: &str| {
            let start = format!("=== {name}\n");
            let rest = &text[text.find(&start)? + start.len()..];
            Some(rest[..rest.find("=== ").unwrap_or(rest.len())].to_owned())
        };
        Self {
            ask: section("ask").unwrap().trim().to_owned(),
            sent: section("sent").map(|sent| serde_json::from_str(&sent).unwrap()),
            heard: section("heard").unwrap().trim_end().to_owned(),
            answer: section("answer"),
        }
    }

    pub(super) fn hangs(&self) -> bool {
        self.first_line().1 == "hang"
    }

    /// The status, and what stands behind it.
    fn first_line(&self) -> (&str, &str) {
        let line = self.answer.as_deref().and_then(|answer| answer.lines().next()).unwrap_or_default();
        line.split_once(' ').unwrap_or((line, ""))
    }

    /// What the server does.
    pub(super) fn answer(&self) -> Option<Answer> {
        let (head, body) = self.answer.as_ref()?.split_once("\n\n").unwrap();
        let (status, then) = self.first_line();
        // a section ends with a line of its own, which belongs to the file
        let mut body = body.strip_suffix('\n').unwrap_or(body).as_bytes().to_vec();
        if let Some(count) = then.strip_prefix("cut ") {
            body.truncate(body.len() - count.parse::<usize>().unwrap());
        }
        let headers = head.lines().skip(1).map(|line| line.split_once(": ").unwrap());
        let kind =
            headers.clone().find(|(name, _)| *name == "content-type").map_or("text/event-stream", |(_, kind)| kind);
        let answer = Answer::new(status.parse().unwrap(), kind, body);
        let others = headers.filter(|(name, _)| *name != "content-type");
        let answer = others.fold(answer, |answer, (name, value)| answer.header(name, value));
        Some(match then {
            "break" => answer.then_break(),
            "hang" => answer.then_hang(),
            _ => answer,
        })
    }
}
