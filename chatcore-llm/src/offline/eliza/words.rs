//! Sentences, words, and whose they are.

/// What is looked at of one message, in characters.
pub(super) const LONGEST: usize = 2000;
/// How many words of the person's are said back.
const SAID_BACK: usize = 12;

/// A word: as it is compared, and as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) low: String,
    written: String,
}

impl Word {
    fn new(written: &str) -> Self {
        Self { low: written.to_lowercase(), written: written.to_owned() }
    }
}

/// The clauses of a text, each as words. Clauses end at punctuation, and before a "but".
pub(super) fn clauses(text: &str) -> Vec<Vec<Word>> {
    let text: String =
        text.chars().take(LONGEST).map(|c| if matches!(c, '\u{2019}' | '`') { '\'' } else { c }).collect();
    let mut all = Vec::new();
    for part in text.split(['.', ',', '!', '?', ';', ':', '\n', '(', ')']) {
        let mut clause = Vec::new();
        for written in part.split(|c: char| !c.is_alphanumeric() && c != '\'') {
            let written = written.trim_matches('\'');
            if written.eq_ignore_ascii_case("but") {
                all.push(std::mem::take(&mut clause));
            } else if !written.is_empty() {
                push(&mut clause, written);
            }
        }
        all.push(clause);
    }
    all.retain(|clause| !clause.is_empty());
    all
}

/// Adds a word, a short form as the two words that it stands for.
fn push(clause: &mut Vec<Word>, written: &str) {
    let word = Word::new(written);
    let long: &[&str] = match word.low.as_str() {
        "i'm" | "im" => &["i", "am"],
        "i've" | "ive" => &["i", "have"],
        "i'll" => &["i", "will"],
        "i'd" => &["i", "would"],
        "you're" | "youre" => &["you", "are"],
        "you've" => &["you", "have"],
        "you'll" => &["you", "will"],
        "it's" => &["it", "is"],
        "that's" => &["that", "is"],
        "what's" | "whats" => &["what", "is"],
        "who's" => &["who", "is"],
        "can't" | "cant" => &["cannot"],
        "dont" => &["don't"],
        _ => return clause.push(word),
    };
    clause.extend(long.iter().map(|word| Word::new(word)));
}

/// Those words as said to the one who said them: "my dog and you" becomes "your dog and me".
pub(super) fn turned(words: &[Word]) -> String {
    let mut said: Vec<&str> = Vec::new();
    for (place, word) in words.iter().take(SAID_BACK).enumerate() {
        let before = place.checked_sub(1).map_or("", |place| words[place].low.as_str());
        let is_last = place + 1 == words.len().min(SAID_BACK);
        said.push(match word.low.as_str() {
            "i" | "me" => "you",
            "my" => "your",
            "mine" => "yours",
            "myself" => "yourself",
            "am" => "are",
            "was" if before == "i" => "were",
            "are" if before == "you" => "am",
            "were" if before == "you" => "was",
            "you" if is_last || matches!(before, "to" | "for" | "with" | "about" | "of" | "and" | "like") => "me",
            "you" => "I",
            "your" => "my",
            "yours" => "mine",
            "yourself" => "myself",
            // a capital that only began the sentence
            low if place == 0 && word.written.chars().skip(1).all(char::is_lowercase) => low,
            _ => &word.written,
        });
    }
    said.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(text: &str) -> String {
        turned(&clauses(text)[0])
    }

    #[test]
    fn words_are_turned_round() {
        assert_eq!(turn("My dog and you"), "your dog and me");
        assert_eq!(turn("you are kind to me"), "I am kind to you");
        assert_eq!(turn("I was in Paris"), "you were in Paris");
        assert_eq!(turn("I\u{2019}m not myself"), "you are not yourself");
    }

    #[test]
    fn clauses_end_at_punctuation_and_at_but() {
        assert_eq!(clauses("well, yes but no... 'quoted'").len(), 4);
        assert!(clauses(" ?! \u{1f600}").is_empty());
        assert_eq!(clauses(&"a".repeat(5000))[0][0].low.len(), LONGEST);
    }
}
