//! Records whose fields are columns, one for one: what a table lists, reads and binds comes from one list, so that the
//! three cannot disagree. A record with a part that is spread over columns says all three by hand.

/// `flat! { Record in "table" by key: kind, fixed a: kind, b: kind { c: kind, d as column: kind } }`
///
/// A kind is a method of [`Take`](crate::value::Take); the key is one field. Fields behind `fixed` are not written by an
/// update, see [`Kept::FIXED`](crate::table::Kept::FIXED).
macro_rules! flat {
    ($record:ident in $table:literal by $key:ident $(as $key_column:ident)?: $key_kind:ident
        $(, fixed $($still:ident $(as $still_column:ident)?: $still_kind:ident),+)?
    {
        $($field:ident $(as $column:ident)?: $kind:ident),* $(,)?
    }) => {
        impl crate::table::Mapped for $record {
            const TABLE: &'static str = $table;
            const COLUMNS: &'static [&'static str] = &[
                flat!(@name $key $($key_column)?),
                $($(flat!(@name $still $($still_column)?),)+)?
                $(flat!(@name $field $($column)?)),*
            ];
            const KEY: usize = 1;

            fn bind_key(key: &Self::Key, to: &mut impl crate::value::Bind) {
                to.key(key);
            }

            fn read(row: &mut impl crate::value::Take) -> Result<Self, sqlx::Error> {
                Ok(Self {
                    $key: row.$key_kind()?,
                    $($($still: row.$still_kind()?,)+)?
                    $($field: row.$kind()?),*
                })
            }
        }

        impl crate::table::Kept for $record {
            $(const FIXED: usize = 1 + [$(stringify!($still)),+].len();

            fn moves(before: &Self, after: &Self) -> bool {
                $(before.$still != after.$still)||+
            })?

            fn bind(&self, to: &mut impl crate::value::Bind) {
                flat!(@bind to, self.$key, $key_kind);
                $($(flat!(@bind to, self.$still, $still_kind);)+)?
                $(flat!(@bind to, self.$field, $kind);)*
            }
        }
    };
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $column:ident) => { stringify!($column) };
    (@bind $to:ident, $value:expr, key_opt) => { $to.key_opt($value.as_ref()) };
    (@bind $to:ident, $value:expr, json_opt) => { $to.json_opt($value.as_ref()) };
    (@bind $to:ident, $value:expr, word_opt) => { $to.word_opt($value.as_ref()) };
    (@bind $to:ident, $value:expr, string) => { $to.text_opt($value.as_deref()) };
    (@bind $to:ident, $value:expr, key) => { $to.key(&$value) };
    (@bind $to:ident, $value:expr, text) => { $to.text(&$value) };
    (@bind $to:ident, $value:expr, word) => { $to.word(&$value) };
    (@bind $to:ident, $value:expr, json) => { $to.json(&$value) };
    (@bind $to:ident, $value:expr, $kind:ident) => { $to.$kind($value) };
}
pub(super) use flat;
