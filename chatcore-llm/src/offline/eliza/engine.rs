//! How the script is played. A talk is a fold over what the person said; there is no other state.

use std::collections::{HashMap, VecDeque};

use super::script::{ADJECTIVES, EMPTY, FOREIGN, GO_ON, NO_WORDS, RECALL, RULES, Rule};
use super::words::{LONGEST, Word, clauses, turned};

/// Topics that are kept to be taken up again.
const TOPICS: usize = 8;

/// A conversation so far.
#[derive(Debug, Default)]
pub(super) struct Talk {
    /// How often a list of replies was used, by its first reply.
    used: HashMap<&'static str, usize>,
    topics: VecDeque<String>,
    lost: usize,
}

impl Talk {
    /// The reply to the next thing that the person says.
    pub(super) fn hear(&mut self, text: &str) -> String {
        let is_long = text.chars().nth(LONGEST).is_some();
        let reply = self.reply(text);
        if is_long { format!("That is a lot at once, so I stay with how it begins. {reply}") } else { reply }
    }

    fn reply(&mut self, text: &str) -> String {
        if text.trim().is_empty() {
            return self.pick(EMPTY).to_owned();
        }
        if text.chars().any(char::is_alphabetic) && !text.chars().any(|c| c.is_alphabetic() && c < '\u{250}') {
            return self.pick(FOREIGN).to_owned();
        }
        let clauses = clauses(text);
        if clauses.is_empty() {
            return self.pick(NO_WORDS).to_owned();
        }
        let found = best(&clauses);
        for clause in &clauses {
            self.remember(clause);
        }
        match found {
            Some((replies, parts)) => fill(self.pick(replies), &parts),
            None => self.at_a_loss(),
        }
    }

    /// No keyword: every other time back to an earlier topic, if there is one.
    fn at_a_loss(&mut self) -> String {
        self.lost += 1;
        match self.topics.pop_front() {
            Some(topic) if self.lost.is_multiple_of(2) => fill(self.pick(RECALL), &[topic]),
            Some(topic) => {
                self.topics.push_front(topic);
                self.pick(GO_ON).to_owned()
            }
            None => self.pick(GO_ON).to_owned(),
        }
    }

    fn remember(&mut self, clause: &[Word]) {
        let mine = clause.iter().position(|word| word.low == "my").filter(|place| place + 1 < clause.len());
        if let Some(place) = mine {
            let described = clause.get(place + 1).is_some_and(|word| ADJECTIVES.contains(&word.low.as_str()));
            let end = place + if described { 3 } else { 2 };
            let topic = turned(&clause[place..clause.len().min(end)]);
            if !self.topics.contains(&topic) {
                self.topics.push_back(topic);
            }
            if self.topics.len() > TOPICS {
                self.topics.pop_front();
            }
        }
    }

    fn pick(&mut self, replies: &'static [&'static str]) -> &'static str {
        let used = self.used.entry(replies.first().copied().unwrap_or_default()).or_insert(0);
        let reply = replies.get(*used % replies.len().max(1)).copied().unwrap_or_default();
        *used += 1;
        reply
    }
}

/// The replies of the pattern that fits best, and what its gaps hold: the highest rank, then the first clause.
fn best(clauses: &[Vec<Word>]) -> Option<(&'static [&'static str], Vec<String>)> {
    let mut rules: Vec<(&Rule, &[Word])> = Vec::new();
    for clause in clauses {
        let has = |key: &&str| clause.iter().any(|word| word.low == *key);
        rules.extend(RULES.iter().filter(|rule| rule.keys.iter().any(has)).map(|rule| (rule, clause.as_slice())));
    }
    rules.sort_by_key(|(rule, _)| std::cmp::Reverse(rule.rank));
    rules.into_iter().find_map(|(rule, clause)| {
        rule.patterns.iter().find_map(|(pattern, replies)| {
            let pattern: Vec<&str> = pattern.split(' ').collect();
            let parts = take_apart(&pattern, clause)?;
            Some((*replies, parts.into_iter().map(turned).collect()))
        })
    })
}

/// What the gaps of a pattern hold, if it fits: `*` takes any number of words, `+` at least one, both as few as will
/// do; `a|b` is either word.
fn take_apart<'a>(pattern: &[&str], words: &'a [Word]) -> Option<Vec<&'a [Word]>> {
    let Some((&first, rest)) = pattern.split_first() else {
        return words.is_empty().then(Vec::new);
    };
    if first == "*" || first == "+" {
        let least = usize::from(first == "+");
        return (least..=words.len()).find_map(|length| {
            let mut parts = take_apart(rest, &words[length..])?;
            parts.insert(0, &words[..length]);
            Some(parts)
        });
    }
    let (word, others) = words.split_first()?;
    if first.split('|').any(|choice| choice == word.low) { take_apart(rest, others) } else { None }
}

/// A reply with `{1}`, `{2}`, ... filled in.
fn fill(reply: &str, parts: &[String]) -> String {
    let mut said = reply.to_owned();
    for (place, part) in parts.iter().enumerate() {
        said = said.replace(&format!("{{{}}}", place + 1), part);
    }
    said
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn patterns_take_sentences_apart() {
        let words = |text: &str| clauses(text).concat();
        let parts = |pattern: &str, text: &str| {
            let words = words(text);
            let pattern: Vec<_> = pattern.split(' ').collect();
            take_apart(&pattern, &words).map(|parts| parts.into_iter().map(turned).collect::<Vec<_>>())
        };
        assert_eq!(parts("* i need|want +", "So I want my dog"), Some(vec!["so".into(), "your dog".into()]));
        assert_eq!(parts("* i need +", "I need"), None);
        assert_eq!(parts("*", ""), Some(vec![String::new()]));
    }

    #[test]
    fn every_rule_can_be_reached_and_fills_its_gaps() {
        for rule in RULES {
            for (pattern, replies) in rule.patterns {
                let gaps = pattern.split(' ').filter(|token| matches!(*token, "*" | "+")).count();
                assert!(!replies.is_empty(), "{pattern}");
                for reply in *replies {
                    let named = (1..9).filter(|gap| reply.contains(&format!("{{{gap}}}"))).max().unwrap_or(0);
                    assert!(named <= gaps, "{reply} for {pattern}");
                }
            }
            assert!(!rule.keys.is_empty());
        }
    }

    #[test]
    fn a_reply_is_not_repeated_at_once() {
        let mut talk = Talk::default();
        let replies: Vec<_> = (0..3).map(|_| talk.hear("hmpf")).collect();
        assert!(replies[0] != replies[1] && replies[1] != replies[2]);
    }

    proptest! {
        #[test]
        fn there_is_always_an_answer_and_always_the_same(texts in prop::collection::vec("\\PC{0,60}", 0..5)) {
            let (mut one, mut two) = (Talk::default(), Talk::default());
            for text in &texts {
                let reply = one.hear(text);
                prop_assert!(!reply.is_empty());
                let has_gap = reply.contains('{') && !text.contains('{');
                prop_assert!(!has_gap);
                prop_assert_eq!(reply, two.hear(text));
            }
        }
    }
}
