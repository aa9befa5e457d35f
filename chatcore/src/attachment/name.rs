//! Names of files, as people see them. No name of anybody's ever names a file of ours.

/// The longest name in characters.
const LONGEST: usize = 120;

/// The name that is shown of a file: the last part of what the uploader said, without what a screen or a header could
/// trip over. `file` when nothing is left.
#[must_use]
pub fn clean_name(said: &str) -> String {
    let last = said.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown: String = last.chars().filter(|letter| is_shown(*letter)).collect();
    // no hidden files, and nothing that Windows cuts off
    let shown = shown.trim_matches(|letter: char| letter == '.' || letter.is_whitespace());
    if shown.is_empty() { "file".to_owned() } else { shortened(shown) }
}

/// Not control characters, nor those that turn the direction of text or show nothing: `photo\u{202e}gnp.exe`.
fn is_shown(letter: char) -> bool {
    let hidden = matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' | '\u{ad}' | '\u{61c}' | '\u{180e}');
    !(letter.is_control() || hidden || matches!(letter, '"' | '<' | '>' | '|' | ':' | '*' | '?'))
}

/// Shortened in the middle, so that its ending stays.
fn shortened(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= LONGEST {
        return name.to_owned();
    }
    let ending = name.rsplit_once('.').map_or(0, |(_, ending)| ending.chars().count() + 1);
    let ending = if ending <= 12 { ending } else { 0 };
    let (head, tail) = (&letters[..LONGEST - ending], &letters[letters.len() - ending..]);
    head.iter().chain(tail).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_last_part_is_shown_and_nothing_that_hides() {
        for (said, shown) in [
            ("holiday.png", "holiday.png"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Windows\\win.ini", "win.ini"),
            ("..", "file"),
            ("", "file"),
            (".htaccess", "htaccess"),
            ("a\r\nSet-Cookie: x=1", "aSet-Cookie x=1"),
            ("photo\u{202e}gnp.exe", "photognp.exe"),
            ("x\0.png", "x.png"),
            ("Übung 漢字.txt ", "Übung 漢字.txt"),
            ("a\";b=\"c.txt", "a;b=c.txt"),
        ] {
            assert_eq!(clean_name(said), shown, "{said:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let name = clean_name(&format!("{}.tar.gz", "x".repeat(10_000)));
        assert!(name.chars().count() == LONGEST && name.ends_with("x.gz"), "{name}");
    }

    proptest! {
        #[test]
        fn whatever_is_said_the_name_is_plain_and_stays_as_it_is(said: String) {
            let name = clean_name(&said);
            prop_assert!(!name.is_empty() && name.chars().count() <= LONGEST);
            prop_assert!(!name.contains(['/', '\\', '"']) && !name.chars().any(char::is_control));
            prop_assert_eq!(clean_name(&name), name);
        }
    }
}
