//! The one list: which checks there are, and what each proves. Checks of a trait have the name of the bullet that
//! promises it. In brackets stands what a store must have for them; without it they are skipped.

#[doc(hidden)]
#[macro_export]
macro_rules! conformance_checks {
    ($then:path, $($argument:tt)*) => {
        $then! {
            [$($argument)*]
            "Store" in domains [] {
                domains_are_whole: "what a store says it keeps it keeps, and the rest it refuses";
            }
            "Commit" in commits [] {
                all_or_nothing: "a refused batch leaves no trace, one that holds is there as a whole";
                one_after_another: "64 batches at once take effect as if one at a time";
                survives_cancel: "a caller that goes away leaves all of its batch or nothing, and harms nobody";
                broken_rule_alone: "a rule that panics harms no other batch";
                insert_needs_absence: "an insert never overwrites";
                fresh_ids_are_checked: "an id that was minted twice is refused, not overwritten";
                update_needs_presence: "an update or a delete never makes a record";
                loads_in_rounds: "a rule may ask again and again, and is never applied twice";
                batches_are_bounded: "a batch beyond the limit is refused, one at the limit is not";
                answers_with_what_was_written: "the answer holds what this batch wrote and nothing else";
            }
            "Commit" in durable [Reopen] {
                durable_before_answer: "what was answered is there when the store is opened again";
            }
            "Commit" in records [] {
                keeps_values: "every kind with every variant is read as it was written, at the edges too";
                forgets_what_is_deleted: "a deleted record is gone from everywhere, and its key is free";
            }
            "Scan" in records [] {
                scan_in_key_order: "a scan goes by the bytes of the key, in pages that join";
                scan_sees_all: "a scan sees every record, whatever its state";
            }
            "Scan" in pages [] {
                scan_pages_under_writes: "pages of a scan go on rightly while records come and go";
            }
            "ConversationStore" in lanes [] {
                reads_see_commits: "a read sees what was committed before it";
                upwards: "a lane, then the one that it came from, up to lane 0";
                down_to_floor: "lanes are read up to the first that starts below the floor";
                tally_counts_lanes: "children by position and role, without what was deleted";
                tally_before: "those that came before a child";
                tally_by_stretch: "several stretches in one question, each for itself";
                lanes_by_place: "lanes by position of the parent, then seq, in pages that join";
                tip_shows_departure_and_end: "the first fork that leads away, and the last message";
            }
            "ConversationStore" in lists [] {
                conversation_by_id: "a conversation in whatever state";
                conversation_by_name: "a conversation by number or external id, per owner, letter by letter";
                newest_first: "conversations by updated_at descending, then by id";
                after_is_exclusive: "a page begins behind its place, even if nothing is there any more";
                pages_join: "pages of every size join to the whole";
                live_only: "what is being built or deleted is not listed";
            }
            "ConversationStore" in pages [] {
                pages_under_writes: "while conversations are written to none comes twice, and no quiet one is passed over";
                lane_pages_under_writes: "pages of lanes go on rightly while lanes come and go";
                tree_pages_under_writes: "pages of a tree go on rightly while messages come and go";
            }
            "ConversationStore" in ranges [] {
                message_by_id: "a message by its id";
                message_by_number: "a message by its number, per owner";
                ranges_in_order: "messages of one range after the other";
                range_ends_are_included: "both ends belong to a range, and an inverted range is empty";
                tree_by_place: "all messages by lane and position, in pages that join";
            }
            "FeedbackStore" in social [] {
                feedback_by_message: "what one person said of some messages, in the order of these";
                feedback_newest_first: "what everybody said, by time, of one rating or of all, in pages that join";
                feedback_pages_under_writes: "pages of feedback go on rightly while people change their minds";
            }
            "SearchStore" in searching [] {
                search_finds_words: "messages with all words that are looked for, as they are by now, of one owner";
                search_newest_first: "hits by number, the highest first, in pages that join";
                search_says_where_it_stopped: "who goes on where a search stopped meets everything once";
            }
            "ConversationStore" in shelves [] {
                shelves_newest_first: "conversations that are pinned or put away, each in its list, in pages that join";
                shelf_pages_under_writes: "pages of a shelf go on rightly while conversations come and go";
            }
            "ShareStore" in social [] {
                share_by_hash: "a link by its hash, however old";
                shares_in_order: "links to a conversation by id, in pages that join";
                expired_shares_oldest_first: "links whose time is over, by time";
            }
            "ShareStore" in pages [] {
                share_pages_under_writes: "pages of links go on rightly while links come and go";
            }
            "TurnStore" in runs [] {
                run_by_id: "a run by its id";
                active_until_ended: "runs of a conversation that have not ended, by id";
                lapsed_oldest_first: "runs without a sign of life, the longest silent first";
                runs_by_owner: "runs of one owner in whatever state, by id, in pages that join";
                logged_by_id: "the runs that have a log, each once, in pages that join";
                log_after: "stretches of a log behind an event, also from inside a stretch";
            }
            "TurnStore" in names [] {
                request_by_name: "what was asked under a name, per owner, letter by letter";
                expired_names_oldest_first: "names that have expired, by time";
            }
            "TurnStore" in pages [] {
                lapsed_until_ended: "who ends what lapsed, page by page, meets each run once";
                log_pages_under_writes: "pages of a log go on rightly while stretches come and go";
            }
            "AccountStore" in accounts [Accounts] {
                user_by_id: "a user by their id";
                user_by_number: "a user by their number";
                identity_by_key: "an identity by its key, letter by letter";
                identities_in_order: "identities of a user by key";
                session_by_id: "a session by its id";
                sessions_in_order: "sessions of a user by id, in pages that join";
            }
            "AccountStore" in access [Accounts] {
                challenge_by_hash: "a code by its hash, however old";
                expired_challenges_oldest_first: "codes that have expired, by time";
                api_key_by_hash: "a key by its hash, revoked or not";
                api_keys_in_order: "keys of a user by id, in pages that join";
                visitor_by_id: "a visitor by their id, merged or not";
            }
            "AccountStore" in pages [Accounts] {
                api_key_pages_under_writes: "pages of keys go on rightly while keys come and go";
                session_pages_under_writes: "pages of sessions go on rightly while people sign in and out";
            }
            "LimitStore" in access [] {
                rate_counter_by_bucket: "a counter by its bucket, letter by letter";
                expired_counters_oldest_first: "counters that have expired, by time";
            }
            "QuotaStore" in quota [Quota] {
                counters_by_scope: "counters by whom they count, letter by letter";
                hold_by_run: "what is held for a run, expired or not";
                expired_holds_oldest_first: "holds that have expired, by time";
            }
            "BillingStore" in billing [Billing] {
                plan_by_id: "what is stored of a plan, letter by letter";
                plans_in_order: "plans by id, in pages that join";
                entitlement_by_subject: "what somebody is entitled to, over or not";
                customer_by_subject: "who somebody is at the gateway";
                subscription_by_id: "a subscription by its id, letter by letter";
                subscriptions_in_order: "subscriptions of somebody by id, in pages that join";
                due_subscriptions_oldest_first: "subscriptions that entitle no longer, by time";
                payment_event_by_id: "an event by its id, letter by letter";
                parked_events_oldest_first: "events that are parked, by time, in pages that join";
                payment_object_by_id: "an object of the gateway by kind and id";
            }
            "JobStore" in accounts [] {
                jobs_in_order: "jobs by id, in pages that join";
            }
            "JobStore" in pages [] {
                job_pages_under_writes: "pages of jobs go on rightly while jobs come and go";
            }
            "AttachmentStore" in attachments [Attachments] {
                attachment_by_id: "an attachment by its id, whatever its state";
                attachments_newest_first: "attachments of somebody by time, in pages that join";
                idle_attachments_oldest_first: "attachments that no message names, by time";
                blob_by_hash: "bytes by their hash, whatever their state";
                idle_blobs_oldest_first: "bytes that no attachment has, by time";
            }
            "LedgerStore" in ledger [Billing] {
                wallet_by_owner: "what somebody has, also if it is nothing";
                entry_by_event: "an entry by its event, letter by letter";
                entries_newest_first: "entries of somebody by number, in pages that join";
                entry_pages_under_writes: "pages of entries go on rightly while entries come";
                lapsed_wallets_oldest_first: "wallets in which credit expires, by time";
            }
            "AuditStore" in audit [Audit] {
                audit_entry_by_number: "an entry of the audit log by its number";
                audit_head_is_the_last: "where the chain ends, after each commit";
                audit_newest_first: "entries by number, the highest first, in pages that join";
                audit_of_one_newest_first: "entries about somebody, and about nobody else";
                audit_pages_under_writes: "pages of entries go on rightly while entries come";
            }
            "Audit" in audit [Accounts Audit] {
                an_act_and_its_entry_are_one: "what was done has its entry, and what was not has none";
                acts_at_once_are_one_chain: "64 acts at once are a chain of 64 entries without a gap";
            }
            "Conversations" in branches [] {
                linear_chat_is_one_lane: "a chat that never forked needs no lanes and no forks";
                sixty_four_children_at_once: "of 64 children at once one stays in the lane, and the order has no gaps";
                versions_count_siblings: "version i of n, for forks, edited roots and mixed roles";
                branch_pages_join: "pages of a winding branch join, with the same versions";
                sibling_pages_join: "pages of siblings join, without the deleted ones";
                conversation_pages_join: "pages of conversations join";
                numbers_count_per_owner: "numbers count per owner, without gaps";
                foreign_things_look_like_none: "what is somebody else's is not found, and not written below";
            }
            "Conversations" in lists [] {
                external_ids_are_unique: "a name is given once per owner, and deleting gives it back";
            }
            "Conversations" in heads [] {
                stale_head_leaves_nothing: "who is wrong about the head is told, and nothing is stored";
                switching_returns_to_the_last_leaf: "switching goes to the leaf that was last active";
                appending_elsewhere_switches_there: "going on elsewhere makes all of that path the active one";
                inserting_beside_the_head_leaves_it: "a message that does not want the head does not move it";
                settings_change_by_version: "of many that saw one version one changes it";
                revising_keeps_the_place: "a revision changes the text and says so, and nothing else";
            }
            "Conversations" in deleting [] {
                deleting_moves_the_head: "the head leaves what is deleted, for a sibling or the parent";
                deleting_spares_the_active_sibling: "deleting beside the active child leaves it active";
                deleted_is_gone_at_once: "what is marked is not found, and its places are not used again";
                versions_shrink: "who is left is counted without who is gone";
                purging_leaves_nothing: "no record of any kind is left, and no neighbour loses one";
                nested_deletes: "marks inside marks are all followed up";
                purging_goes_on_from_any_step: "a purge that was cut off is done to its end, and steps may be done again";
                a_fork_may_point_at_nothing: "a choice that leads nowhere does no harm";
                a_deletion_knows_the_choices: "who deletes the active child without saying what is active then is told";
                damaged_lanes_have_an_end: "lanes that lead in a circle are walked once";
            }
            "Conversations" in deleting [Reopen] {
                purging_goes_on_after_a_crash: "a purge that its process did not live to finish is done by the next one";
            }
            "Conversations" in forks [] {
                forking_copies_one_lane: "a fork has the whole path in one lane, and a life of its own";
                forking_freezes_an_open_answer: "an answer that is being written is copied as interrupted";
                forks_are_hidden_until_whole: "nobody sees a fork that is being built";
                unfinished_forks_are_removed: "a fork whose maker died is removed";
            }
            "Conversations" in forks [Reopen] {
                a_fork_dies_with_its_process: "the next process removes half of a fork, and can make it again";
            }
            "Conversations" in adopting [] {
                merging_moves_everything: "what was a visitor's is a user's: conversations, messages, runs, names";
            }
            "Conversations" in adopting [Reopen] {
                merging_goes_on_from_any_step: "a merge that its process did not live to finish is done by the next one";
            }
            "Erasure" in erasing [Accounts] {
                erasing_leaves_no_trace: "nothing that a deleted user said or was known by is left, and a neighbour keeps all";
                erasing_spares_who_is_not_deleted: "no step of an erasure touches an account that is in use";
                erasing_looks_twice: "what was written behind the first look goes with the second";
                what_is_old_goes: "sessions that are long over go, and visitors who never said anything, and nobody else";
                a_subscription_keeps_an_account: "an account for which somebody pays is not deleted before that ends";
            }
            "Erasure" in erasing [Accounts Reopen] {
                erasing_goes_on_from_any_step: "an erasure that its process did not live to finish is done by the next one";
            }
            "Conversations" in shelves [] {
                pinned_ones_come_first: "lists have what is pinned in front, and leave out what is put away";
                setting_apart_is_no_use: "pinning and putting away leave a conversation's time alone";
                shelves_go_with_their_owner: "what a visitor pinned or put away is the user's that they become";
            }
            "Conversations" in searching [] {
                a_search_finds_what_is_there: "what was said, finished, revised, copied, and nothing that is deleted or somebody else's";
            }
            "Conversations" in feedback [] {
                feedback_is_said_once: "what somebody thinks of an answer replaces what they thought before";
                only_answers_get_feedback: "questions, open answers and what is somebody else's get none";
                feedback_goes_with_its_message: "nothing is left of it when its message goes, and a neighbour keeps theirs";
                feedback_goes_with_its_owner: "what a visitor said is what the user said that they become";
            }
            "Shares" in sharing [] {
                a_link_shows_what_was_said: "readers see texts up to the message of the link, and nothing else";
                a_link_ends: "by its time, when it is taken back, with its message, conversation and owner";
                a_link_leads_to_a_copy: "whoever has an account goes on with what they read, and with nothing else";
                links_to_open_answers_are_refused: "a link to what is still being written is refused";
                links_leave_nothing: "no link is left of what is purged, and links to what stays stay";
            }
            "Shares" in sharing [Accounts] {
                a_link_ends_with_its_account: "a link opens nothing while its owner's account is suspended or deleted";
            }
            "Chat" in runs [] {
                a_log_has_no_gaps: "events continue the log or are refused";
                a_run_begins_on_its_message: "a run needs a message that is open for it";
                one_end_wins: "of 48 ends at once one comes true";
                a_run_may_outlive_its_message: "a run can end when its message is gone, and leaves nothing";
            }
            "Chat" in engine [] {
                replay_equals_live: "a replay from any number shows what was heard live";
                stopping_before_the_first_word: "a run can be stopped before it says anything";
                another_process_hears_and_stops: "a service that shares only the store hears a run and stops it";
                stopping_keeps_the_text: "what was said before a stop stays";
                an_error_keeps_the_text: "what was said before an error stays";
                reaping_keeps_what_was_stored: "a run whose driver died ends with what it had stored";
                a_living_run_is_not_reaped: "a silent model is no dead driver";
            }
            "Chat" in engine [Reopen] {
                recovering_after_a_crash: "the next process ends the runs of a dead one: at once, or when they lapsed";
                a_replay_survives_its_process: "a replay in the next process is what was heard live";
            }
            "Chat" in engine [Sharing] {
                a_start_spares_other_processes: "who starts beside a process at work leaves its runs and forks alone";
            }
            "Chat" in readers [] {
                logs_go_when_nobody_comes_back: "a log is removed some time after its run has ended, and its reader hears the end";
                a_bookmark_goes_on: "a reader of several runs goes on from any event, without a gap and without a repetition";
                who_sleeps_misses_no_run: "a reader that was away while 100 runs came and went hears them all";
            }
            "Chat" in readers [Sharing] {
                other_processes_are_heard: "a reader hears runs that begin in another process";
            }
            "Chat" in turns [] {
                saying_below_an_open_answer_is_refused: "nothing is said below an answer that is not finished";
                a_refused_turn_leaves_nothing: "a refused turn stores nothing and asks no model";
                editing_and_regenerating_make_versions: "edits and new answers are siblings of the old ones";
                the_model_sees_the_newest_that_fits: "the prompt is the system prompt and the newest that fit";
                listeners_hear_every_run: "who listens hears every event of every run, and no stranger's";
                deleting_stops_the_run: "deleting ends the runs below and leaves nothing of them";
                deleting_counts_what_was_used: "what a model used counts though its answer is deleted meanwhile";
            }
            "Chat" in once [] {
                one_turn_for_a_hundred_requests: "of 100 equal requests at once one begins a turn, and all get it";
                a_name_is_for_one_request: "another request of the same name is refused, a refused one takes no name";
                every_request_can_be_made_again: "whatever makes something makes it once, forks too";
                a_client_ref_is_given_once: "a client's name for a message is given once, as long as the message is there";
                a_name_outlives_what_it_made: "who asks again gets what is there still, or is told that it is gone";
                names_are_forgotten_in_time: "names of requests are free and removed after a day";
            }
            "Chat" in policies [] {
                siblings_are_written_side_by_side: "siblings leave other answers alone";
                stale_turns_are_refused: "who does not want to be late is told, and nothing is stored";
                waiting_turns_begin_when_others_end: "who waits is stored, begins later, and sees what was said";
                interrupting_keeps_what_was_said: "who interrupts stops what is in the way, and nothing else";
                policies_hold_when_many_come_at_once: "of many at once one goes on, or all in a line, or the last";
                waiting_turns_are_bounded: "so many turns may wait in a conversation, one more is refused";
                a_waiting_run_can_be_stopped: "a run can be stopped or deleted before its turn";
            }
            "Chat" in policies [Reopen] {
                a_waiting_run_ends_with_its_process: "a run that waited for a dead process ends as interrupted";
            }
            "Chat" in stopping [] {
                a_stop_keeps_what_was_seen: "what the reader had not seen is not kept, and never more than was said";
                a_stop_is_not_overtaken: "a run that was asked to stop ends as stopped, though its model was done";
                another_process_stops_where_its_reader_is: "it works from elsewhere, and for a dead driver";
                going_on_says_nothing_twice: "the whole answer is one message, old words first, each once";
                every_unfinished_answer_can_be_gone_on_with: "after a stop, an error, a limit, a crash";
            }
            "Entitlements" in holds [] {
                without_terms_nothing_is_counted: "without terms nothing is counted and nothing is asked";
            }
            "Entitlements" in holds [Quota] {
                as_many_begin_as_the_limit_covers: "of 256 turns at once as many begin as the limit covers, of newcomers too";
                limits_hold_across_threads: "the same from eight threads, for limits of one and of all";
                every_run_settles_once: "whatever becomes of a run, what it used counts and nothing stays held";
                cut_answers_count_as_the_policy_says: "an answer that is cut at any piece counts as the policy says";
                the_reaper_settles: "a run whose driver died counts with its prompt and what it had stored";
                holds_end_with_their_runs: "a sweep keeps what living runs hold, and ends what others left";
                rounds_end_where_the_limit_does: "a model that calls tools is not asked again beyond the limit, of a key either";
                titles_count: "a title that a model writes counts, and is not asked for beyond the limit";
                previews_hold_nothing: "a preview says what sending would, names the next plan, and changes nothing";
            }
            "Entitlements" in charges [Quota Billing] {
                as_many_begin_as_the_balance_covers: "of 256 turns at once as many begin as the balance covers, of newcomers too";
                tokens_are_charged_by_the_prices_of_the_hold: "a run is charged for what it used, by the prices when it began";
            }
            "Entitlements" in holds [Quota Reopen] {
                the_next_process_settles: "the next process settles what a dead one held";
            }
            "Entitlements" in holds [Accounts Quota] {
                visitors_of_a_network_share_a_limit: "a limit of a network is shared by all visitors from there";
                a_visitors_usage_becomes_the_users: "what a visitor used and holds is the user's, once";
            }
            "Attachments" in files [Attachments] {
                links_follow_messages: "messages keep what they name: said, revised, forked, deleted";
                foreign_attachments_look_like_none: "nobody sees, names or removes what is somebody else's";
                what_is_gone_leaves_a_word: "an attachment can be removed under messages that name it";
                uploads_that_break_off_are_found: "an upload that is cut short is seen by nobody, and goes";
                models_get_what_is_attached: "text as text, images as bytes, and a word for what a model cannot read";
                bytes_go_in_steps: "bytes that are being removed are given to nobody, and can come again";
            }
            "Attachments" in files [Attachments Quota] {
                as_many_bytes_as_the_limit_covers: "of 64 uploads at once as many are taken as the limit covers, and removing gives back";
            }
            "Attachments" in files [Accounts Attachments Quota] {
                a_visitors_attachments_become_the_users: "what a visitor attached is the user's, and counts for them";
            }
            "Ledger" in credit [Billing] {
                a_run_is_charged_what_it_used: "what was set aside and not used comes back, once";
                more_than_was_held_is_shown: "what a run used beyond its hold is a debt or waived, never lost";
                an_entry_is_taken_back_once: "a correction gives back what was charged, under the terms that it had";
                a_cap_holds_below_the_balance: "nobody spends more in a month than they want to";
                a_merge_moves_all_credit: "what a visitor had, holds and spent is the user's";
                what_visitors_get_for_nothing_stays_behind: "no visitor brings along what everybody gets, also not under a run";
                what_lapses_is_booked: "credit that expires goes by an entry, for who comes back and who does not";
            }
            "Ledger" in credit [Billing Reopen] {
                balances_survive: "after it is opened again a wallet is still the sum of its entries";
            }
            "Ledger" in plain [Billing] {
                equals_the_plain_ledger: "a thousand random movements look as in a plain list, reopening is one of them";
            }
            "Billing" in deliveries [Billing] {
                deliveries_have_one_effect_each: "2,000 messages of a gateway, in no order, repeated, forged, cut short";
            }
            "Billing" in billing [Accounts Billing] {
                a_merge_moves_what_was_given_and_bought: "a plan, a subscription and its credit are the user's whom a visitor became, once";
                limits_are_not_reset_by_moving: "owners choose another time zone once in a while, staff whenever";
                what_a_customer_paid_counts_for_another: "of two customers who are one person each stays one, and what was paid for counts";
            }
            "Races" in races [] {
                stale_heads_lose_nothing: "of 64 that saw one head one goes on, and the others are told";
                everybody_at_the_head_at_once: "64 that do not look are all stored";
                threads_lose_nothing: "the same from eight threads";
                regenerating_at_once: "32 answers at once are 32 versions";
                deleting_while_others_write: "nothing is written into what is deleted, and nothing is orphaned";
            }
            "Races" in threads [] {
                numbers_have_no_gaps: "64 racers get numbers without gaps or repeats, whoever is refused";
                one_insert_wins: "of 64 that insert one key one succeeds, and its record is there";
                one_delete_wins: "of 64 that delete one record one succeeds";
                services_share_a_store: "two services over one store see each other's commits";
            }
            "Races" in accounts [Accounts] {
                one_name_one_user: "of 64 that want one name one gets it";
            }
            "Races" in threads [Accounts] {
                one_rotation_wins: "of 64 that refresh one session one rotates it, and all get its token";
            }
            "Races" in winners [] {
                limits_hold_at_once: "of 64 at once as many get through as there is room for";
                guesses_are_counted_at_once: "of 64 guesses at once those that are free get through, and never more than a hundred in a row";
            }
            "Races" in winners [Accounts] {
                one_use_of_a_code_wins: "of 64 that use one code one gets through";
                one_identity_one_user: "of 64 that link one identity all who succeed are one user";
                the_last_way_in_stays: "64 that remove ways in leave one";
                one_first_admin: "of 64 that set up the first admin one gets through, and nobody after it";
                the_last_admin_stays: "64 that shut out admins leave one";
                a_visitor_becomes_one_user: "of 64 that merge one visitor all who succeed are one user";
            }
            "Races" in newcomers [Accounts] {
                one_device_one_visitor: "64 that come from one device at once are one visitor, and none is refused";
                a_password_that_changed_stays: "whoever renews a hash from elsewhere overwrites no password that was set meanwhile";
                one_address_one_claim: "of those who say at once that an address is theirs one has it, and nobody has two";
            }
            "Races" in newcomers [Billing] {
                one_place_one_welcome: "whoever comes 64 times at once is welcomed once in each place";
            }
            "Races" in newcomers [Quota Billing] {
                prices_that_turns_bring_are_covered: "of 64 turns with prices of their own as many begin as the balance covers, and what was used is counted";
            }
            "Races" in newcomers [Attachments] {
                files_that_come_at_once_are_all_there: "of files that come at once behind a message none is lost";
            }
            "Races" in credit [Billing] {
                credit_is_set_aside_once: "of 64 that need credit at once as many get it as there is, new visitors too";
                credit_that_comes_at_once_is_all_there: "64 gifts at once are 64, and one event is one";
            }
            "Races" in billing [Billing] {
                one_event_one_effect: "of 64 deliveries of one event one has its effect";
                one_period_one_credit: "of 64 deliveries that tell of one period one gives its credit, with the plan";
            }
            "Durability" in durable [Reopen] {
                reopening_changes_nothing: "opening again and again, with or without a write, changes nothing";
                large_writes_survive: "a message of a megabyte and a batch at the limit are there when it is opened again";
            }
            "Durability" in winners [Accounts Reopen] {
                rotations_survive: "after it is opened again a token has the same successor, and late reuse ends the session";
            }
            "Model" in model [] {
                equals_the_plain_tree_1: "a thousand random operations look as on a plain tree, reopening is one of them";
                equals_the_plain_tree_2: "a thousand others";
                equals_the_plain_tree_3: "another thousand";
                equals_the_plain_tree_4: "the fourth thousand";
                equals_the_plain_tree_5: "the fifth thousand";
            }
        }
    };
}
