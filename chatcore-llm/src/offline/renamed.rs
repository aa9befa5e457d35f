//! A model under another name.

use std::sync::Arc;

use async_trait::async_trait;
use chatcore::turn::{LanguageModel, ModelError, ModelInfo, ModelRequest, ModelStream, TokenCounter};

/// One model, offered as another: with a name of its own, or with other limits.
///
/// ```
/// use chatcore::turn::ModelInfo;
/// use chatcore_llm::offline::{Eliza, Renamed};
///
/// let helper = Renamed::new(Eliza::new(), ModelInfo::new("helper", "offline", 4096));
/// # let _ = helper;
/// ```
#[derive(Debug, Clone)]
pub struct Renamed<M> {
    model: M,
    info: ModelInfo,
}

impl<M: LanguageModel> Renamed<M> {
    /// The first model that `model` offers, offered as `info`.
    pub fn new(model: M, info: ModelInfo) -> Self {
        Self { model, info }
    }

    fn inner(&self) -> String {
        self.model.models().into_iter().next().map(|info| info.id).unwrap_or_default()
    }
}

#[async_trait]
impl<M: LanguageModel> LanguageModel for Renamed<M> {
    fn models(&self) -> Vec<ModelInfo> {
        vec![self.info.clone()]
    }

    async fn stream(&self, mut request: ModelRequest) -> Result<ModelStream, ModelError> {
        request.must_be_for(&self.models())?;
        request.model = self.inner();
        self.model.stream(request).await
    }

    fn counter(&self, _model: &str) -> Option<Arc<dyn TokenCounter>> {
        self.model.counter(&self.inner())
    }
}
