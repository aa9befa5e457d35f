//! What users are entitled to.

use chatcore::account::Permission;
use chatcore::audit::By;
use chatcore::billing::{Basis, Deed, Edit, Entitlement, Note, PlanId, Source};
use chatcore::{Error, Subject, Timestamp};
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::rule::RuleDto;
use super::user;
use crate::api::Tag;
use crate::api::support::{Answer, Auth};
use crate::api::text::Text;

pub(crate) struct EntitlementApi;

/// What a user is entitled to.
#[derive(Object)]
#[oai(rename = "Entitlement")]
struct EntitlementDto {
    /// The plan that counts now; if there is none, that which everybody has.
    plan: Option<String>,
    /// Where it comes from: `default`, `subscription` or `staff`.
    source: String,
    /// Since when it counts.
    since: Option<String>,
    /// Until when, if it ends by itself.
    until: Option<String>,
    /// What is paid for and counts when a plan that was given ends.
    beneath: Option<String>,
    /// Limits of the user's own: each takes the place of that of the plan with the same meter, window, scope and model.
    overrides: Vec<RuleDto>,
    /// The most that the user wants to spend in a month, in micro-units of credit.
    cap: Option<u64>,
    /// The user's time zone; UTC if none is said.
    time_zone: Option<String>,
    /// What was done to it by hand, and by whom; the newest last, two dozen at most.
    notes: Vec<NoteDto>,
    /// How often it was changed.
    version: u64,
}

/// A change that somebody else than the user made.
#[derive(Object)]
#[oai(rename = "EntitlementNote")]
struct NoteDto {
    /// When.
    at: String,
    /// Who; `null` is the program itself.
    by: Option<String>,
    /// Why.
    reason: Option<String>,
    /// What: `gave` (a plan), `took_back`, `overrides`, `cap`, `time_zone`, or `merged` (what the user had as a visitor).
    deeds: Vec<String>,
    /// The plan that was given, if one was.
    plan: Option<String>,
}

impl From<&Note> for NoteDto {
    fn from(note: &Note) -> Self {
        let name = |deed: &Deed| match deed {
            Deed::Gave(_) => "gave",
            Deed::TookBack => "took_back",
            Deed::Overrides => "overrides",
            Deed::Cap => "cap",
            Deed::TimeZone => "time_zone",
            Deed::Merged(_) => "merged",
            _ => "other",
        };
        let given = |deed: &Deed| if let Deed::Gave(plan) = deed { Some(plan.to_string()) } else { None };
        Self {
            at: note.at.to_string(),
            by: note.by.map(|by| by.to_string()),
            reason: note.reason.clone(),
            deeds: note.deeds.iter().map(|deed| name(deed).to_owned()).collect(),
            plan: note.deeds.iter().find_map(given),
        }
    }
}

impl EntitlementDto {
    fn of(it: &Entitlement, now: Timestamp) -> Self {
        let basis = it.basis_at(now);
        let source = match basis.as_ref().map(|basis| &basis.source) {
            Some(Source::Subscription(_)) => "subscription",
            Some(Source::Staff) => "staff",
            _ => "default",
        };
        let plan = |basis: &Basis| basis.plan.to_string();
        let beneath = it.beneath.as_ref().filter(|beneath| basis.as_ref() != Some(beneath));
        Self {
            plan: basis.as_ref().map(plan),
            source: source.to_owned(),
            since: basis.as_ref().map(|basis| basis.since.to_string()),
            until: basis.as_ref().and_then(|basis| basis.until).map(|until| until.to_string()),
            beneath: beneath.map(plan),
            overrides: it.overrides.iter().map(RuleDto::from).collect(),
            cap: it.cap,
            time_zone: it.time_zone.clone(),
            notes: it.notes.iter().map(NoteDto::from).collect(),
            version: it.version,
        }
    }
}

/// What a user is to be entitled to by the hand of those who run the service.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Entitle {
    /// The plan that is given. Without, what was given is taken back, and what is paid for counts.
    plan: Option<Text>,
    /// Until when it is given, as in RFC 3339; for good if it is not said.
    until: Option<Text>,
    /// Limits of the user's own; without, there are none. What was used stays used.
    #[oai(default)]
    overrides: Vec<RuleDto>,
    /// Why. It is kept with what was done, and who did it.
    reason: Option<Text>,
}

impl Entitle {
    fn edits(self) -> Result<Vec<Edit>, Error> {
        let wrong = |_| Error::invalid("until", "must be a date and time as in RFC 3339");
        let until = self.until.map(|until| until.parse().map_err(wrong)).transpose()?;
        let plan = self.plan.map(|plan| PlanId(plan.into()));
        Edit::whole(plan, until, RuleDto::rules(self.overrides, "overrides")?)
    }
}

#[OpenApi(tag = "Tag::Admin")]
impl EntitlementApi {
    /// What a user is entitled to
    #[oai(path = "/admin/users/:id/entitlement", method = "get")]
    async fn entitlement(&self, auth: Auth, id: Path<String>) -> Answer<Json<EntitlementDto>> {
        let user = user(&auth, &id, Permission::SeeUsage)?;
        let found = auth.app.billing.see_entitlement(Some(auth.caller()), Subject::User(user)).await?;
        Ok(Json(EntitlementDto::of(&found, auth.app.now())))
    }

    /// Give a user a plan, or limits of their own
    ///
    /// The whole of it: what is left out is taken back. It holds from the next message on, and touches neither what was used
    /// nor what is paid for.
    #[oai(path = "/admin/users/:id/entitlement", method = "put")]
    async fn entitle(&self, auth: Auth, id: Path<String>, body: Json<Entitle>) -> Answer<Json<EntitlementDto>> {
        let user = user(&auth, &id, Permission::Configure)?;
        let (billing, by) = (&auth.app.billing, Some(auth.caller()));
        let reason = body.0.reason.as_deref().map(str::to_owned);
        let (subject, edits) = (Subject::User(user), body.0.edits()?);
        let changed = billing.change_entitlement(By::from(by).because(reason.as_deref()), subject, edits).await?;
        Ok(Json(EntitlementDto::of(&changed, auth.app.now())))
    }
}
