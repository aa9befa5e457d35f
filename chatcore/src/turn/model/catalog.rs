//! The models that a chat may use.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{LanguageModel, ModelInfo};

/// The models that a chat may use, by name.
#[derive(Clone, Default)]
pub struct Models {
    by_id: BTreeMap<String, (ModelInfo, Arc<dyn LanguageModel>)>,
    order: Vec<String>,
}

impl Models {
    /// No models yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With everything that a back end offers. The first model added is the default; a name that is taken stays with
    /// whoever had it.
    #[must_use]
    pub fn with(mut self, model: impl LanguageModel + 'static) -> Self {
        self.add(Arc::new(model));
        self
    }

    /// Adds everything that a back end offers, as [`Self::with`] does.
    pub fn add(&mut self, model: Arc<dyn LanguageModel>) {
        for info in model.models() {
            if !self.by_id.contains_key(&info.id) {
                self.order.push(info.id.clone());
                self.by_id.insert(info.id.clone(), (info, model.clone()));
            }
        }
    }

    /// The model of that name, or the default when none is named.
    #[must_use]
    pub fn find(&self, id: Option<&str>) -> Option<(&ModelInfo, &Arc<dyn LanguageModel>)> {
        let id = id.or_else(|| self.order.first().map(String::as_str))?;
        self.by_id.get(id).map(|(info, model)| (info, model))
    }

    /// All of them, the default first.
    pub fn list(&self) -> impl Iterator<Item = &ModelInfo> {
        self.order.iter().filter_map(|id| self.by_id.get(id)).map(|(info, _)| info)
    }
}

impl<M: LanguageModel + 'static> From<M> for Models {
    fn from(model: M) -> Self {
        Self::new().with(model)
    }
}
