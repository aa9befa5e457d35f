//! What is charged for, what everybody gets for nothing, and how much of an answer counts that was cut off.

use std::collections::BTreeMap;

use chatcore::billing::entitlement::{AbortPolicy, Terms};
use chatcore::billing::ledger::{Allowance, Charging, Credit, CreditRules, PriceError, PriceTable, Refill, Unpriced};
use chatcore::turn::{ModelInfo, Prices};
use clap::Args;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Config, ConfigError};

/// What is charged for, as somebody may say it; the table `[charging]` in the file. Amounts are micro-units of credit: a
/// unit is a million of them.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChargingSettings {
    /// What is charged for: `free`, `per_request`, or `per_token` by the prices of models [default: free]
    #[arg(long, env = "CHATCORE_CHARGE", value_name = "WHAT")]
    pub charge: Option<String>,

    /// What an answer costs with `per_request`, in micro-units of credit
    #[arg(long, env = "CHATCORE_CHARGE_AMOUNT", value_name = "MICROS")]
    pub charge_amount: Option<u64>,

    /// What becomes of models without a price with `per_token`: `refuse` or `free` [default: refuse]
    #[arg(long, env = "CHATCORE_UNPRICED", value_name = "WHAT")]
    pub unpriced: Option<String>,

    /// The name of the prices in the ledger [default: made of the prices, so that it changes when they do]
    #[arg(long, env = "CHATCORE_PRICE_VERSION", value_name = "TEXT")]
    pub price_version: Option<String>,

    /// How far somebody may owe when a run used more than was set aside for it, in micro-units of credit [default: not at
    /// all, and the rest is not charged]
    #[arg(long, env = "CHATCORE_OVERDRAFT", value_name = "MICROS")]
    pub overdraft: Option<u64>,

    /// What users get when they are new, in micro-units of credit [default: nothing]
    #[arg(long, env = "CHATCORE_START_BALANCE", value_name = "MICROS")]
    pub start_balance: Option<u64>,

    /// What people without an account get when they are new, in micro-units of credit [default: nothing]
    #[arg(long, env = "CHATCORE_VISITOR_START_BALANCE", value_name = "MICROS")]
    pub visitor_start_balance: Option<u64>,

    /// What users get every so many hours, up to which balance: `1000000/24h/5000000` [default: nothing]
    #[arg(long, env = "CHATCORE_REFILL", value_name = "REFILL")]
    pub refill: Option<String>,

    /// The same for people without an account [default: nothing]
    #[arg(long, env = "CHATCORE_VISITOR_REFILL", value_name = "REFILL")]
    pub visitor_refill: Option<String>,

    /// How much of an answer counts that was cut off: `generated` (all that came), `delivered` (what was kept),
    /// `drain=2000/500` (after a stop the provider is heard out for its report, so many ms and tokens at most),
    /// `surcharge=500` (all that came and so many hundredths of a percent more) [default: generated]
    #[arg(long, env = "CHATCORE_ABORTED", value_name = "POLICY")]
    pub aborted: Option<String>,
}

/// What is charged for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChargingConfig {
    /// What.
    pub charging: Charging,
    /// The name of the prices, if somebody chose one.
    pub version: Option<String>,
    /// What everybody gets, and how far somebody may owe.
    pub credit: CreditRules,
    /// How much of an answer counts that was cut off.
    pub abort: AbortPolicy,
    /// Whether what people use is not even counted, let alone limited or charged for. There is no such setting: it is for a
    /// program that has the server in it and wants none of this.
    pub is_unmetered: bool,
}

impl ChargingSettings {
    /// The same without texts in which there is nothing.
    pub(super) fn without_blanks(mut self) -> Self {
        let texts = [
            &mut self.charge,
            &mut self.unpriced,
            &mut self.price_version,
            &mut self.refill,
            &mut self.visitor_refill,
            &mut self.aborted,
        ];
        for text in texts {
            text.take_if(|text| text.trim().is_empty());
        }
        self
    }

    /// These settings, and those of `other` where these say nothing.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            charge: self.charge.or(other.charge),
            charge_amount: self.charge_amount.or(other.charge_amount),
            unpriced: self.unpriced.or(other.unpriced),
            price_version: self.price_version.or(other.price_version),
            overdraft: self.overdraft.or(other.overdraft),
            start_balance: self.start_balance.or(other.start_balance),
            visitor_start_balance: self.visitor_start_balance.or(other.visitor_start_balance),
            refill: self.refill.or(other.refill),
            visitor_refill: self.visitor_refill.or(other.visitor_refill),
            aborted: self.aborted.or(other.aborted),
        }
    }

    pub(super) fn resolve(self) -> Result<ChargingConfig, ConfigError> {
        let charging = charging(self.charge.as_deref(), self.charge_amount, self.unpriced.as_deref())?;
        let allowance = |start: (&'static str, Option<u64>), refill: (&'static str, Option<String>)| {
            let refill_of = |text: String| parsed_refill(&text).map_err(|reason| wrong(refill.0, reason));
            Ok::<_, ConfigError>(Allowance {
                start: amount(start.0, start.1)?.unwrap_or_default(),
                refill: refill.1.map(refill_of).transpose()?,
            })
        };
        let credit = CreditRules {
            users: allowance(("start_balance", self.start_balance), ("refill", self.refill))?,
            visitors: allowance(
                ("visitor_start_balance", self.visitor_start_balance),
                ("visitor_refill", self.visitor_refill),
            )?,
            overdraft: amount("overdraft", self.overdraft)?,
        };
        let abort = self.aborted.as_deref().map(aborted).transpose().map_err(|reason| wrong("aborted", reason))?;
        let (version, abort) = (self.price_version, abort.unwrap_or_default());
        let config = ChargingConfig { charging, version, credit, abort, is_unmetered: false };
        // a version that cannot be is refused here, and prices of models where they are known
        config.prices(std::iter::empty()).map_err(|error| wrong("price_version", error.to_string()))?;
        Ok(config)
    }
}

fn wrong(name: &'static str, reason: impl Into<String>) -> ConfigError {
    ConfigError::Text { name, reason: reason.into() }
}

fn charging(what: Option<&str>, per_request: Option<u64>, unpriced: Option<&str>) -> Result<Charging, ConfigError> {
    let what = what.unwrap_or("free").trim();
    if per_request.is_some() && what != "per_request" {
        return Err(wrong("charge_amount", "is for `charge = \"per_request\"`"));
    }
    if unpriced.is_some() && what != "per_token" {
        return Err(wrong("unpriced", "is for `charge = \"per_token\"`"));
    }
    match what {
        "free" => Ok(Charging::Free),
        "per_request" => match amount("charge_amount", per_request)? {
            Some(amount) if amount > Credit::ZERO => Ok(Charging::PerRequest { amount }),
            _ => Err(wrong("charge_amount", "is needed, and more than nothing: what does an answer cost?")),
        },
        "per_token" => match unpriced.map_or("refuse", str::trim) {
            "refuse" => Ok(Charging::PerToken { unpriced: Unpriced::Refuse }),
            "free" => Ok(Charging::PerToken { unpriced: Unpriced::Free }),
            _ => Err(wrong("unpriced", "must be refuse or free")),
        },
        _ => Err(wrong("charge", "must be free, per_request or per_token")),
    }
}

fn amount(name: &'static str, micros: Option<u64>) -> Result<Option<Credit>, ConfigError> {
    micros.map(Credit::amount).transpose().map_err(|error| wrong(name, error.to_string()))
}

/// `1000000/24h/5000000`: how much, how often, up to which balance.
fn parsed_refill(text: &str) -> Result<Refill, String> {
    let shape = || "looks like `1000000/24h/5000000`: how much, every how many hours, up to which balance".to_owned();
    let parts: Vec<&str> = text.split('/').map(str::trim).collect();
    let [amount, hours, ceiling] = parts[..] else { return Err(shape()) };
    let credit = |text: &str| {
        let micros: u64 = text.parse().map_err(|_| shape())?;
        Credit::amount(micros).map_err(|error| error.to_string())
    };
    let hours: u32 = hours.strip_suffix('h').ok_or_else(shape)?.parse().map_err(|_| shape())?;
    if hours == 0 {
        return Err("comes every hour at most".into());
    }
    Ok(Refill { amount: credit(amount)?, hours, ceiling: credit(ceiling)? })
}

fn aborted(text: &str) -> Result<AbortPolicy, String> {
    let shape =
        || "must be generated, delivered, drain=<ms>/<tokens> or surcharge=<hundredths of a percent>".to_owned();
    match text.trim().split_once('=') {
        None if text.trim() == "generated" => Ok(AbortPolicy::Generated),
        None if text.trim() == "delivered" => Ok(AbortPolicy::Delivered),
        Some(("surcharge", bps)) => Ok(AbortPolicy::Surcharge { bps: bps.trim().parse().map_err(|_| shape())? }),
        Some(("drain", most)) => {
            let (max_ms, max_tokens) = most.split_once('/').ok_or_else(shape)?;
            let max_ms: u64 = max_ms.trim().parse().map_err(|_| shape())?;
            let max_tokens = max_tokens.trim().parse().map_err(|_| shape())?;
            if u128::from(max_ms) > AbortPolicy::LONGEST_DRAIN.as_millis() {
                return Err(format!("a drain takes {} ms at most", AbortPolicy::LONGEST_DRAIN.as_millis()));
            }
            Ok(AbortPolicy::Drain { max_ms, max_tokens })
        }
        _ => Err(shape()),
    }
}

impl ChargingConfig {
    /// The price table over some models.
    ///
    /// # Errors
    /// [`PriceError`] when a price cannot be taken.
    pub fn prices<'a>(&self, models: impl Iterator<Item = &'a ModelInfo>) -> Result<PriceTable, PriceError> {
        let prices: BTreeMap<String, Prices> =
            models.filter_map(|info| Some((info.id.clone(), info.prices?))).collect();
        let version = self.version.clone().unwrap_or_else(|| version_of(self.charging, &prices));
        PriceTable::new(version, self.charging, prices)
    }
}

/// A name that the same prices have on every server, and no others.
fn version_of(charging: Charging, prices: &BTreeMap<String, Prices>) -> String {
    let all = serde_json::to_vec(&(charging, prices)).unwrap_or_default();
    Sha256::digest(all).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

impl Config {
    /// The terms under which turns of these models are let through.
    ///
    /// # Errors
    /// [`PriceError`] when a price cannot be taken.
    pub fn terms<'a>(&self, models: impl Iterator<Item = &'a ModelInfo>) -> Result<Terms, PriceError> {
        let ChargingConfig { credit, abort, .. } = self.charging;
        let terms = Terms::new(self.billing.plans.clone()).abort(abort);
        Ok(terms.charging(self.charging.prices(models)?, credit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn what_nobody_says_is_free() {
        assert_eq!(ChargingSettings::default().resolve().unwrap(), ChargingConfig::default());
    }

    #[test]
    fn everything_can_be_said() {
        let settings = ChargingSettings {
            charge: some("per_request"),
            charge_amount: Some(100),
            overdraft: Some(5),
            start_balance: Some(1000),
            visitor_refill: some("10 / 24h / 50"),
            aborted: some("drain=2000/500"),
            ..ChargingSettings::default()
        };
        let config = settings.resolve().unwrap();
        assert_eq!(config.charging, Charging::PerRequest { amount: Credit::from_micros(100) });
        assert_eq!(config.credit.users, Allowance { start: Credit::from_micros(1000), refill: None });
        let refill = Refill { amount: Credit::from_micros(10), hours: 24, ceiling: Credit::from_micros(50) };
        assert_eq!(
            (config.credit.visitors.refill, config.credit.overdraft),
            (Some(refill), Some(Credit::from_micros(5)))
        );
        assert_eq!(config.abort, AbortPolicy::Drain { max_ms: 2000, max_tokens: 500 });
        assert_eq!(aborted("surcharge=500"), Ok(AbortPolicy::Surcharge { bps: 500 }));
        let per_token = charging(Some("per_token"), None, Some("free")).unwrap();
        assert_eq!(per_token, Charging::PerToken { unpriced: Unpriced::Free });
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        let usual = ChargingSettings::default;
        for (settings, name) in [
            (ChargingSettings { charge: some("per_word"), ..usual() }, "charge"),
            (ChargingSettings { charge: some("per_request"), ..usual() }, "charge_amount"),
            (ChargingSettings { charge: some("per_request"), charge_amount: Some(0), ..usual() }, "charge_amount"),
            (
                ChargingSettings { charge: some("per_request"), charge_amount: Some(u64::MAX), ..usual() },
                "charge_amount",
            ),
            (ChargingSettings { charge_amount: Some(1), ..usual() }, "charge_amount"),
            (ChargingSettings { unpriced: some("free"), ..usual() }, "unpriced"),
            (ChargingSettings { start_balance: Some(u64::MAX), ..usual() }, "start_balance"),
            (ChargingSettings { refill: some("10"), ..usual() }, "refill"),
            (ChargingSettings { refill: some("-1/24h/50"), ..usual() }, "refill"),
            (ChargingSettings { visitor_refill: some("1/0h/50"), ..usual() }, "visitor_refill"),
            (ChargingSettings { aborted: some("drain=99999/1"), ..usual() }, "aborted"),
            (ChargingSettings { aborted: some("refund"), ..usual() }, "aborted"),
            (ChargingSettings { price_version: Some("v".repeat(65)), ..usual() }, "price_version"),
        ] {
            let refused = settings.resolve().unwrap_err().to_string();
            assert!(refused.starts_with(&format!("{name}: ")), "{refused}");
        }
        for text in ["charge_amount = -1", "charge_amount = nan", "start_balance = 1.5"] {
            assert!(toml::from_str::<ChargingSettings>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn other_prices_have_another_name() {
        let of = |input| version_of(Charging::Free, &[("m".to_owned(), Prices { input, ..Prices::default() })].into());
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        assert_eq!(of(1).len(), 16);
    }
}
