//! Stopping where the reader was: what they had not seen yet is not kept.

use crate::conversation::Part;

/// What stands between two parts of a text, in characters.
const GAP: u64 = 2;

/// The parts up to so many characters (Unicode scalar values) of their [text](crate::conversation::text_of). Nothing
/// behind the place where the reader stopped is kept, whatever its kind; what is shorter stays as it is.
pub(super) fn seen_of(parts: &[Part], seen: u64) -> Vec<Part> {
    let (mut kept, mut left, mut first) = (Vec::new(), seen, true);
    for part in parts {
        let (Part::Text { text } | Part::Refusal { text }) = part else {
            kept.push(part.clone());
            continue;
        };
        left = if first { left } else { left.saturating_sub(GAP) };
        first = false;
        let count = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
        if count <= left {
            left -= count;
            kept.push(part.clone());
            continue;
        }
        let text: String = text.chars().take(usize::try_from(left).unwrap_or(usize::MAX)).collect();
        if !text.is_empty() {
            kept.push(match part {
                Part::Refusal { .. } => Part::Refusal { text },
                _ => Part::text(text),
            });
        }
        break;
    }
    // a call whose result was cut would be a call without one
    let lacks = |id: &String| answers(parts, id) && !answers(&kept, id);
    let cut: Vec<bool> = kept.iter().map(|part| matches!(part, Part::ToolCall { id, .. } if lacks(id))).collect();
    kept.into_iter().zip(cut).filter(|(_, cut)| !cut).map(|(part, _)| part).collect()
}

/// Whether a call has a result.
fn answers(parts: &[Part], id: &str) -> bool {
    parts.iter().any(|part| matches!(part, Part::ToolResult { call_id, .. } if call_id == id))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::conversation::text_of;

    fn thought() -> Part {
        Part::Reasoning { text: "hm".into(), signature: None }
    }

    #[test]
    fn what_was_not_seen_goes() {
        let parts = [thought(), Part::text("a\u{1F600}\u{e4}bc"), thought(), Part::text("more")];
        assert_eq!(seen_of(&parts, 0), [thought()]);
        assert_eq!(seen_of(&parts, 2), [thought(), Part::text("a\u{1F600}")]);
        assert_eq!(seen_of(&parts, 8), [thought(), Part::text("a\u{1F600}\u{e4}bc"), thought(), Part::text("m")]);
        assert_eq!(seen_of(&parts, 11), parts);
        assert_eq!(seen_of(&parts, u64::MAX), parts, "it never gets longer");
        let call = Part::ToolCall { id: "1".into(), name: "look".into(), arguments: "{}".into() };
        let result = Part::ToolResult { call_id: "1".into(), content: "rain".into(), is_error: false };
        let looked = [call, Part::text("wait"), result];
        assert_eq!(seen_of(&looked, 2), [Part::text("wa")], "the call goes with its result");
        assert_eq!(seen_of(&looked, 4), looked);
        let declined = Part::Refusal { text: "no thanks".into() };
        assert_eq!(seen_of(&[declined], 2), [Part::Refusal { text: "no".into() }]);
    }

    proptest! {
        #[test]
        fn the_text_is_a_beginning_and_no_longer_than_what_was_seen(
            texts in proptest::collection::vec("[a\u{e4}\u{1F600}]{1,9}", 0..5),
            seen in 0..60_u64,
        ) {
            let parts: Vec<Part> = texts.into_iter().map(Part::text).collect();
            let (whole, kept) = (text_of(&parts), text_of(&seen_of(&parts, seen)));
            prop_assert!(whole.starts_with(&kept));
            let length = kept.chars().count() as u64;
            prop_assert!(length <= seen);
            // a gap is not kept without what follows it
            prop_assert!(length + GAP >= seen.min(whole.chars().count() as u64));
        }
    }
}
