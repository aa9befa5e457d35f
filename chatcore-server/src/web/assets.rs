//! The files of the chat page, embedded in the binary.
//!
//! Routes and headers do not belong here: this answers "which bytes has this path, and what are they".

use std::borrow::Cow;
use std::fmt::Write as _;

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "web/"]
struct Files;

/// One file of the page.
#[derive(Debug, Clone)]
pub struct Asset {
    /// The content of the file.
    pub bytes: Cow<'static, [u8]>,
    /// Its media type, with the character set for text.
    pub content_type: &'static str,
    /// A strong entity tag in quotes, made from the SHA-256 of the content.
    pub etag: String,
}

/// Finds a file of the page by its path below `web/`, such as `main.js`.
///
/// A path that is not there, or whose kind is not known, is `None`. A debug build reads the folder, a release build
/// the binary.
#[must_use]
pub fn asset(path: &str) -> Option<Asset> {
    let content_type = content_type(path)?;
    let file = Files::get(path)?;
    let hash = file.metadata.sha256_hash();
    let mut etag = String::with_capacity(34);
    etag.push('"');
    for byte in hash.iter().take(16) {
        // writing to a string cannot fail
        let _ = write!(etag, "{byte:02x}");
    }
    etag.push('"');
    Some(Asset { bytes: file.data, content_type, etag })
}

/// A closed table: a file whose kind is not listed is not served.
fn content_type(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    Some(match extension {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webmanifest" => "application/manifest+json",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::asset;

    #[test]
    fn the_page_and_its_entry_points_are_there() {
        for path in ["index.html", "main.js", "base.css", "favicon.svg"] {
            let asset = asset(path).unwrap_or_else(|| panic!("{path} is missing"));
            assert!(!asset.bytes.is_empty());
            assert!(asset.etag.starts_with('"') && asset.etag.len() == 34, "{}", asset.etag);
        }
    }

    #[test]
    fn nothing_outside_the_folder_is_served() {
        for path in ["", "../Cargo.toml", "../src/lib.rs", "a/../../src/web/mod.rs", "/etc/passwd", "no.html"] {
            assert!(asset(path).is_none(), "{path}");
        }
    }

    #[test]
    fn the_page_names_only_files_that_exist() {
        let index = String::from_utf8(asset("index.html").unwrap().bytes.into_owned()).unwrap();
        let mut named = 0;
        for part in index.split("\"/assets/").skip(1) {
            let path = part.split('"').next().unwrap();
            assert!(asset(path).is_some(), "{path} is named by index.html");
            named += 1;
        }
        assert!(named > 3);
        assert!(!index.contains(" style="), "the policy forbids style attributes");
        assert!(!index.contains("<script>"), "the policy forbids inline scripts");
    }

    #[test]
    fn the_modules_import_only_files_that_exist() {
        let mut imports = 0;
        for path in super::Files::iter().filter(|path| path.ends_with(".js")) {
            let module = String::from_utf8(asset(&path).unwrap().bytes.into_owned()).unwrap();
            for part in module.split("from \"./").skip(1) {
                let imported = part.split('"').next().unwrap();
                assert!(asset(imported).is_some(), "{imported} is imported by {path}");
                imports += 1;
            }
        }
        assert!(imports > 20);
    }
}
