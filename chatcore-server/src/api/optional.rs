//! A body that may be left out.

use poem::{Request, RequestBody};
use poem_openapi::payload::Json;
use poem_openapi::registry::{MetaRequest, Registry};
use poem_openapi::types::ParseFromJSON;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

/// JSON, or no body at all; the framework's own `Json<Option<T>>` wants a `Content-Type` even where nothing is sent, and
/// takes `null` for nothing.
pub(super) struct Optional<T>(pub(super) Option<T>);

impl<'a, T: ParseFromJSON> ApiExtractor<'a> for Optional<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let of_whole = <Json<T> as ApiExtractor<'a>>::request_meta()?;
        Some(MetaRequest { required: false, ..of_whole })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let sent = body.take()?.into_bytes().await?;
        if sent.is_empty() {
            return Ok(Self(None));
        }
        let mut sent = RequestBody::new(sent.into());
        let Json(whole) = <Json<T> as ApiExtractor<'a>>::from_request(request, &mut sent, options).await?;
        Ok(Self(Some(whole)))
    }
}
