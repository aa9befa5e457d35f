//! The chunk that most of an answer consists of: a few words, and nothing else that means anything.
//!
//! It is read straight into its words, without a tree of all that stands around them.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// What a chunk says. Fields of type `()` must be `null` or left out.
#[derive(Deserialize)]
pub(super) struct Words {
    pub(super) content: Option<String>,
    pub(super) reasoning_content: Option<String>,
    pub(super) reasoning: Option<String>,
    pub(super) refusal: Option<String>,
    #[serde(default)]
    tool_calls: (),
}

#[derive(Deserialize)]
struct Chunk {
    choices: [Object<Choice>; 1],
    #[serde(default)]
    error: (),
    #[serde(default)]
    usage: (),
    #[serde(default)]
    x_groq: (),
}

#[derive(Deserialize)]
struct Choice {
    index: Option<u64>,
    delta: Object<Words>,
    #[serde(default)]
    message: (),
    #[serde(default)]
    finish_reason: (),
    #[serde(default)]
    usage: (),
}

/// The words of a chunk that has nothing else; `None` for any other.
pub(super) fn words(chunk: &str) -> Option<Words> {
    let Object(Chunk { choices: [Object(choice)], error: (), usage: (), x_groq: () }) =
        serde_json::from_str(chunk).ok()?;
    let Choice { index, delta: Object(words), message: (), finish_reason: (), usage: () } = choice;
    let () = words.tool_calls;
    (index.unwrap_or(0) == 0).then_some(words)
}

/// A structure that is written as an object; by itself serde takes a list of its fields for one, too.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct OfMap<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for OfMap<T> {
            type Value = Object<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        from.deserialize_map(OfMap(PhantomData))
    }
}
