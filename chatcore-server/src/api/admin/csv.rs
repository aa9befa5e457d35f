//! Tables as comma-separated values (RFC 4180), for spreadsheets.

use poem_openapi::ApiResponse;
use poem_openapi::payload::PlainText;

/// A table.
#[derive(ApiResponse)]
pub(super) enum Csv {
    /// A line of names, then one for each row.
    #[oai(status = 200, content_type = "text/csv; charset=utf-8")]
    Table(
        PlainText<String>,
        /// What a browser calls the file.
        #[oai(header = "Content-Disposition")]
        String,
    ),
}

impl Csv {
    /// A table of that name.
    pub(super) fn new(name: &str, rows: impl IntoIterator<Item = Vec<String>>) -> Self {
        Self::Table(PlainText(table(rows)), format!("attachment; filename=\"{name}.csv\""))
    }
}

/// Rows as text.
fn table(rows: impl IntoIterator<Item = Vec<String>>) -> String {
    rows.into_iter().fold(String::new(), |mut text, row| {
        text.push_str(&row.iter().map(|field| quoted(field)).collect::<Vec<_>>().join(","));
        text.push_str("\r\n");
        text
    })
}

/// A field as it stands in a line. What a spreadsheet would take for a formula begins with an apostrophe.
fn quoted(field: &str) -> String {
    let is_formula = field.starts_with(['=', '+', '@', '\t', '\r']) || (field.starts_with('-') && !is_number(field));
    let field = if is_formula { format!("'{field}") } else { field.to_owned() };
    if field.contains([',', '"', '\n', '\r']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field }
}

fn is_number(field: &str) -> bool {
    field.parse::<i64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let row = ["plain", "a,b", "say \"a\"", "=1+1", "-5", "-x", ""].map(str::to_owned).to_vec();
        assert_eq!(table([row]), "plain,\"a,b\",\"say \"\"a\"\"\",'=1+1,-5,'-x,\r\n");
    }
}
