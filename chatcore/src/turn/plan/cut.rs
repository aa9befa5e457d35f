//! Texts that are too long.

use crate::turn::model::TokenCounter;

/// Stands for what was cut out.
const GAP: &str = "\n[...]\n";

/// As much of the beginning and the end of a text as goes into so many tokens, about two thirds of it beginning: what a
/// question is about tends to stand first, and the question last.
pub(in crate::turn) fn cut(text: &str, most: u64, counter: &dyn TokenCounter) -> String {
    if counter.count(text) <= most {
        return text.to_owned();
    }
    let (mut fits, mut too_much) = (0, text.len());
    while fits + 1 < too_much {
        let middle = fits.midpoint(too_much);
        if counter.count(&ends(text, middle)) <= most { fits = middle } else { too_much = middle }
    }
    // a tokenizer may need more for less text, so the last word is its own
    let mut kept = ends(text, fits);
    while counter.count(&kept) > most {
        if fits == 0 {
            return String::new();
        }
        fits = fits * 9 / 10;
        kept = ends(text, fits);
    }
    kept
}

fn ends(text: &str, bytes: usize) -> String {
    let head = text.floor_char_boundary(bytes - bytes / 3);
    let tail = text.ceil_char_boundary(text.len() - bytes / 3).max(head);
    [&text[..head], GAP, &text[tail..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::turn::plan::Estimate;

    #[test]
    fn both_ends_stay() {
        let text = format!("first {} last", "middle ".repeat(100));
        let short = cut(&text, 20, &Estimate);
        assert!(short.starts_with("first ") && short.ends_with(" last") && short.contains(GAP), "{short}");
        assert!(Estimate.count(&short) <= 20 && Estimate.count(&short) >= 18);
        assert_eq!(cut("short", 2, &Estimate), "short");
        assert_eq!(cut("too long", 1, &Estimate), "");
        assert!(Estimate.count(&cut(&"ä".repeat(99), 10, &Estimate)) <= 10);
    }
}
