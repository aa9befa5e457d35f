//! A form with one file, read as it arrives.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use bytes::Bytes;
use chatcore::Error;
use futures::stream::{self, BoxStream, Stream, StreamExt};
use multer::{Field, Multipart};
use poem::http::header;
use poem::{Body, Request, RequestBody};
use poem_openapi::payload::{Binary, Payload};
use poem_openapi::registry::{MetaMediaType, MetaRequest, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use crate::http::Problem;

/// The field that holds the file.
const FIELD: &str = "file";

/// Bytes that may arrive before some of the file can be handed on: its head and what is around it.
const AHEAD: usize = 256 * 1024;

/// Bytes of a field that stands beside the file.
const SHORT: usize = 1024;

/// A form whose body has not been read yet.
pub(crate) struct Form {
    form: Multipart<'static>,
    ahead: Arc<AtomicUsize>,
    beside: &'static [&'static str],
}

/// The file of a form.
pub(crate) struct FormFile {
    /// The name that whoever uploads it says.
    pub(crate) name: String,
    /// What the fields said that came before it.
    pub(crate) beside: Vec<String>,
    /// Its bytes. An error at its end means that the form holds more than one file.
    pub(crate) bytes: BoxStream<'static, Result<Bytes, Error>>,
}

fn refused(reason: &str) -> Error {
    Error::invalid(FIELD, reason)
}

/// What a broken form is, is the business of whoever sent it.
fn broken(_: multer::Error) -> Error {
    refused("did not arrive as a form with one file")
}

impl Form {
    fn new(boundary: String, body: Body) -> Self {
        let ahead = Arc::new(AtomicUsize::new(0));
        Self { form: Multipart::new(paced(body, Arc::clone(&ahead)), boundary), ahead, beside: &[] }
    }

    /// The form that a request brings.
    ///
    /// # Errors
    /// A [`Problem`] when it brings something else.
    pub(crate) fn read(request: &Request, body: Body) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let boundary = kind.and_then(|kind| multer::parse_boundary(kind).ok());
        let wrong = || Problem::unsupported_media_type("The body must be a form: `multipart/form-data`.");
        Ok(Self::new(boundary.ok_or_else(wrong)?, body))
    }

    /// The same with short fields of these names, which may stand beside the file.
    pub(crate) fn beside(self, names: &'static [&'static str]) -> Self {
        Self { beside: names, ..self }
    }

    fn stands_beside(&self, field: &Field<'_>) -> bool {
        field.name().is_some_and(|name| self.beside.contains(&name))
    }

    /// The file; it must be the first field, and the only one, but for those that may stand beside it.
    pub(crate) async fn file(mut self) -> Result<FormFile, Error> {
        let mut beside = Vec::new();
        let field = loop {
            let field = self.form.next_field().await.map_err(broken)?.ok_or_else(|| refused("is missing"))?;
            if !self.stands_beside(&field) {
                break field;
            }
            if beside.len() == self.beside.len() {
                return Err(refused("has too many fields beside it"));
            }
            beside.push(short(field).await?);
            self.ahead.store(0, Ordering::Relaxed);
        };
        let field = Some(field).filter(|field| field.name() == Some(FIELD)).ok_or_else(|| refused("is missing"))?;
        let name = unescaped(field.file_name().unwrap_or_default());
        let bytes = stream::try_unfold((self, Some(field)), |(form, field)| form.next(field)).boxed();
        Ok(FormFile { name, beside, bytes })
    }

    async fn next(
        mut self,
        field: Option<Field<'static>>,
    ) -> Result<Option<(Bytes, (Self, Option<Field<'static>>))>, Error> {
        let Some(mut field) = field else { return Ok(None) };
        let piece = field.chunk().await.map_err(broken)?;
        self.ahead.store(0, Ordering::Relaxed);
        if let Some(piece) = piece {
            return Ok(Some((piece, (self, Some(field)))));
        }
        drop(field);
        while let Some(field) = self.form.next_field().await.map_err(broken)? {
            if !self.stands_beside(&field) {
                return Err(refused("must be the only field"));
            }
        }
        Ok(None)
    }
}

/// The text of a field that stands beside a file.
async fn short(mut field: Field<'_>) -> Result<String, Error> {
    let mut text = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(broken)? {
        text.extend_from_slice(&piece);
        if text.len() > SHORT {
            return Err(refused("has a field beside it that is too long"));
        }
    }
    String::from_utf8(text).map_err(|_| refused("has a field beside it that is no text"))
}

/// Browsers write these three letters of a name so.
fn unescaped(name: &str) -> String {
    name.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n")
}

/// The pieces of a body, one a poll: the parser reads ahead for as long as there are some, and would hold what it is not
/// asked for yet. Cut where it is given more than it can have a use for.
fn paced(body: Body, ahead: Arc<AtomicUsize>) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static {
    let mut pieces = body.into_bytes_stream().boxed();
    let mut given = false;
    stream::poll_fn(move |context| {
        if std::mem::take(&mut given) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let next = std::task::ready!(pieces.poll_next_unpin(context));
        given = true;
        Poll::Ready(next.map(|piece| {
            let piece = piece?;
            let held = ahead.fetch_add(piece.len(), Ordering::Relaxed).saturating_add(piece.len());
            if held > AHEAD.max(piece.len()) { Err(std::io::Error::other("a head without an end")) } else { Ok(piece) }
        }))
    })
}

impl<'a> ApiExtractor<'a> for Form {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(_registry: &mut Registry) {}

    fn request_meta() -> Option<MetaRequest> {
        let schema = MetaSchema {
            required: vec![FIELD],
            properties: vec![(FIELD, <Binary<Body> as Payload>::schema_ref())],
            ..MetaSchema::new("object")
        };
        let schema = MetaSchemaRef::Inline(Box::new(schema));
        let content = vec![MetaMediaType { content_type: "multipart/form-data", schema }];
        Some(MetaRequest { description: Some("A form with one field, `file`."), content, required: true })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        Ok(Self::read(request, body.take()?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str, piece: usize) -> Form {
        let pieces: Vec<_> = text.as_bytes().chunks(piece).map(|it| Ok::<_, std::io::Error>(it.to_vec())).collect();
        Form::new("b".into(), Body::from_bytes_stream(stream::iter(pieces)))
    }

    async fn read(text: &str, piece: usize) -> Result<(String, Vec<u8>), Error> {
        let mut file = form(text, piece).file().await?;
        let mut all = Vec::new();
        while let Some(piece) = file.bytes.next().await {
            all.extend_from_slice(&piece?);
        }
        Ok((file.name, all))
    }

    fn part(name: &str, rest: &str) -> String {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{rest}\r\n\r\nhello\r\nworld\r\n")
    }

    #[tokio::test]
    async fn a_file_is_read_wherever_the_pieces_are_cut() {
        let text = part("file", "; filename=\"a%22b.txt\"") + "--b--\r\n";
        for piece in [1, 2, 7, 1000] {
            let (name, bytes) = read(&text, piece).await.unwrap();
            assert_eq!((name.as_str(), bytes.as_slice()), ("a\"b.txt", &b"hello\r\nworld"[..]), "pieces of {piece}");
        }
    }

    #[tokio::test]
    async fn a_form_that_is_not_one_file_is_refused() {
        let file = part("file", "");
        let many = part("file", "").repeat(10_000);
        for text in ["", "--b--\r\n", "--c\r\n", &file, &(part("other", "") + &file + "--b--\r\n"), &many] {
            assert!(matches!(read(text, 100).await, Err(Error::Invalid { field: "file", .. })), "{text:.40}");
        }
        assert!(matches!(read(&(file.repeat(2) + "--b--\r\n"), 100).await, Err(Error::Invalid { .. })));
    }

    #[tokio::test]
    async fn short_fields_may_stand_beside_the_file_if_somebody_says_so() {
        let text = part("filename", "") + &part("file", "; filename=\"a.txt\"") + &part("filename", "") + "--b--\r\n";
        let mut file = form(&text, 7).beside(&["filename"]).file().await.unwrap();
        assert_eq!((file.name.as_str(), file.beside.as_slice()), ("a.txt", &["hello\r\nworld".to_owned()][..]));
        while let Some(piece) = file.bytes.next().await {
            piece.unwrap();
        }
        assert!(form(&text, 7).beside(&["other"]).file().await.is_err());
    }

    #[tokio::test]
    async fn a_head_without_an_end_is_not_held() {
        let head =
            format!("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{}", "x".repeat(10 * AHEAD));
        let form = form(&head, 8192);
        let ahead = Arc::clone(&form.ahead);
        assert!(form.file().await.is_err());
        assert!(ahead.load(Ordering::Relaxed) <= AHEAD + 8192, "it was read to its end");
        assert!(read(&"y".repeat(10 * AHEAD), 8192).await.is_err(), "nor is what comes before it");
    }
}
