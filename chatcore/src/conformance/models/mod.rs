//! The suite that every model back end passes: one named check for every behaviour that
//! [`LanguageModel`](crate::turn::LanguageModel) promises.
//!
//! One line in a test file runs all of it, one test a check:
//!
//! ```
//! use std::sync::Arc;
//!
//! use chatcore::conformance::models::ModelHarness;
//! use chatcore::testing::{ManualClock, ScriptedModel};
//! use chatcore::turn::LanguageModel;
//!
//! struct Scripted;
//!
//! #[async_trait::async_trait]
//! impl ModelHarness for Scripted {
//!     async fn open(&self) -> Arc<dyn LanguageModel> {
//!         Arc::new(ScriptedModel::new(&ManualClock::new()))
//!     }
//! }
//!
//! chatcore::model_conformance!(Scripted);
//! ```
//!
//! The expression makes a [`ModelHarness`], anew for each check. Only [`open`](ModelHarness::open) must be written. With
//! [`answer`](ModelHarness::answer) the suite knows what the model should say, with [`at_work`](ModelHarness::at_work)
//! it sees whether work ends that nobody waits for, and with [`stage`](ModelHarness::stage) it lets the provider do what
//! providers do: break off, refuse, fall silent. A check that needs what a harness does not have is skipped, and prints
//! its name and the reason; [`skipped`] lists them for a test that knows what to expect.

mod begins;
mod bench;
mod cancels;
mod checks;
mod ends;
mod harness;
mod list;
mod says;

pub use harness::{ModelHarness, Scene};
pub use list::{MODEL_CHECKS, ModelCheck, promises, run, skipped};

/// Runs the suite of models: one `#[test]` a check. The argument is an expression that makes a [`ModelHarness`]; it is
/// evaluated in each test.
#[macro_export]
macro_rules! model_conformance {
    ($harness:expr) => {
        $crate::model_checks!($crate::model_conformance_tests, $harness);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! model_conformance_tests {
    ([$harness:expr] $(in $module:ident { $($name:ident: $summary:literal;)* })*) => {
        $($(
            #[test]
            fn $name() {
                $crate::conformance::models::run(stringify!($name), &$harness);
            }
        )*)*
    };
}
