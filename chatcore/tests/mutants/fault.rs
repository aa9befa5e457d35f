//! The list of mutants: what is broken on purpose, and which check must notice.

/// Declares the faults, so that none can be left out of the list.
macro_rules! faults {
    ($($name:ident: $what:literal => $check:literal;)*) => {
        /// What is wrong with a store.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Fault {
            /// Nothing.
            Healthy,
            $($name,)*
        }

        /// A fault, in words, and the check that must fail because of it.
        pub(crate) const MUTANTS: &[(Fault, &str, &str)] = &[$((Fault::$name, $what, $check),)*];
    };
}

impl Fault {
    /// The change that is evaluated without regard to others that come at the same time.
    pub(crate) const fn races(self) -> Option<&'static str> {
        match self {
            Self::RacyRotations => Some("RotateSession"),
            Self::RacyCodes => Some("TakeChallenge"),
            Self::RacyLinks => Some("LinkIdentity"),
            Self::RacyUnlinks => Some("UnlinkIdentity"),
            Self::RacyAdmins => Some("SetRole"),
            Self::RacySetUps => Some("ExpectNoAdmin"),
            Self::RacyLimits => Some("TakeUnits"),
            Self::RacyGuesses => Some("TakeAttempt"),
            Self::RacyEvents => Some("ReceiveEvent"),
            Self::RacyMerges => Some("MergeVisitor"),
            Self::RacyBegins | Self::RacyShops => Some("PlaceHold"),
            Self::RacyUploads => Some("ReceiveAttachment"),
            Self::RacySettlements => Some("SettleHold"),
            Self::RacyHolds => Some("SetAside"),
            Self::RacyGrants | Self::RacyWelcomes => Some("GrantCredit"),
            Self::RacyMeetings => Some("MeetVisitor"),
            Self::RacyClaims => Some("ClaimEmail"),
            Self::RacyRenewals => Some("RenewSecret"),
            Self::RacyFiles => Some("AttachToMessage"),
            Self::RacyActs => Some("Audited"),
            _ => None,
        }
    }
}

faults! {
    LosesLastWrite: "loses the last write of a group" => "all_or_nothing";
    SplitsBatches: "applies the changes of a batch one by one" => "all_or_nothing";
    AnswersEarly: "answers before the write is on disk" => "durable_before_answer";
    ForgetsOnReopen: "keeps nothing when it is closed" => "durable_before_answer";
    SameSnapshot: "evaluates batches that come together over the same rows" => "one_after_another";
    DiesWithCaller: "writes only as long as the caller waits" => "survives_cancel";
    PanicKills: "is of no use after a rule that panicked" => "broken_rule_alone";
    TakesAnyInsert: "says yes to an insert that was refused" => "insert_needs_absence";
    TakesAnyUpdate: "says yes to an update of what is not there" => "update_needs_presence";
    GivesUp: "loads records twice and then gives up" => "loads_in_rounds";
    OverwritesFresh: "upserts what has a fresh id" => "fresh_ids_are_checked";
    TakesAnySize: "takes batches beyond the limit, in pieces" => "batches_are_bounded";
    AnswersOfGroup: "answers with nothing of what was written" => "answers_with_what_was_written";
    CutsLongTexts: "cuts values at 100 kB" => "keeps_values";
    KeepsDeleted: "keeps deleted records" => "forgets_what_is_deleted";
    KeepsOldEntries: "forgets to take a record out of a list when it changes" => "newest_first";
    DropsLastOfPage: "drops the last of a full page" => "pages_join";
    IgnoresReverse: "reads ranges forwards only" => "tip_shows_departure_and_end";
    ScansBackwards: "scans in the wrong order" => "scan_in_key_order";
    ScansLiveOnly: "leaves hidden and deleted conversations out of scans" => "scan_sees_all";
    ReadsFromCache: "reads a conversation from a cache that nobody renews" => "reads_see_commits";
    ListsById: "lists conversations by id" => "newest_first";
    IncludesAfter: "begins a page with the place that it should begin behind" => "after_is_exclusive";
    IgnoresAfter: "begins every page at the beginning" => "after_is_exclusive";
    ListsDeleted: "lists conversations in every state" => "live_only";
    FoldsCase: "finds external ids whatever their case" => "conversation_by_name";
    IgnoresOwner: "finds anybody's message by number" => "message_by_number";
    IgnoresFloor: "reads lanes up to the root, whatever is asked" => "down_to_floor";
    LanesDownwards: "reads lanes from the root down" => "upwards";
    IgnoresRangeEnd: "ignores the end of a range" => "range_ends_are_included";
    SortsRanges: "answers ranges by place instead of in the order asked" => "ranges_in_order";
    CountsEmptyLanes: "counts lanes of which nothing is left" => "tally_counts_lanes";
    CountsItself: "counts a child among those before it" => "tally_before";
    SortsStretches: "counts the stretches of a path by lane" => "tally_by_stretch";
    HidesEmptyLanes: "leaves empty lanes out" => "lanes_by_place";
    NeverDeparts: "never says that a path leaves its lane" => "tip_shows_departure_and_end";
    ForgetsLeaf: "switches to the oldest child" => "switching_returns_to_the_last_leaf";
    TreeRepeats: "repeats the last message of a page of the tree" => "tree_by_place";
    LogByRow: "skips a stretch that begins before the place asked for" => "log_after";
    LapsedById: "lists silent runs by id" => "lapsed_oldest_first";
    ForgetsKeys: "forgets names of requests that expire" => "request_by_name";
    ExpiredByName: "lists expired names in the order of the names" => "expired_names_oldest_first";
    ActiveForever: "takes runs that have ended for active ones" => "active_until_ended";
    RunsOfAnybody: "lists anybody's runs" => "runs_by_owner";
    LogsByStretch: "names a run once for every stretch of its log" => "logged_by_id";
    HidesLogs: "finds no run that has a log" => "logs_go_when_nobody_comes_back";
    NewestRunsOnly: "lists the last ten runs of somebody" => "who_sleeps_misses_no_run";
    IdentitiesBackwards: "lists identities backwards" => "identities_in_order";
    SessionsUnbounded: "ignores the limit of a page of sessions" => "sessions_in_order";
    JobsNewestFirst: "lists the newest jobs first" => "jobs_in_order";
    LiveById: "finds live conversations only" => "conversation_by_id";
    AnyById: "finds some message for an id that nobody has" => "message_by_id";
    RunningById: "finds runs only while they go on" => "run_by_id";
    ActiveUsers: "finds active users only" => "user_by_id";
    NumbersInAByte: "keeps the numbers of users in a byte" => "user_by_number";
    FoldsIdentities: "finds identities whatever their case" => "identity_by_key";
    LiveSessions: "finds sessions that have not ended only" => "session_by_id";
    HidesOldCodes: "finds no code that expired long ago" => "challenge_by_hash";
    ExpiredByHash: "lists expired codes in the order of their hashes" => "expired_challenges_oldest_first";
    LiveKeys: "finds keys that were not revoked only" => "api_key_by_hash";
    KeysByHash: "lists keys in the order of their hashes" => "api_keys_in_order";
    KeysByOffset: "counts off the pages of keys" => "api_key_pages_under_writes";
    HidesMerged: "finds visitors only until they become users" => "visitor_by_id";
    FoldsBuckets: "finds counters whatever the case of their names" => "rate_counter_by_bucket";
    CountersByName: "lists expired counters in the order of their names" => "expired_counters_oldest_first";
    FoldsScopes: "finds counters whatever the case of a model's name" => "counters_by_scope";
    HidesOldHolds: "finds no hold that has expired" => "hold_by_run";
    HoldsByRun: "lists expired holds by run" => "expired_holds_oldest_first";
    HidesArriving: "finds attachments only when they are there" => "attachment_by_id";
    AttachmentsById: "lists attachments in the order of their ids" => "attachments_newest_first";
    IdleById: "lists idle attachments in the order of their ids" => "idle_attachments_oldest_first";
    HidesLeaving: "finds no bytes that are about to go" => "blob_by_hash";
    IdleByHash: "lists idle bytes in the order of their hashes" => "idle_blobs_oldest_first";
    HidesEmptyWallets: "finds wallets only while there is something in them" => "wallet_by_owner";
    ForgetsTrials: "keeps what visitors get for nothing as what anybody gets" => "what_visitors_get_for_nothing_stays_behind";
    FoldsEvents: "finds entries whatever the case of their events" => "entry_by_event";
    EntriesByEvent: "lists entries in the order of their events" => "entries_newest_first";
    EntriesByOffset: "counts off the pages of entries" => "entry_pages_under_writes";
    WalletsByOwner: "lists wallets in the order of their owners" => "lapsed_wallets_oldest_first";
    PlansWithout: "finds plans only that are in the store" => "plan_by_id";
    PlansByNumber: "lists plans whatever comes before" => "plans_in_order";
    LiveEntitlements: "finds no entitlement that is over" => "entitlement_by_subject";
    ForgetsBeneath: "keeps of two plans only the one that holds" => "a_merge_moves_what_was_given_and_bought";
    ForgetsNotes: "keeps an entitlement without what was noted of it" => "what_a_customer_paid_counts_for_another";
    ForgetsMoves: "keeps a time zone without when it was chosen" => "limits_are_not_reset_by_moving";
    PayingCustomers: "finds customers with a subscription only" => "customer_by_subject";
    LiveSubscriptions: "finds subscriptions that have not ended only" => "subscription_by_id";
    SubscriptionsLive: "lists subscriptions that have not ended only" => "subscriptions_in_order";
    DueById: "lists subscriptions that are due in the order of their ids" => "due_subscriptions_oldest_first";
    AppliedEvents: "finds events that were applied only" => "payment_event_by_id";
    ParkedById: "lists parked events in the order of their ids" => "parked_events_oldest_first";
    ObjectsOfAnyKind: "finds customers for things of any kind" => "payment_object_by_id";
    OneShelf: "lists what is pinned for what is put away" => "shelves_newest_first";
    ShelfByOffset: "counts off the pages of a shelf" => "shelf_pages_under_writes";
    FindsParts: "finds words in the middle of others" => "search_finds_words";
    FindsOldestFirst: "lists hits the lowest number first" => "search_newest_first";
    StopsSearching: "says that there is nothing more when it has read enough" => "search_says_where_it_stopped";
    AnybodysFeedback: "finds what anybody said of a message" => "feedback_by_message";
    FeedbackByMessage: "lists feedback in the order of messages" => "feedback_newest_first";
    FeedbackByOffset: "counts off the pages of feedback" => "feedback_pages_under_writes";
    HidesOldShares: "finds no link that expired long ago" => "share_by_hash";
    SharesByHash: "lists links in the order of their hashes" => "shares_in_order";
    SharesByOffset: "counts off the pages of links" => "share_pages_under_writes";
    ExpiredSharesByHash: "lists expired links in the order of their hashes" => "expired_shares_oldest_first";
    RacyEvents: "evaluates deliveries of one event that come together over the same rows" => "one_event_one_effect";
    CreditLost: "writes a plan apart from the credit that comes with it, and is cut short in between" => "one_period_one_credit";
    CreditTwice: "books the credit of a period again when it hears of it again" => "one_period_one_credit";
    DeniesBilling: "says that it keeps no billing, and keeps it" => "domains_are_whole";
    RacyCodes: "evaluates uses of codes that come together over the same rows" => "one_use_of_a_code_wins";
    RacyLinks: "says yes to every link that comes while another one does" => "one_identity_one_user";
    RacyUnlinks: "evaluates removals of ways in that come together over the same user" => "the_last_way_in_stays";
    RacySetUps: "lets in every first admin who comes while another one does" => "one_first_admin";
    RacyAdmins: "counts admins that go together over the same count" => "the_last_admin_stays";
    RacyLimits: "counts what comes together over the same count" => "limits_hold_at_once";
    RacyGuesses: "counts guesses that come together over the same count" => "guesses_are_counted_at_once";
    RacyMerges: "evaluates merges that come together over the same visitor" => "a_visitor_becomes_one_user";
    RacyMeetings: "makes the visitor for each of those who come from one device at once" => "one_device_one_visitor";
    RacyClaims: "gives an address to all who say at once that it is theirs" => "one_address_one_claim";
    RacyRenewals: "renews hashes that come together over the same password" => "a_password_that_changed_stays";
    RacyWelcomes: "welcomes somebody in many places at once over the same wallet" => "one_place_one_welcome";
    RacyShops: "begins turns with prices of their own over the same wallet" => "prices_that_turns_bring_are_covered";
    RacyFiles: "attaches files that come at once over the same message" => "files_that_come_at_once_are_all_there";
    RacyUploads: "counts bytes that come together over the same counter" => "as_many_bytes_as_the_limit_covers";
    RacyBegins: "holds what comes together over the same counter" => "as_many_begin_as_the_limit_covers";
    RacySettlements: "settles what ends together over the same counter" => "limits_hold_across_threads";
    RacyHolds: "sets credit aside for many at once over the same wallet" => "credit_is_set_aside_once";
    RacyGrants: "gives credit that comes together over the same wallet" => "credit_that_comes_at_once_is_all_there";
    NoJobs: "forgets its jobs" => "purging_goes_on_from_any_step";
    HidesOldActs: "finds the last ten entries of the audit log only" => "audit_entry_by_number";
    FirstHead: "remembers where the audit log ended when it was first asked" => "audit_head_is_the_last";
    ActsOldestFirst: "lists pages of the audit log backwards" => "audit_newest_first";
    ActsOfAnybody: "lists what was done about anybody" => "audit_of_one_newest_first";
    ActsByOffset: "counts off the pages of the audit log" => "audit_pages_under_writes";
    ActsLost: "writes what is done apart from the entry about it, and is cut short in between" => "an_act_and_its_entry_are_one";
    RacyActs: "puts what is done at once behind the same entry" => "acts_at_once_are_one_chain";
    DeniesAccounts: "says that it keeps no accounts, and keeps them" => "domains_are_whole";
    ScanByOffset: "counts off the pages of a scan" => "scan_pages_under_writes";
    ConversationsByOffset: "counts off the pages of conversations" => "pages_under_writes";
    LanesByOffset: "counts off the pages of lanes" => "lane_pages_under_writes";
    TreeByOffset: "counts off the pages of a tree" => "tree_pages_under_writes";
    LogByOffset: "counts off the pages of a log" => "log_pages_under_writes";
    SessionsByOffset: "counts off the pages of sessions" => "session_pages_under_writes";
    JobsByOffset: "counts off the pages of jobs" => "job_pages_under_writes";
    LapsedForGood: "takes a run that was once silent for dead, even if it shows a sign of life" => "lapsed_until_ended";
    LapsedAtOnce: "is shared, and takes every run for silent" => "a_start_spares_other_processes";
    BurnsNumbers: "takes numbers for what it refuses" => "numbers_have_no_gaps";
    RacyInserts: "says yes to every insert of one key that comes while another one does" => "one_insert_wins";
    RacyDeletes: "says yes to every delete of one record that comes while another one does" => "one_delete_wins";
    RacyRotations: "evaluates refreshes that come together over the same session" => "one_rotation_wins";
    BranchFromCache: "reads messages from a cache that nobody renews" => "services_share_a_store";
    ForgetsIdle: "keeps nothing when it is closed without having written" => "reopening_changes_nothing";
    CutsGroups: "keeps the first 999 writes of a group on disk" => "large_writes_survive";
    CutsOnDisk: "keeps the first megabyte of a value on disk" => "large_writes_survive";
    ForgetsForks: "forgets on closing which branch was active" => "equals_the_plain_tree_1";
    ForgetsLogs: "forgets on closing what runs said" => "a_replay_survives_its_process";
    ForgetsRuns: "forgets on closing that runs go on" => "recovering_after_a_crash";
    ForgetsJobs: "forgets on closing what is left to do" => "purging_goes_on_after_a_crash";
    KeepsEndedSessions: "lists sessions that go on only, so that nobody finds the others" => "erasing_leaves_no_trace";
    HidesSecondLooks: "lists no job that was worked at already" => "erasing_looks_twice";
    OpenSessionsOver: "takes back no session that is over" => "what_is_old_goes";
    ForgetsErasures: "forgets on closing who is to be erased" => "erasing_goes_on_from_any_step";
    ErasesAnybody: "says yes to what an erasure is refused" => "erasing_spares_who_is_not_deleted";
    DeletesWhoPays: "says yes to a deletion that was refused" => "a_subscription_keeps_an_account";
    ForgetsBuilding: "forgets on closing what is being built" => "a_fork_dies_with_its_process";
}
