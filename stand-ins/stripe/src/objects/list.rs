//! Lists: newest first, with cursors that are ids.

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::params::Params;
use crate::world::World;

const MOST: i64 = 100;

/// A page of the objects of a kind, those whose fields are as the parameters of these names say.
pub(crate) fn page(world: &World, kind: &str, path: &str, filters: &[&str], params: &Params) -> Result<Value, Failure> {
    let known = ["limit", "starting_after", "ending_before", "created"];
    params.only(&[&known[..], filters].concat())?;
    let limit = params.number("/limit")?.unwrap_or(10);
    if !(1..=MOST).contains(&limit) {
        return Err(Failure::parameter("parameter_invalid_integer", "limit"));
    }
    let mut all = world.all(kind);
    all.sort_by_key(|object| std::cmp::Reverse((object["created"].as_i64(), object["id"].to_string())));
    all.retain(|object| filters.iter().all(|name| fits(object, name, params)));
    if let Some(from) = params.number("/created/gte")? {
        all.retain(|object| object["created"].as_i64() >= Some(from));
    }
    let at = |id: &str| {
        let place = all.iter().position(|object| object["id"] == id);
        place.ok_or_else(|| Failure::missing(kind, id))
    };
    let begin = params.text("/starting_after").map(at).transpose()?.map_or(0, |place| place + 1);
    let end = params.text("/ending_before").map(at).transpose()?.unwrap_or(all.len());
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let inside = all.get(begin..end).unwrap_or_default();
    // a page before an object is the one that touches it
    let backwards = params.text("/ending_before").is_some();
    let rest = inside.len().saturating_sub(limit);
    let shown = if backwards { &inside[rest..] } else { &inside[..inside.len() - rest] };
    Ok(json!({ "object": "list", "url": path, "data": shown, "has_more": rest > 0 }))
}

fn fits(object: &Value, name: &str, params: &Params) -> bool {
    params.text(&format!("/{name}")).is_none_or(|wanted| {
        let named_all = name == "status" && wanted == "all";
        named_all || object[name] == wanted || wanted.parse().is_ok_and(|flag: bool| object[name] == flag)
    })
}

/// Shows objects whole where others name them.
pub(crate) fn expand(world: &World, mut value: Value, paths: &[String]) -> Result<Value, Failure> {
    for path in paths {
        grow(world, &mut value, path).ok_or_else(|| Failure::parameter("property_cannot_be_expanded", path))?;
    }
    Ok(value)
}

fn grow(world: &World, value: &mut Value, path: &str) -> Option<()> {
    if let Value::Array(list) = value {
        return list.iter_mut().try_for_each(|value| grow(world, value, path));
    }
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let field = value.get_mut(name)?;
    if let Some(found) = field.as_str().and_then(|id| world.find(id)) {
        *field = found.clone();
    }
    rest.map_or(Some(()), |rest| grow(world, field, rest))
}
