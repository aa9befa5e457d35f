//! Where the calls of one answer are run.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::future::{Either, select};
use futures::stream::{BoxStream, StreamExt, iter};
use futures::{FutureExt, pin_mut};

use super::{ToolCall, ToolError, Tools};
use crate::clock::Clock;
use crate::conversation::Part;
use crate::turn::event::RunEvent;
use crate::turn::run::Run;

/// The tools as one run has them.
#[derive(Clone)]
pub(in crate::turn) struct Bench {
    pub(in crate::turn) tools: Tools,
    /// Names of tools that the caller answers for.
    pub(in crate::turn) of_caller: BTreeSet<String>,
    pub(in crate::turn) clock: Arc<dyn Clock>,
}

/// What a model asked for in one round.
#[derive(Default)]
pub(in crate::turn) struct Wanted {
    /// To be run here: id, name, arguments.
    pub(in crate::turn) here: Vec<(String, String, String)>,
    /// Whether something is left for the caller.
    pub(in crate::turn) elsewhere: bool,
}

impl Bench {
    /// The calls among these parts. A tool that nobody knows is answered here, with an error.
    pub(in crate::turn) fn wanted(&self, parts: &[Part]) -> Wanted {
        let mut wanted = Wanted::default();
        for part in parts {
            if let Part::ToolCall { id, name, arguments } = part {
                if self.of_caller.contains(name) {
                    wanted.elsewhere = true;
                } else {
                    wanted.here.push((id.clone(), name.clone(), arguments.clone()));
                }
            }
        }
        wanted
    }

    /// Runs calls, a few at once; the results come as they are there. Dropping the stream cancels what is under way.
    pub(in crate::turn) fn run(&self, run: &Run, calls: Vec<(String, String, String)>) -> BoxStream<'static, RunEvent> {
        let at_once = self.tools.at_once.max(1);
        let (bench, run) = (self.clone(), run.clone());
        let call = move |(id, name, arguments): (String, String, String)| {
            let (bench, run) = (bench.clone(), run.clone());
            async move {
                let result = bench.call(&run, &id, &name, &arguments).await;
                let (content, is_error) = match result {
                    Ok(content) => (content, false),
                    Err(error) => {
                        let cause = error.source.as_ref().map(ToString::to_string);
                        tracing::info!(run = %run.id, tool = name, %error, cause, "a tool failed");
                        (error.message, true)
                    }
                };
                RunEvent::ToolResult { call_id: id, content: shortened(content, bench.tools.max_result), is_error }
            }
        };
        iter(calls).map(call).buffer_unordered(at_once).boxed()
    }

    async fn call(&self, run: &Run, id: &str, name: &str, arguments: &str) -> Result<String, ToolError> {
        let tool = self.tools.get(name).ok_or_else(|| ToolError::new(format!("there is no tool named `{name}`")))?;
        // models write nothing at all where there is nothing to say
        let arguments = if arguments.trim().is_empty() { "{}" } else { arguments };
        let arguments = serde_json::from_str(arguments)
            .map_err(|error| ToolError::new(format!("the arguments are not JSON: {error}")))?;
        let (owner, conversation) = (run.owner, run.conversation);
        let call = tool.call(ToolCall { id: id.to_owned(), arguments, owner, conversation, run: run.id });
        let call = AssertUnwindSafe(call).catch_unwind();
        let late = self.clock.sleep_until(self.clock.now().plus(tool.patience()));
        pin_mut!(call, late);
        match select(call, late).await {
            Either::Left((Ok(result), _)) => result,
            Either::Left((Err(_), _)) => Err(ToolError::new("the tool broke")),
            Either::Right(_) => {
                Err(ToolError::new(format!("the tool took longer than {} s", tool.patience().as_secs_f32())))
            }
        }
    }
}

/// The beginning of a text that is too long, and a word about it.
fn shortened(mut text: String, most: usize) -> String {
    // not every store can keep a zero character
    if text.contains('\0') {
        text = text.replace('\0', "\u{fffd}");
    }
    if text.len() > most {
        let whole = text.len();
        text.truncate(text.floor_char_boundary(most));
        text.push_str(&format!("\n[the first {most} of {whole} bytes]"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_results_are_cut_between_letters() {
        assert_eq!(shortened("short".into(), 5), "short");
        assert_eq!(shortened("a\0ä".into(), 9), "a\u{fffd}ä");
        assert_eq!(shortened("aää".into(), 2), "a\n[the first 2 of 5 bytes]");
    }
}
