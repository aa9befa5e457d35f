//! What Markdown becomes, and what hostile Markdown must not become.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{MAX_MARKDOWN, check, render};

/// Texts that tried to be more than text in some chat, forum or renderer before. The browser checks show the same ones.
static CORPUS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let corpus: Value = serde_json::from_str(include_str!("../../../tests/hostile/markdown.json")).unwrap();
    corpus["texts"].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
});

#[test]
fn hostile_texts_stay_texts() {
    assert!(CORPUS.len() >= 140);
    for text in CORPUS.iter() {
        check::check(text.as_bytes());
        for wrapped in [
            format!("> {text}"),
            format!("* {text}\n  * {text}"),
            format!("**{text}**"),
            format!("[{text}](https://ok.example)"),
            format!("![{text}](https://ok.example)"),
            format!("| {text} |\n|---|\n| {text} |"),
            format!("<div>\n{text}\n</div>"),
            format!("x\n\n{text}\n\n{text}"),
        ] {
            check::check(wrapped.as_bytes());
        }
    }
}

#[test]
fn pairs_of_hostile_texts_stay_texts() {
    for first in CORPUS.iter() {
        for second in CORPUS.iter() {
            check::check(format!("{first}{second}").as_bytes());
        }
    }
}

#[test]
fn no_part_of_a_hostile_text_is_a_surprise() {
    for text in CORPUS.iter() {
        for (end, _) in text.char_indices() {
            check::check(&text.as_bytes()[..end]);
            check::check(&text.as_bytes()[end..]);
        }
    }
}

#[test]
fn sanitising_again_changes_nothing() {
    for text in CORPUS.iter() {
        let once = render(text);
        // the guards of a link may change places
        let plain =
            |html: &str| html.replace(" target=\"_blank\"", "").replace(" rel=\"noopener noreferrer nofollow\"", "");
        assert_eq!(plain(&super::sanitize::clean(&once)), plain(&once), "{text:?}");
    }
}

#[test]
fn the_judge_refuses_what_it_should() {
    for bad in [
        "<script>",
        "<p onclick=\"x\">x</p>",
        "<p style=\"x\">x</p>",
        "<img src=\"https://x\">",
        "<p>",
        "</p>",
        "a < b",
        "a > b",
        "<a href=\"javascript:x\" rel=\"noopener noreferrer nofollow\" target=\"_blank\">x</a>",
        "<a href=\"https://x\">x</a>",
        "<img src=\"data:image/svg+xml;base64,AA\">",
        "<p class=x>x</p>",
        "<P>x</P>",
        "<em><strong></em></strong>",
        "<p id=\"x\"></p>",
    ] {
        assert!(check::violation(bad).is_some(), "{bad}");
    }
    assert_eq!(check::violation("<p>a &lt; b <em>c</em><br></p>"), None);
}

#[test]
fn ordinary_markdown_looks_as_expected() {
    for (markdown, html) in [
        (
            "# Hi\n\n*a* **b** ~~c~~ `d`",
            "<h1>Hi</h1>\n<p><em>a</em> <strong>b</strong> <del>c</del> <code>d</code></p>\n",
        ),
        ("```rust\nlet a = 1 < 2;\n```", "<pre><code class=\"language-rust\">let a = 1 &lt; 2;\n</code></pre>\n"),
        ("- [x] a\n- [ ] b", "<ul>\n<li>☑ a</li>\n<li>☐ b</li>\n</ul>\n"),
        ("3. a", "<ol start=\"3\">\n<li>a</li>\n</ol>\n"),
        (
            "| a | b |\n| --- | --: |\n| 1 | 2 |",
            "<table><thead><tr><th>a</th><th align=\"right\">b</th></tr></thead><tbody>\n\
             <tr><td>1</td><td align=\"right\">2</td></tr>\n</tbody></table>\n",
        ),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>\n"),
        ("![a cat](/cat.png)", "<p>[image: a cat]</p>\n"),
        (
            "![](https://h/cat.png)",
            "<p><a href=\"https://h/cat.png\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">[image]</a></p>\n",
        ),
        (
            "![dot](data:image/gif;base64,R0lGODlhAQ==)",
            "<p><img src=\"data:image/gif;base64,R0lGODlhAQ==\" alt=\"dot\"></p>\n",
        ),
        ("a & b < c", "<p>a &amp; b &lt; c</p>\n"),
    ] {
        assert_eq!(render(markdown), html, "{markdown}");
    }
}

#[test]
fn too_long_a_text_is_shown_as_written() {
    let text = "*a*<b>".repeat(MAX_MARKDOWN / 5);
    assert!(render(&text).starts_with("<pre>*a*&lt;b&gt;"));
    check::check(text.as_bytes());
}

/// What takes the square of its length takes longer than this, on any machine; what does not is done in a moment, and in
/// a few seconds on a machine that is busy with other things.
const QUADRATIC: Duration = Duration::from_secs(60);

/// Inputs on which some Markdown or HTML parser needed more than linear time once.
#[test]
fn hostile_texts_take_bounded_time() {
    let fill = |part: &str| part.repeat(MAX_MARKDOWN / part.len());
    let half = |part: &str| part.repeat(MAX_MARKDOWN / 2 / part.len());
    let indented = (0..700).map(|depth| format!("{}- a\n", " ".repeat(depth))).collect::<String>();
    let inputs = [
        fill("["),
        fill("]"),
        fill("!["),
        fill("[a]("),
        fill("[a](<b"),
        fill("![[]()"),
        fill("*a_ "),
        fill("**a **"),
        fill("a**b_c_"),
        fill("`"),
        fill("`a``b"),
        fill("<"),
        fill("<a "),
        fill("<!--"),
        fill("<?"),
        fill("&"),
        fill("&#"),
        fill("> "),
        fill(">"),
        fill("- "),
        fill("1. "),
        fill("\\"),
        fill("~"),
        fill("~~a"),
        fill("|"),
        fill("a|\n-|\n"),
        fill("# "),
        fill("\t"),
        fill("\n"),
        fill("<a@b.c>"),
        fill("[]()"),
        fill("a\n\n"),
        fill("[a]:b\n"),
        fill("*"),
        fill("_"),
        fill("-\n"),
        fill("> - "),
        fill("$$"),
        half("> ") + &half("\na"),
        half("- ") + &half("\n"),
        half("  - a\n") + &half("    "),
        half("*a ") + &half("b* "),
        format!("[a]: {}\n{}", "b".repeat(50_000), half("[a]")),
        format!("{}\n{}\n{}", "|a".repeat(10_000), "|-".repeat(10_000), "a\n".repeat(60_000)),
        format!("{}{}", "> ".repeat(45), format!("\n{}a", "> ".repeat(45)).repeat(2_500)),
        format!("{}\n{}", "- ".repeat(45), "\n".repeat(200_000)),
        indented.clone(),
        indented + &half("\n"),
        (1..700).map(|depth| format!("{}a\n", ">".repeat(depth))).collect(),
        (1..700).map(|length| "`".repeat(length) + "a").collect(),
    ];
    let mut slow = Vec::new();
    for text in inputs {
        let begin = Instant::now();
        check::check(text.as_bytes());
        let took = begin.elapsed();
        let start: String = text.chars().take(12).collect();
        slow.extend((took > QUADRATIC).then(|| format!("{start:?} of {} bytes took {took:?}", text.len())));
    }
    assert!(slow.is_empty(), "{slow:#?}");
}
