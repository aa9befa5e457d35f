//! Calls and their results. Providers refuse one without the other, and a result that does not follow its call at once.

use std::collections::HashSet;
use std::ops::Range;

use super::Line;
use crate::conversation::{Part, Role};

/// For every message, the messages that it has to be shown together with: an answer that calls, and the results behind it.
pub(super) fn units(path: &[Line<'_>]) -> Vec<Range<usize>> {
    let mut units = Vec::with_capacity(path.len());
    let mut start = 0;
    while start < path.len() {
        let end = behind(path, start);
        units.extend((start..end).map(|_| start..end));
        start = end;
    }
    units
}

/// Where the messages end that answer the calls of this one.
fn behind(path: &[Line<'_>], at: usize) -> usize {
    let calls = path[at].parts.iter().any(|part| matches!(part, Part::ToolCall { .. }));
    let results = path[at + 1..].iter().take_while(|message| message.role == Role::Tool).count();
    if calls { at + 1 + results } else { at + 1 }
}

/// For every part of every message, whether it is a call without a result or a result without a call.
pub(super) fn lost(path: &[Line<'_>]) -> Vec<Vec<bool>> {
    let mut lost: Vec<Vec<bool>> = path.iter().map(|message| vec![false; message.parts.len()]).collect();
    let mut start = 0;
    while start < path.len() {
        let end = behind(path, start);
        let places =
            || (start..end).flat_map(|at| path[at].parts.iter().enumerate().map(move |(n, part)| (at, n, part)));
        let (mut open, mut whole) = (HashSet::new(), HashSet::new());
        for (at, n, part) in places() {
            lost[at][n] = match part {
                // a second call of the same id could not be told from the first
                Part::ToolCall { id, .. } => whole.contains(id) || !open.insert(id),
                Part::ToolResult { call_id, .. } => !open.remove(call_id) || !whole.insert(call_id),
                _ => false,
            };
        }
        for (at, n, part) in places() {
            if let Part::ToolCall { id, .. } = part {
                lost[at][n] |= open.contains(id);
            }
        }
        start = end;
    }
    lost
}
