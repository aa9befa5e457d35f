//! Requests: what goes with each of them, and what is done about one that grew since it was planned.

use super::tokens::{PER_MESSAGE, size};
use super::{Context, Line, MIN_BUDGET, decide};
use crate::conversation::{MessageState, Part, Role};
use crate::turn::model::{
    ModelError, ModelErrorKind, ModelInfo, ModelMessage, ModelOptions, ModelRequest, ResponseFormat, TokenCounter,
    ToolSpec,
};

/// Tokens that go with every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::turn) struct Fixed {
    /// Of the tools, as the model is told of them.
    pub(in crate::turn) tools: u64,
    /// Of the form of the answer.
    pub(in crate::turn) format: u64,
}

impl Fixed {
    pub(in crate::turn) fn of(tools: &[ToolSpec], options: &ModelOptions, counter: &dyn TokenCounter) -> Self {
        let texts =
            |texts: &[&str]| texts.iter().map(|text| counter.count(text)).fold(PER_MESSAGE, u64::saturating_add);
        let tool = |tool: &ToolSpec| texts(&[&tool.name, &tool.description, &tool.parameters.to_string()]);
        let format = match &options.response_format {
            Some(ResponseFormat::JsonSchema { name, schema, .. }) => texts(&[name, &schema.to_string()]),
            _ => 0,
        };
        Self { tools: tools.iter().map(tool).fold(0, u64::saturating_add), format }
    }

    pub(in crate::turn) fn total(self) -> u64 {
        self.tools.saturating_add(self.format)
    }
}

/// What a budget leaves for messages beside what goes with every request; `None` if that is too little for any.
pub(in crate::turn) fn room(budget: u64, fixed: Fixed) -> Option<u64> {
    let budget = budget.max(MIN_BUDGET);
    match fixed.total() {
        0 => Some(budget),
        fixed => budget.checked_sub(fixed).filter(|left| *left >= MIN_BUDGET),
    }
}

/// The tokens of a request.
fn tokens_of(request: &ModelRequest, counter: &dyn TokenCounter) -> u64 {
    let sizes = request.messages.iter().map(|message| size(message.role, &message.parts, counter));
    sizes.fold(Fixed::of(&request.tools, &request.options, counter).total(), u64::saturating_add)
}

impl ModelRequest {
    /// Refuses a request that is longer than a prompt of that model may be. For whoever lets another model answer than the
    /// one that the request was planned for.
    ///
    /// # Errors
    /// [`ModelErrorKind::ContextTooLong`].
    pub fn must_fit(&self, model: &ModelInfo, counter: &dyn TokenCounter) -> Result<(), ModelError> {
        let (tokens, most) = (tokens_of(self, counter), model.prompt_tokens(&self.options).max(MIN_BUDGET));
        if tokens <= most {
            return Ok(());
        }
        Err(too_long(format!("it has {tokens} tokens, and a prompt of `{}` may have {most}", model.id)))
    }
}

/// A request within a budget, and its tokens: as it is if it can stay so, otherwise shortened by the rules of the plan.
/// The system prompt stays, so does the newest user message, and so does what the model waits for: the newest calls with
/// their results.
///
/// # Errors
/// [`ModelErrorKind::ContextTooLong`] when even that has no room.
pub(in crate::turn) fn fit(
    mut request: ModelRequest,
    budget: u64,
    counter: &dyn TokenCounter,
) -> Result<(ModelRequest, u64), ModelError> {
    let budget = budget.max(MIN_BUDGET);
    let tokens = tokens_of(&request, counter);
    if tokens <= budget {
        return Ok((request, tokens));
    }
    let fixed = Fixed::of(&request.tools, &request.options, counter);
    let Some(left) = room(budget, fixed) else {
        let fixed = fixed.total();
        return Err(too_long(format!("the schemas alone have {fixed} tokens, and there is room for {budget}")));
    };
    let awaited = newest_results(&request.messages);
    let lines: Vec<Line<'_>> = request.messages.iter().map(Line::from).collect();
    let system = lines.iter().take_while(|line| line.role == Role::System).count();
    let Context { messages, .. } = decide(&lines[..system], &lines[system..], left, counter);
    let shown = newest_results(&messages) == awaited;
    request.messages = messages;
    let tokens = tokens_of(&request, counter);
    if tokens > budget {
        return Err(too_long(format!("what has to be shown has {tokens} tokens, and there is room for {budget}")));
    }
    if !shown {
        return Err(too_long(format!("the newest calls of tools do not fit into {budget} tokens")));
    }
    Ok((request, tokens))
}

impl<'a> From<&'a ModelMessage> for Line<'a> {
    fn from(message: &'a ModelMessage) -> Self {
        Self { id: None, role: message.role, state: MessageState::Complete, parts: &message.parts }
    }
}

/// The calls that are answered at the end of a prompt, if it ends with results.
fn newest_results(messages: &[ModelMessage]) -> Vec<&str> {
    let parts = messages.last().into_iter().flat_map(|last| &last.parts);
    let results = parts.filter_map(|part| match part {
        Part::ToolResult { call_id, .. } => Some(call_id.as_str()),
        _ => None,
    });
    results.collect()
}

fn too_long(message: String) -> ModelError {
    ModelError::new(ModelErrorKind::ContextTooLong, message)
}

#[cfg(test)]
mod tests;
