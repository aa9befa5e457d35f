use proptest::prelude::*;

use super::*;
use crate::clock::Timestamp;
use crate::conversation::Place;
use crate::id::{ConversationId, RandomIds, UserId};
use crate::subject::Subject;

fn message(role: Role, parts: Vec<Part>) -> Message {
    let at = Timestamp::from_micros(1);
    Message {
        id: MessageId::mint(at, &RandomIds),
        conversation: ConversationId::mint(at, &RandomIds),
        owner: Subject::User(UserId::mint(at, &RandomIds)),
        parent: None,
        place: Place::ROOT,
        seq: 1,
        number: 1,
        role,
        parts,
        state: MessageState::Complete,
        model: None,
        usage: None,
        run: None,
        client_ref: None,
        created_at: at,
        edited_at: None,
    }
}

fn said(text: &str) -> Message {
    message(Role::User, vec![Part::text(text)])
}

fn call(id: &str) -> Message {
    let call = Part::ToolCall { id: id.into(), name: "look".into(), arguments: "{}".into() };
    message(Role::Assistant, vec![call])
}

fn result(id: &str) -> Message {
    let result = Part::ToolResult { call_id: id.into(), content: "x".repeat(40), is_error: false };
    message(Role::Tool, vec![result])
}

fn reasons(context: &Context) -> Vec<Reason> {
    context.plan.items.iter().map(|item| item.reason).collect()
}

fn kept(context: &Context) -> usize {
    context.plan.items.iter().filter(|item| item.decision != Decision::Drop).count()
}

#[test]
fn what_is_old_goes_first_and_the_newest_stays() {
    let path = [said(&"a".repeat(400)), said(&"b".repeat(40)), said(&"c".repeat(400))];
    let tight = plan(Some("be kind"), &path, 112, &Estimate);
    assert_eq!(reasons(&tight), [Reason::SystemPrompt, Reason::NoRoom, Reason::NoRoom, Reason::Newest]);
    assert_eq!(tight.messages.iter().map(|message| message.role).collect::<Vec<_>>(), [Role::System, Role::User]);
    let roomy = plan(None, &path, 10_000, &Estimate);
    assert_eq!(reasons(&roomy), [Reason::Fits, Reason::Fits, Reason::Newest]);
    assert_eq!(roomy.plan.tokens, 104 + 14 + 104);
    assert_eq!(roomy.plan.counted_by, "estimate");
}

#[test]
fn what_is_too_long_by_itself_is_cut() {
    let path = [said("small"), said(&"word ".repeat(4000))];
    let cut = plan(Some("be kind"), &path, 500, &Estimate);
    assert_eq!(reasons(&cut), [Reason::SystemPrompt, Reason::NoRoom, Reason::Newest]);
    let decisions: Vec<Decision> = cut.plan.items.iter().map(|item| item.decision).collect();
    assert_eq!(decisions, [Decision::Keep, Decision::Drop, Decision::Truncate]);
    assert_eq!(cut.messages[0].parts, [Part::text("be kind")], "the short one stays whole");
    assert!((480..=500).contains(&cut.plan.tokens), "{}", cut.plan.tokens);
}

#[test]
fn nothing_older_is_shown_behind_a_gap() {
    let path = [said("small"), said(&"long".repeat(100)), said("now")];
    assert_eq!(reasons(&plan(None, &path, 90, &Estimate)), [Reason::NoRoom, Reason::NoRoom, Reason::Newest]);
}

#[test]
fn silent_messages_are_left_out() {
    let mut failed = message(Role::Assistant, vec![]);
    failed.state = MessageState::Failed;
    let path = [said("one"), failed, said("two")];
    assert_eq!(reasons(&plan(None, &path, 1000, &Estimate)), [Reason::Fits, Reason::Empty, Reason::Newest]);
}

#[test]
fn a_call_and_its_result_stay_together() {
    let path = [said("look"), call("1"), result("1"), said(&"x".repeat(200))];
    assert_eq!(kept(&plan(None, &path, 1000, &Estimate)), 4);
    // room for the result, not for the call
    let room = estimate(&path[3].parts) + estimate(&path[2].parts) + 3;
    let tight = plan(None, &path, room, &Estimate);
    assert_eq!(reasons(&tight), [Reason::NoRoom, Reason::NoRoom, Reason::NoRoom, Reason::Newest]);
    let orphan = [said("look"), call("1"), said("never mind")];
    assert_eq!(reasons(&plan(None, &orphan, 1000, &Estimate)), [Reason::Fits, Reason::Unpaired, Reason::Newest]);
}

#[test]
fn the_turn_that_goes_on_is_whole() {
    let path = [said("old"), said("look"), call("1"), result("1")];
    let reasons = reasons(&plan(None, &path, 1000, &Estimate));
    assert_eq!(reasons, [Reason::Fits, Reason::Turn, Reason::Turn, Reason::Newest]);
}

#[test]
fn what_was_said_beside_a_lost_call_is_kept() {
    let mut half = call("1");
    half.parts.insert(0, Part::text("I will look"));
    let context = plan(None, &[said("look"), half, said("and?")], 1000, &Estimate);
    let item = context.plan.items[1];
    assert_eq!((item.decision, item.reason), (Decision::Truncate, Reason::Unpaired));
    assert_eq!(context.messages[1].parts, [Part::text("I will look")]);
}

#[test]
fn tools_within_an_answer_take_turns() {
    let mut answer = call("1");
    answer.parts.extend(result("1").parts);
    answer.parts.push(Part::text("done"));
    let context = plan(None, &[said("look"), answer, said("thanks")], 1000, &Estimate);
    let roles: Vec<Role> = context.messages.iter().map(|message| message.role).collect();
    assert_eq!(roles, [Role::User, Role::Assistant, Role::Tool, Role::Assistant, Role::User]);
}

fn any_part() -> impl Strategy<Value = Part> {
    let id = || (0..4_u8).prop_map(|id| id.to_string());
    prop_oneof![
        6 => "[a-zä ]{0,300}".prop_map(Part::text),
        1 => "[a-z ]{0,3000}".prop_map(Part::text),
        2 => id().prop_map(|id| Part::ToolCall { id, name: "look".into(), arguments: "{}".into() }),
        2 => (id(), "[a-z]{0,400}")
            .prop_map(|(call_id, content)| Part::ToolResult { call_id, content, is_error: false }),
        1 => "[a-z ]{0,90}".prop_map(|text| Part::Reasoning { text, signature: None }),
        1 => Just(Part::Image { url: "data:,".into(), media_type: None }),
    ]
}

pub(super) fn any_message() -> impl Strategy<Value = Message> {
    let role = prop::sample::select(vec![Role::User, Role::User, Role::Assistant, Role::Assistant, Role::Tool]);
    (role, prop::collection::vec(any_part(), 0..5)).prop_map(|(role, mut parts)| {
        parts.retain(|part| match (role, part) {
            (Role::Tool, part) => matches!(part, Part::ToolResult { .. }),
            (Role::User, part) => matches!(part, Part::Text { .. } | Part::Image { .. }),
            _ => !matches!(part, Part::Image { .. }),
        });
        message(role, parts)
    })
}

/// Every result follows its call before anybody else speaks, and no call goes without.
pub(super) fn paired(messages: &[ModelMessage]) -> bool {
    let mut open: Vec<&str> = Vec::new();
    for message in messages {
        if message.role != Role::Tool && !open.is_empty() {
            return false;
        }
        for part in &message.parts {
            match part {
                Part::ToolCall { id, .. } => open.push(id),
                Part::ToolResult { call_id, .. } => {
                    let Some(at) = open.iter().position(|id| id == call_id) else { return false };
                    open.remove(at);
                }
                _ => {}
            }
        }
    }
    open.is_empty()
}

fn keeps_its_promises(path: &[Message], budget: u64, system: Option<&str>) -> Result<(), TestCaseError> {
    let Context { plan, messages } = plan(system, path, budget, &Estimate);
    prop_assert_eq!(plan.items.len(), path.len() + usize::from(system.is_some()));
    let real: u64 = messages.iter().map(|message| estimate(&message.parts)).sum();
    prop_assert!(real <= budget.max(MIN_BUDGET), "{} of {}", real, budget);
    // what takes no turn still counts as one message
    prop_assert!(plan.tokens >= real && plan.tokens <= budget.max(MIN_BUDGET));
    prop_assert!(paired(&messages), "{messages:?}");
    let has_system = messages.first().is_some_and(|message| message.role == Role::System);
    prop_assert_eq!(has_system, system.is_some());
    if let Some(user) = path.iter().rfind(|message| message.role == Role::User) {
        let item = plan.items.iter().find(|item| item.message == Some(user.id)).unwrap();
        prop_assert!(item.decision != Decision::Drop || silent(user.state, &user.parts), "{item:?}");
    }
    let last = plan.items.last().unwrap();
    let has_text = path.last().unwrap().parts.iter().any(|part| matches!(part, Part::Text { .. }));
    prop_assert!(last.decision != Decision::Drop || last.reason == Reason::Unpaired || !has_text, "{last:?}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn plans_keep_their_promises(
        path in prop::collection::vec(any_message(), 1..30),
        budget in prop_oneof![0..500_u64, 0..5_000_u64],
        system in prop::option::of(prop_oneof!["[a-z ]{0,100}", "[a-z ]{0,3000}"]),
    ) {
        keeps_its_promises(&path, budget, system.as_deref())?;
    }
}

/// A plain generator: a hundred thousand paths from proptest would take minutes.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    fn text(&mut self) -> String {
        let length = if self.roll(8) == 0 { self.roll(2_000) } else { self.roll(90) };
        let letter = if self.roll(4) == 0 { "ä" } else { "a" };
        letter.repeat(usize::try_from(length).unwrap())
    }

    fn part(&mut self, role: Role) -> Part {
        let id = self.roll(3).to_string();
        let content = self.text();
        match (role, self.roll(6)) {
            (Role::Tool, _) | (Role::Assistant, 0) => Part::ToolResult { call_id: id, content, is_error: false },
            (Role::Assistant, 1) => Part::ToolCall { id, name: "look".into(), arguments: content },
            (Role::Assistant, 2) => Part::Reasoning { text: content, signature: None },
            (Role::User, 0) => Part::Image { url: "data:,".into(), media_type: None },
            _ => Part::text(content),
        }
    }

    fn message(&mut self) -> Message {
        let role = [Role::User, Role::Assistant, Role::Assistant, Role::Tool][usize::try_from(self.roll(4)).unwrap()];
        let parts = (0..self.roll(4)).map(|_| self.part(role)).collect();
        message(role, parts)
    }
}

#[test]
fn a_hundred_thousand_plans_keep_their_promises() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for at in 0..100_000 {
        let path: Vec<Message> = (0..=dice.roll(8)).map(|_| dice.message()).collect();
        let budget = if dice.roll(2) == 0 { dice.roll(300) } else { dice.roll(3_000) };
        let system = (dice.roll(2) == 0).then(|| dice.text());
        let kept = keeps_its_promises(&path, budget, system.as_deref());
        assert!(kept.is_ok(), "path {at}: {kept:?} of {path:?} in {budget}");
    }
}
