//! Reads of lanes and forks. A lane forks off at the position before its start.

use chatcore::conversation::{Fork, Lane, LaneRange, Node, Place, Stretch, Tally, Tip};
use chatcore::{ConversationId, StoreError};
use sqlx::postgres::PgRow;

use crate::error::unread;
use crate::postgres::readers::{Readers, read};
use crate::postgres::row::{Binder, Columns};
use crate::postgres::statement::list;
use crate::table::Mapped;
use crate::value::{Bind, Take, bound, limit as page};

pub(super) async fn lanes_up(
    readers: &Readers,
    conversation: ConversationId,
    lane: u32,
    floor: u32,
) -> Result<Vec<Lane>, StoreError> {
    let columns = list(Lane::COLUMNS, "");
    // a parent lane is older than its child, so its number is smaller: damaged rows cannot lead in a circle; `OFFSET 0`
    // keeps the join as it stands: each lane is looked up
    let text = format!(
        "WITH RECURSIVE up (n, {columns}) AS (
            SELECT 0, {columns} FROM lanes WHERE conversation = $1 AND lane = $2
            UNION ALL
            SELECT up.n + 1, {parents} FROM up CROSS JOIN LATERAL (
                SELECT * FROM lanes AS l WHERE l.conversation = $1 AND l.lane = up.parent OFFSET 0
            ) AS t WHERE up.lane <> 0 AND up.start >= $3 AND t.lane < up.lane
        ) SELECT {columns} FROM up ORDER BY n",
        parents = list(Lane::COLUMNS, "t."),
    );
    let mut values = Binder::default();
    values.key(&conversation);
    values.integer(lane);
    values.integer(floor);
    let rows = readers.rows(Lane::TABLE, text, values).await?;
    let mut lanes: Vec<Lane> = read(&rows)?;
    let next = match lanes.last() {
        None => Some(lane),
        Some(last) => (last.lane != 0 && last.start >= floor).then_some(last.parent),
    };
    if next == Some(0) {
        lanes.push(Lane::first(conversation));
    }
    Ok(lanes)
}

pub(super) async fn tally(
    readers: &Readers,
    conversation: ConversationId,
    stretches: &[Stretch],
) -> Result<Vec<Tally>, StoreError> {
    // `OFFSET 0` keeps the join as it stands: each stretch is looked up
    let text = "SELECT t.parent, t.start - 1, t.role, count(*), count(*) FILTER (WHERE t.seq < s.before) \
         FROM unnest($2::int8[], $3::int8[], $4::int8[], $5::int8[]) WITH ORDINALITY AS s (lane, first, last, before, n) \
         CROSS JOIN LATERAL (SELECT * FROM lanes AS l WHERE l.conversation = $1 AND l.parent = s.lane AND l.lane <> 0 \
         AND l.start BETWEEN s.first + 1 AND s.last + 1 AND (l.cut_from IS NULL OR l.cut_from > l.start) OFFSET 0) AS t \
         GROUP BY s.n, t.parent, t.start, t.role ORDER BY s.n, t.start, min(t.seq)";
    let mut values = Binder::default();
    values.key(&conversation);
    ranges(&stretches.iter().map(|stretch| stretch.range).collect::<Vec<_>>(), &mut values);
    values.put(stretches.iter().map(|stretch| bound(stretch.before)).collect::<Vec<_>>());
    let tally = |row: &PgRow| {
        let mut row = Columns::of(row);
        let (lane, position, role) = (row.small()?, row.small()?, row.word()?);
        Ok(Tally { lane, position, role, total: row.number()?, before: row.number()? })
    };
    let rows = readers.rows(Lane::TABLE, text.to_owned(), values).await?;
    rows.iter().map(|row| tally(row).map_err(|error| unread(Lane::TABLE, error))).collect()
}

pub(super) async fn lanes_from(
    readers: &Readers,
    conversation: ConversationId,
    range: LaneRange,
    after: Option<(u32, u64)>,
    limit: usize,
) -> Result<Vec<Lane>, StoreError> {
    let mut values = Binder::default();
    values.key(&conversation);
    values.integer(range.lane);
    values.integer(range.last);
    // behind every lane of the position before the first
    let (position, seq) = after.map_or((i64::from(range.first), -1), |(at, seq)| (i64::from(at), bound(seq)));
    values.integer(position);
    values.integer(seq);
    values.integer(page(limit));
    readers
        .records(
            "WHERE t.conversation = $1 AND t.parent = $2 AND t.lane <> 0 AND t.start <= $3 + 1 \
             AND (t.start, t.seq) > ($4 + 1, $5) ORDER BY t.start, t.seq LIMIT $6",
            values,
        )
        .await
}

/// Two look-ups at the ends of two indexes.
pub(super) async fn tip(readers: &Readers, conversation: ConversationId, range: LaneRange) -> Result<Tip, StoreError> {
    let text = format!(
        "SELECT f.position, f.active, {} FROM (SELECT 1) AS one LEFT JOIN (
            SELECT position, active FROM forks
            WHERE conversation = $1 AND lane = $2 AND position BETWEEN $3 AND $4 AND active <> lane
            ORDER BY position LIMIT 1
        ) AS f ON true LEFT JOIN (
            SELECT {} FROM messages WHERE conversation = $1 AND lane = $2 AND position BETWEEN $3 AND $4
            ORDER BY position DESC LIMIT 1
        ) AS m ON true",
        list(Node::COLUMNS, "m."),
        list(Node::COLUMNS, ""),
    );
    let rows = readers.rows("messages", text, range_of(conversation, range)).await?;
    let tip = |row: &PgRow| {
        let mut columns = Columns::of(row);
        let departure = match (columns.small_opt()?, columns.small_opt()?) {
            (Some(position), Some(active)) => {
                Some(Fork { conversation, place: Place { lane: range.lane, position }, active })
            }
            _ => None,
        };
        let found = columns.clone().bytes_opt()?.is_some();
        let last = if found { Some(Node::read(&mut columns)?) } else { None };
        Ok(Tip { departure, last })
    };
    rows.first().map_or_else(|| Ok(Tip::default()), tip).map_err(|error| unread("messages", error))
}

fn range_of(conversation: ConversationId, range: LaneRange) -> Binder {
    let mut values = Binder::default();
    values.key(&conversation);
    values.integer(range.lane);
    values.integer(range.first);
    values.integer(range.last);
    values
}

/// Ranges as three parameters: lanes, first and last positions.
pub(super) fn ranges(ranges: &[LaneRange], to: &mut Binder) {
    let column = |of: fn(&LaneRange) -> u32| ranges.iter().map(|range| i64::from(of(range))).collect::<Vec<_>>();
    to.put(column(|range| range.lane));
    to.put(column(|range| range.first));
    to.put(column(|range| range.last));
}
