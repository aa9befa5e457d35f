//! API versions: what older ones show elsewhere.

use serde_json::Value;

/// The version of whoever does not name one; that of the pinned async-stripe.
pub const CURRENT: &str = "2026-09-30.endive";
/// Since this one periods are a matter of the items of a subscription, and invoices name what they are for in `parent`.
const BASIL: &str = "2025-03-31.basil";

/// Whether a text is a version: a date, and since 2024 a name.
pub(crate) fn is_known(version: &str) -> bool {
    let date = version.split('.').next().unwrap_or_default();
    let shape = |(at, byte): (usize, u8)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    date.len() == 10 && date.bytes().enumerate().all(shape)
}

/// An object, and all in it, as a version shows it.
pub(crate) fn shape(version: &str, mut value: Value) -> Value {
    if version >= BASIL {
        return value;
    }
    age(&mut value);
    value
}

fn age(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(age),
        Value::Object(fields) => fields.values_mut().for_each(age),
        _ => return,
    }
    if value["object"] == "subscription" {
        for field in ["current_period_start", "current_period_end"] {
            if let Some(item) = value["items"]["data"].get_mut(0).and_then(Value::as_object_mut) {
                let moment = item.remove(field).unwrap_or_default();
                value[field] = moment;
            }
        }
    }
    if value["object"] == "invoice" {
        let subscription = value["parent"]["subscription_details"]["subscription"].take();
        value["subscription"] = subscription;
        value.as_object_mut().map(|fields| fields.remove("parent"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_old_version_shows_periods_and_subscriptions_where_they_were() {
        let item = json!({ "current_period_start": 1, "current_period_end": 2 });
        let new = json!([
            { "object": "subscription", "items": { "data": [item] } },
            { "object": "invoice", "parent": { "subscription_details": { "subscription": "sub_1" } } },
        ]);
        assert_eq!(shape(CURRENT, new.clone()), new);
        let old = shape("2024-06-20", new);
        assert_eq!((&old[0]["current_period_end"], &old[1]["subscription"]), (&json!(2), &json!("sub_1")));
        assert_eq!((old[0]["items"]["data"][0].get("current_period_end"), old[1].get("parent")), (None, None));
        assert!(is_known(CURRENT) && is_known("2024-06-20") && !is_known("latest") && !is_known("2024-6-20"));
    }
}
