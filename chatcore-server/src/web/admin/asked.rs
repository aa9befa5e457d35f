//! What an address or a form says.

use chatcore::Error;
use chatcore::page::{Cursor, PageRequest};
use poem::Request;

use super::desk::Refusal;

/// The fields of an address or of a form, in order; one may come several times. Empty ones count as left out.
#[derive(Debug, Default)]
pub(super) struct Asked {
    id: String,
    fields: Vec<(String, String)>,
}

impl Asked {
    pub(super) fn by_address(request: &Request) -> Self {
        let id = request.raw_path_param("id").unwrap_or_default().to_owned();
        Self { id, fields: request.params().unwrap_or_default() }
    }

    pub(super) async fn by_form(request: &mut Request) -> Result<Self, Refusal> {
        let wrong = |_| Refusal::from(Error::invalid("form", "cannot be read"));
        let text = request.take_body().into_string().await.map_err(wrong)?;
        let fields = serde_urlencoded::from_str(&text);
        let fields = fields.map_err(|_| Error::invalid("form", "cannot be read"))?;
        Ok(Self { id: request.raw_path_param("id").unwrap_or_default().to_owned(), fields })
    }

    /// The id in the address. One that cannot be any is the id of nothing.
    pub(super) fn id<I: std::str::FromStr>(&self, what: &'static str) -> Result<I, Error> {
        self.id.parse().map_err(|_| Error::NotFound(what))
    }

    /// A field that says something.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut named = self.fields.iter().filter(|(field, _)| field == name).map(|(_, value)| value.trim());
        named.find(|value| !value.is_empty())
    }

    /// The same, or nothing at all.
    pub(super) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// A field to the letter, blanks at its ends included.
    pub(super) fn raw(&self, name: &str) -> &str {
        self.fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }

    /// All that a field says.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.fields.iter().filter(move |(field, _)| field == name);
        named.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// Ids that a form names; what cannot be one is passed over.
    pub(super) fn ids<I: std::str::FromStr>(&self) -> Vec<I> {
        self.all("ids").filter_map(|id| id.parse().ok()).collect()
    }

    /// Which page of a list is wanted.
    pub(super) fn page(&self) -> Result<PageRequest, Error> {
        let cursor: Option<Cursor> = self.get("cursor").map(str::parse).transpose().map_err(Error::from)?;
        Ok(PageRequest::first().after(cursor))
    }

    /// The same question from another place of the list on.
    pub(super) fn onward(&self, cursor: &Cursor) -> String {
        let mut fields: Vec<(&str, String)> = self.fields.iter().map(|(name, it)| (&**name, it.clone())).collect();
        fields.retain(|(name, value)| *name != "cursor" && !value.is_empty());
        fields.push(("cursor", cursor.to_string()));
        format!("?{}", serde_urlencoded::to_string(fields).unwrap_or_default())
    }
}
