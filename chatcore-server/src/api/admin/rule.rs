//! Limits as they are set.

use chatcore::Error;
use chatcore::quota::LimitRule;
use poem_openapi::Object;

use super::known;
use crate::api::dto::word;
use crate::api::text::Text;

/// How much may be used, and over whom it is counted.
#[derive(Object)]
#[oai(rename = "LimitRule", deny_unknown_fields)]
pub(super) struct RuleDto {
    /// What is counted: `messages`, `requests`, `tokens`, `cost`, `api_calls`, `concurrent_runs` or `stored_bytes`.
    meter: Text,
    /// Over what time: `day`, `calendar_month`, `rolling_5h` and so on; `lifetime` if it is not said.
    window: Option<Text>,
    /// Over whom: `subject` if it is not said, `network`, `api_key`, `plan` or `everything`.
    scope: Option<Text>,
    /// With which model; with all of them if none is named.
    model: Option<Text>,
    /// How much there may be.
    limit: u64,
}

impl RuleDto {
    fn rule(self, field: &'static str) -> Result<LimitRule, Error> {
        Ok(LimitRule {
            meter: known(field, &self.meter)?,
            window: self.window.map(|it| known(field, &it)).transpose()?.unwrap_or_default(),
            scope: self.scope.map(|it| known(field, &it)).transpose()?.unwrap_or_default(),
            model: self.model.map(String::from),
            limit: self.limit,
        })
    }

    /// Rules that stand in a field of a body.
    pub(super) fn rules(all: Vec<Self>, field: &'static str) -> Result<Vec<LimitRule>, Error> {
        all.into_iter().map(|one| one.rule(field)).collect()
    }
}

impl From<&LimitRule> for RuleDto {
    fn from(rule: &LimitRule) -> Self {
        Self {
            meter: word(&rule.meter).into(),
            window: Some(rule.window.to_string().into()),
            scope: Some(word(&rule.scope).into()),
            model: rule.model.clone().map(Text::from),
            limit: rule.limit,
        }
    }
}
