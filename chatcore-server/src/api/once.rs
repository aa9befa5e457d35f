//! Requests that are made again: the name that a client gives to one.

use chatcore::Error;
use chatcore::once::Once;
use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaParamIn, MetaSchemaRef, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use super::support::Answer;
use crate::http::Problem;

/// The header `Idempotency-Key`, if the request has one.
pub(super) struct Key(Option<String>);

impl<'a> ApiExtractor<'a> for Key {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];
    const PARAM_IS_REQUIRED: bool = false;

    type ParamType = Option<String>;
    type ParamRawType = String;

    fn register(registry: &mut Registry) {
        <String as Type>::register(registry);
    }

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Header)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(Option::<String>::schema_ref())
    }

    fn param_raw_type(&self) -> Option<&String> {
        self.0.as_ref()
    }

    /// A name that cannot be read is refused: who sends one relies on it.
    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        options: ExtractParamOptions<Option<String>>,
    ) -> poem::Result<Self> {
        let refused = |reason: &str| Problem::from(Error::invalid("Idempotency-Key", reason));
        let mut values = request.headers().get_all(options.name).iter();
        let Some(value) = values.next() else { return Ok(Self(None)) };
        if values.next().is_some() {
            return Err(refused("is given twice").into());
        }
        let name = std::str::from_utf8(value.as_bytes()).map_err(|_| refused("must have visible ASCII characters"))?;
        Ok(Self(Some(name.to_owned())))
    }
}

impl Key {
    /// The name, if it may be one. Which requests are the same is for the core to say.
    pub(super) fn once(self) -> Answer<Option<Once>> {
        Ok(self.0.map(Once::new).transpose()?)
    }
}
