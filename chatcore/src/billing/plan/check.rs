//! What a plan must be to be taken. A plan that could not be sold or enforced is refused when it is loaded, not when somebody
//! has paid for it.

use std::collections::BTreeSet;

use super::{Plan, PlanGrant, PlanId, PlanPrice};
use crate::billing::ledger::Credit;
use crate::quota::{LimitRule, RuleError};

/// Why a plan, or a table of plans, cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// An id that is not a short word.
    #[error("`{0}` is no id of a plan: 1 to {MAX_ID} of a-z, 0-9, - and _")]
    Id(String),
    /// A field of a plan.
    #[error("plan `{plan}`: {field} {reason}")]
    Field {
        /// Which plan.
        plan: PlanId,
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Two plans have it.
    #[error("there are two plans `{0}`")]
    Twice(PlanId),
    /// Two plans have a price of the same name, so nobody could say which of them was bought.
    #[error("the plans `{0}` and `{1}` have the same price")]
    PriceTwice(PlanId, PlanId),
    /// There is no such plan.
    #[error("there is no plan `{0}`")]
    Unknown(PlanId),
    /// What everybody has for nothing has no price.
    #[error("the plan `{0}` is for everybody, and has a price")]
    PaidDefault(PlanId),
}

/// The longest id, in bytes.
const MAX_ID: usize = 64;

/// The longest name of a plan, of a price and of a model, in bytes.
const MAX_NAME: usize = 255;

/// The longest time to try something, in days: what gateways take.
const MAX_TRIAL: u32 = 730;

/// More rules or grants than this are a mistake.
const MAX_ROWS: usize = 100;

/// The largest amount that every store keeps.
const MAX_AMOUNT: u64 = i64::MAX.unsigned_abs();

type Problem = Result<(), (&'static str, &'static str)>;

impl Plan {
    /// Refuses what could not be sold or enforced.
    ///
    /// # Errors
    /// [`PlanError::Id`]; [`PlanError::Field`].
    pub fn validate(&self) -> Result<(), PlanError> {
        let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
        if !(1..=MAX_ID).contains(&self.id.0.len()) || !self.id.0.bytes().all(word) {
            return Err(PlanError::Id(self.id.0.chars().take(MAX_ID).collect()));
        }
        let all = texts(self).and_then(|()| self.price.as_ref().map_or(Ok(()), price)).and_then(|()| trial(self));
        let all = all.and_then(|()| limits(&self.limits)).and_then(|()| grants(&self.grants));
        all.map_err(|(field, reason)| PlanError::Field { plan: self.id.clone(), field, reason })
    }
}

fn is_name(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len()) && !text.contains('\0')
}

fn texts(plan: &Plan) -> Problem {
    if !is_name(&plan.name) {
        return Err(("name", "must have 1 to 255 bytes"));
    }
    let fine = plan.description.as_ref().is_none_or(|text| text.len() <= 2_000 && !text.contains('\0'));
    if fine { Ok(()) } else { Err(("description", "must have at most 2,000 bytes")) }
}

fn price(price: &PlanPrice) -> Problem {
    if !is_name(&price.reference) || !price.reference.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(("price.reference", "must have 1 to 255 visible ASCII characters"));
    }
    if price.currency.len() != 3 || !price.currency.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Err(("price.currency", "must be three lower-case letters, as in ISO 4217"));
    }
    if price.amount > MAX_AMOUNT { Err(("price.amount", "is too large")) } else { Ok(()) }
}

fn trial(plan: &Plan) -> Problem {
    match plan.trial_days {
        0 => Ok(()),
        _ if plan.price.is_none() => Err(("trial_days", "are of no use without a price")),
        days if days > MAX_TRIAL => Err(("trial_days", "must be at most 730")),
        _ => Ok(()),
    }
}

/// What makes a rule the rule that it is; two that agree in this would contradict each other.
fn limits(rules: &[LimitRule]) -> Problem {
    let mut known = BTreeSet::new();
    for rule in rules {
        rule.validate().map_err(|error| ("limits", why(&error)))?;
        if rule.limit > MAX_AMOUNT {
            return Err(("limits", "are too large"));
        }
        if rule.model.as_ref().is_some_and(|model| !is_name(model)) {
            return Err(("limits", "name a model that cannot be"));
        }
        if !known.insert((rule.meter, rule.window, rule.scope, &rule.model)) {
            return Err(("limits", "have two rules for the same"));
        }
    }
    if known.len() > MAX_ROWS { Err(("limits", "are more than 100")) } else { Ok(()) }
}

const fn why(error: &RuleError) -> &'static str {
    match error {
        RuleError::Window(_) => "have a window where the meter has none",
        RuleError::TooLong => "have a window of more than 1464 hours",
        RuleError::Model => "name a model for bytes that are stored",
    }
}

/// Refuses rules that nobody could keep; for rules that are somebody's own.
///
/// # Errors
/// What is wrong with them.
pub(crate) fn check_rules(rules: &[LimitRule]) -> Result<(), &'static str> {
    limits(rules).map_err(|(_, reason)| reason)
}

fn grants(grants: &[PlanGrant]) -> Problem {
    if grants.len() > MAX_ROWS {
        return Err(("grants", "are more than 100"));
    }
    let sum = grants.iter().try_fold(0_u64, |sum, grant| sum.checked_add(grant.amount));
    if grants.iter().any(|grant| grant.amount == 0) || sum.is_none_or(|sum| Credit::amount(sum).is_err()) {
        return Err(("grants", "must be more than nothing, and together not too much"));
    }
    Ok(())
}
