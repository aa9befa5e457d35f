//! The rules by name.

use crate::store::Kind;

/// A rule that a check looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Rule {
    /// Its name, which never changes.
    pub name: &'static str,
    /// What it says.
    pub summary: &'static str,
    /// What a repair does where it is broken; `None` if nothing.
    pub repair: Option<&'static str>,
}

const fn rule(name: &'static str, summary: &'static str, repair: &'static str) -> Rule {
    Rule { name, summary, repair: Some(repair) }
}

const fn open(name: &'static str, summary: &'static str) -> Rule {
    Rule { name, summary, repair: None }
}

const REPLANT: &str = "gives it, and what is below it, a place behind its parent";
const ROOT: &str = "makes it a root";

/// All rules.
pub const RULES: &[Rule] = &[
    open("unreadable_record", "every record can be understood"),
    open("list_misses_record", "the list by number has the record"),
    rule("conversation_missing", "messages have a conversation", "makes it anew around its messages"),
    rule("message_unlisted", "a message is in its tree", "lists it at its place"),
    rule(
        "place_taken_twice",
        "no two messages stand at one place",
        "moves the one that came later to a lane of its own",
    ),
    rule("message_owner_differs", "a message has its conversation's owner", "gives it that owner"),
    rule("node_differs", "a node repeats its message", "makes it anew"),
    rule("node_without_message", "a node has a message", "removes it"),
    rule("slot_differs", "a slot repeats its message", "makes it anew"),
    rule("slot_without_message", "the message of a slot stands there", "removes it"),
    rule("parents_in_a_circle", "no message is its own ancestor", ROOT),
    rule("parent_missing", "the parent is in the same conversation", ROOT),
    rule("older_than_parent", "a message came after its parent", "gives it the next seq"),
    rule("seq_out_of_range", "a seq is counted from 1", "gives it the next seq"),
    rule("seq_twice", "no two messages of a conversation have one seq", "gives it the next seq"),
    rule("place_out_of_range", "places are counted from 1", REPLANT),
    rule("lane_missing", "the lane of a message exists", REPLANT),
    rule("not_behind_parent", "a message stands behind its parent", REPLANT),
    rule("lane_differs", "a lane says what its first message is", "makes it say so"),
    rule("lane_unused", "somebody stands at the start of a lane", "removes it"),
    rule("lane_without_conversation", "a lane has a conversation", "removes it"),
    rule("fork_without_conversation", "a fork has a conversation", "removes it"),
    rule("fork_at_nothing", "a fork is at a place where somebody stands", "removes it"),
    rule("fork_to_nothing", "a fork leads to a lane below it", "removes it"),
    rule("head_missing", "a conversation with messages has a head", "moves it to the newest leaf"),
    rule("head_gone", "the head is a message of the conversation", "moves it to the newest leaf"),
    rule("head_deleted", "the head is not deleted", "moves it to the newest leaf"),
    rule("head_elsewhere", "the head knows its place", "notes the place"),
    rule("head_not_free", "the place behind the head is free if it says so", "says that it is not known to be"),
    rule("message_count_differs", "the count of messages is right", "counts them"),
    rule("next_seq_behind", "the next seq is above all", "sets it to the highest and one"),
    rule("next_lane_behind", "the next lane is above all", "sets it to the highest and one"),
    rule("version_out_of_range", "a version is counted from 1", "starts it anew"),
    rule("cuts_differ", "every deleted part that is to be purged has a job", "counts the jobs"),
    rule("deleted_part_without_job", "what is marked as deleted has a job", "gives it one"),
    rule("living_part_with_job", "only what is marked as deleted is to be purged", "removes the job"),
    rule("deleted_without_job", "a deleted conversation has a job", "gives it one"),
    rule("building_without_job", "a conversation that is being built has a job", "shows it to its owner as it is"),
    rule("job_without_conversation", "the conversation of a job exists", "removes it"),
    rule("job_without_purpose", "a job has something to do", "removes it"),
    rule("open_without_run", "an open message is written by a run", "closes it as interrupted, with what was said"),
    rule("message_without_run", "the run that a message names exists", "takes the name away"),
    rule("message_of_another_run", "the run that a message names writes it", "corrects the one that is alone"),
    rule("run_without_message", "the message of a run exists", "removes it, with its log"),
    rule(
        "run_of_another_message",
        "the message that a run writes names it",
        "corrects the message, or removes the run",
    ),
    rule("run_elsewhere", "a run has its message's conversation and owner", "gives it these"),
    rule("run_state_differs", "a run and its message are in the same state", "ends the one that has not ended"),
    rule("run_end_differs", "a run has an end exactly when it has ended", "sets or removes the end"),
    rule("run_log_gap", "the log of a run is numbered from 1 without gaps", "numbers it anew"),
    rule("run_log_goes_on", "nothing follows the last event", "removes what does"),
    rule("run_log_end_differs", "the log of a run ends as the run did", "ends the one that has not ended"),
    rule("run_last_seq_differs", "a run knows how long its log is", "counts it"),
    rule("answer_differs_from_log", "a message says what its log says, or was revised", "marks it as revised"),
    rule("log_without_run", "a log has a run", "removes it"),
    rule("external_id_twice", "an external id is given once per owner", "takes it away from the later one"),
    rule("external_id_differs", "a conversation is found by its external id", "makes it so"),
    rule("external_id_without_conversation", "the conversation of an external id has it", "removes it"),
    rule("number_twice", "a number is given once", "gives the later one the next number"),
    rule("number_out_of_range", "numbers are counted from 1", "gives it the next number"),
    rule("counter_behind", "a counter is above all that it numbered", "sets it to the highest and one"),
    rule("identity_without_user", "an identity has a user", "removes it"),
    rule("password_of_another", "a password is its user's", "gives it back"),
    rule("session_without_user", "a session has a user", "removes it"),
    rule("deleted_user_without_job", "a deleted account of which something is left has a job", "gives it one"),
    rule("links_differ", "the links of a user are counted right", "counts them"),
    rule("key_without_user", "a key has a user", "removes it"),
    rule("code_without_user", "the user of a code exists", "removes it"),
    rule("admins_miscounted", "active admins are counted right", "counts them"),
    rule("total_differs", "a counter's total covers what is known by time", "raises it"),
    rule("held_differs", "a counter holds what the holds say", "sets it to that"),
    rule("attachment_links_differ", "an attachment knows how many messages name it", "counts them"),
    rule("blob_links_differ", "bytes know how many attachments have them", "counts them"),
    rule("blob_missing", "the bytes of an attachment are known", "makes the record anew"),
    rule("stored_bytes_differ", "a counter counts the bytes of its attachments", "adds them up"),
    rule("session_epoch_ahead", "a session is not ahead of its user's epoch", "ends it"),
    open("entry_unbalanced", "the lines of an entry sum to zero"),
    open("entries_with_gaps", "the entries of somebody are numbered from 1 without gaps"),
    rule("wallet_differs", "a wallet is the sum of its entries", "makes it their sum"),
    rule("wallet_held_differs", "a wallet sets aside what the holds say", "sets it to that"),
    rule("wallet_missing", "who has entries has a wallet", "makes it of the entries, with nothing set aside"),
    open("audit_entry_altered", "an entry of the audit log says what was written"),
    open("audit_chain_broken", "an entry of the audit log comes behind the one before it"),
    open("audit_head_differs", "the audit log ends where it says"),
    rule("subscription_unwatched", "the order of a subscription's events is kept", "begins to keep it"),
    rule("customer_missing", "a subscription has a customer", "makes them anew"),
    rule("customer_unlinked", "a customer is found by their id at the gateway", "makes it so"),
    rule("customer_subscriptions_differ", "a customer lists what has not ended", "makes it so"),
    rule("feedback_without_message", "feedback is on a message of whoever gave it", "removes it"),
    rule("share_without_message", "a link leads to a message of its conversation", "removes it"),
    rule("entitlement_differs", "people are entitled to what they bought", "makes it so"),
];

/// What a repair does where a rule is broken.
pub(super) fn repair_of(name: &str) -> Option<&'static str> {
    RULES.iter().find(|rule| rule.name == name).and_then(|rule| rule.repair)
}

/// The name of a kind in reports: unlike [`Kind::name`] it tells records from what repeats them.
pub(super) const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::RunLog => "run_log",
        Kind::Node => "node",
        Kind::Slot => "slot",
        Kind::ExternalId => "external_id",
        other => other.name(),
    }
}
