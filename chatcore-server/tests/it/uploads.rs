//! What uploads take of the server's memory: next to nothing, however large, endless or many they are.

use std::time::Duration;

use futures::{StreamExt, stream};
use reqwest::Method;

use crate::attachments::{files, upload};
use crate::binary::Binary;
use crate::client::{Client, PATIENCE};

/// Small files of one person, of which all differ.
const SMALL: usize = 10_000;
/// A server that holds one of these whole, or all of the small ones, has more than it may.
const LARGE: usize = 20 << 20;
/// The most that the peak may lie above what the server had before. A debug build with its pools takes some 60 MiB of it.
const MOST: u64 = 160 << 20;

/// A form with a file of so many bytes, sent piece by piece; it breaks off, or ends as a form does.
fn large(bytes: usize, ends: bool) -> reqwest::Body {
    let head = "--limit\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n".to_owned();
    let end = if ends { "\r\n--limit--\r\n" } else { "" }.to_owned();
    let piece = "a".repeat(1 << 16);
    let pieces = std::iter::repeat_n(piece, bytes >> 16);
    reqwest::Body::wrap_stream(stream::iter([head].into_iter().chain(pieces).chain([end])).map(Ok::<_, std::io::Error>))
}

async fn send_large(client: &Client, bytes: usize, ends: bool) -> Option<u16> {
    let request = client.request(Method::POST, "/attachments");
    let request = request.header("content-type", "multipart/form-data; boundary=limit").body(large(bytes, ends));
    // whoever goes on sending may see the connection close before the answer
    tokio::time::timeout(PATIENCE, request.send()).await.unwrap().ok().map(|answer| answer.status().as_u16())
}

/// A compressed file of a few bytes that claims to be endless, and one that is deep in itself.
fn bombs() -> [Vec<u8>; 2] {
    let zip = [b"PK\x03\x04\x2d\0\x08\0\x08\0\0\0\0\0\0\0\0\0".as_slice(), &[0xff; 16], &[0; 1 << 16]].concat();
    let png =
        [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x06\0\0\0".as_slice(), &[0; 1 << 16]];
    [zip, png.concat()]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_take_a_bounded_amount_of_memory() {
    let folder = tempfile::tempdir().unwrap();
    let server = Binary::start(folder.path(), &[("CHATCORE_RATE_LIMITS", "off")]).await;
    let ada = server.anonymous().register("ada").await;
    upload(&ada, "first.txt", b"warm").await.is(201);
    let Some(before) = server.peak_memory() else { return };

    // five times the limit of a file at once, ten of them, and as many that are just right
    let sent = stream::iter(0..20).map(|at| send_large(&ada, if at % 2 == 0 { 5 * LARGE } else { LARGE / 2 }, true));
    let answers: Vec<Option<u16>> = sent.buffer_unordered(10).collect().await;
    assert!(answers.iter().flatten().all(|status| [201, 413, 503].contains(status)), "{answers:?}");
    assert!(answers.contains(&Some(201)), "{answers:?}");
    // those whose senders go away in the middle
    stream::iter(0..10)
        .for_each_concurrent(5, |_| async {
            let _ = send_large(&ada, LARGE / 2, false).await;
        })
        .await;
    for bomb in bombs().iter().cycle().take(50) {
        assert!([201, 415].contains(&upload(&ada, "bomb.png", bomb).await.status));
    }
    let ada = &ada;
    let small = stream::iter(0..SMALL).map(async |at: usize| {
        let bytes = format!("file {at}");
        // a server that is busy says so, and is asked again
        loop {
            match upload(ada, "a.txt", bytes.as_bytes()).await.status {
                201 => return,
                503 => tokio::time::sleep(Duration::from_millis(20)).await,
                other => panic!("{other}"),
            }
        }
    });
    small.buffer_unordered(32).collect::<Vec<()>>().await;

    let peak = server.peak_memory().unwrap();
    assert!(peak < before + MOST, "{} MiB before, {} MiB at most", before >> 20, peak >> 20);
    let kept = files(&folder.path().join("chat.db.files/kept")).len();
    assert!((SMALL..=SMALL + 10).contains(&kept), "{kept} files");
    ada.get("/me").await.is(200);
    server.end().await;
    assert_eq!(files(&folder.path().join("chat.db.files/staged")).len(), 0, "something is left of what broke off");
}
