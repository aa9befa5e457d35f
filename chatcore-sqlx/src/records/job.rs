//! Background work.

use chatcore::job::Job;

use super::flat::flat;

flat! {
    Job in "jobs" by id: key {
        work: json,
        created_at: time,
    }
}
