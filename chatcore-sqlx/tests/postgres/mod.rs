//! The tests, by name.

mod broken;
mod cancels;
mod conformance;
mod differential;
mod listening;
mod migrations;
mod nodes;
mod orders;
mod place;
mod plans;
mod restarts;
mod settings;
mod snapshot;

use chatcore_sqlx::testing::Postgres;

pub(crate) type Check = Box<dyn Fn(&Postgres) + Send + Sync>;

/// Names what takes a schema of its own, and what brings its own runtime.
macro_rules! tests {
    ($($module:ident: $($name:ident)*;)*) => {
        vec![$($((
            concat!(stringify!($module), "::", stringify!($name)).to_owned(),
            Box::new(|server: &Postgres| place::visit(server, |place| Box::pin($module::$name(place)))) as Check,
        )),*),*]
    };
}

/// All of them.
pub(crate) fn all() -> Vec<(String, Check)> {
    let mut all: Vec<(String, Check)> = tests! {
        nodes:
            racers_from_several_servers_leave_one_sound_tree
            one_name_is_one_user_wherever_it_is_asked_for
            one_end_of_a_run_wins_wherever_it_comes_from
            one_of_many_inserts_wins_and_the_others_are_told;
        listening:
            a_listener_that_is_cut_off_hears_again;
        orders:
            rules_that_take_rows_crosswise_lose_nothing
            rules_that_ask_in_rounds_lose_nothing
            crossed_unique_values_are_sorted_out;
        migrations:
            eight_at_once_migrate_once
            schemas_of_another_version_are_refused
            a_role_without_rights_to_create_opens_what_is_there
            errors_hold_no_password;
        cancels:
            dropped_requests_leave_nothing_behind;
        restarts:
            connections_that_are_cut_lose_nothing
            one_reader_survives_being_cut_off
            idle_connections_may_be_closed_by_the_server
            a_server_that_stops_for_a_while_is_waited_for
            a_row_that_is_held_stops_its_own_batch_alone;
        settings:
            what_is_answered_is_durable_whatever_the_default
            a_strict_default_isolation_does_no_harm;
        plans:
            no_table_is_walked_through;
        snapshot:
            a_snapshot_is_one_moment
            a_reader_that_goes_away_ends_the_snapshot
            schemas_that_are_not_ours_are_refused;
        broken:
            a_clash_fails_alone
            a_row_that_cannot_be_read_fails_alone
            a_value_that_cannot_be_kept_fails_alone;
    };
    all.push(("differential::it_does_what_the_reference_does".to_owned(), Box::new(differential::run)));
    all.extend(conformance::all());
    all
}

/// Those that take minutes.
pub(crate) fn long() -> Vec<(String, Check)> {
    conformance::long()
}
