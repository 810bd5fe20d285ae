//! The words that the window shows: messages of `assets/words/en.ftl`, looked up by their names. Any thread may ask.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_syntax::ast::Entry;

/// The one file of words, and what its plurals follow.
const FILE: &str = include_str!("../assets/words/en.ftl");
const LANGUAGE: &str = "en";

/// Numbers beyond have no plural rules: the library turns them into whole numbers of 64 bits.
const LARGEST_COUNT: f64 = 1e15;

struct Words {
    bundle: FluentBundle<FluentResource>,
    /// Messages without variables. They are written out once, because the window asks for them with every drawing.
    plain: HashMap<String, String>,
}

impl Words {
    /// Never fails: what cannot be read is missing, and then its name is shown.
    fn read(file: &str) -> Self {
        let resource = FluentResource::try_new(file.to_owned()).unwrap_or_else(|(rest, errors)| {
            tracing::warn!(
                "The file of words has {} mistakes; the rest of it counts.",
                errors.len()
            );
            rest
        });
        let names: Vec<String> = resource
            .entries()
            .filter_map(|entry| match entry {
                Entry::Message(message) => Some(message.id.name.to_owned()),
                _ => None,
            })
            .collect();
        let mut bundle = FluentBundle::new_concurrent(vec![LANGUAGE.parse().unwrap_or_default()]);
        // Marks of direction round variables would be drawn as boxes.
        bundle.set_use_isolating(false);
        if bundle.add_function("SMALL", small).is_err() || bundle.add_resource(resource).is_err() {
            tracing::warn!("Names stand twice in the file of words; the first ones count.");
        }
        let mut words = Self {
            bundle,
            plain: HashMap::new(),
        };
        words.plain = names
            .into_iter()
            .filter_map(|name| {
                let (text, whole) = words.format(&name, &FluentArgs::new())?;
                whole.then_some((name, text))
            })
            .collect();
        words
    }

    /// A message with its variables, and whether all of them were there.
    fn format(&self, name: &str, args: &FluentArgs<'_>) -> Option<(String, bool)> {
        let pattern = self.bundle.get_message(name)?.value()?;
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(args), &mut errors);
        Some((text.into_owned(), errors.is_empty()))
    }
}

fn words() -> &'static Words {
    static WORDS: OnceLock<Words> = OnceLock::new();
    WORDS.get_or_init(|| Words::read(FILE))
}

/// `SMALL($what)`: with a small letter at the beginning, for the middle of a sentence.
fn small<'a>(given: &[FluentValue<'a>], _: &FluentArgs<'_>) -> FluentValue<'a> {
    let Some(FluentValue::String(text)) = given.first() else {
        return FluentValue::Error;
    };
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_lowercase().to_string());
    FluentValue::from(first.unwrap_or_default() + letters.as_str())
}

/// A message without variables; its name if there is none.
pub fn text(name: &'static str) -> &'static str {
    words().plain.get(name).map_or(name, String::as_str)
}

/// A message with its variables; its name if there is none. `say!` is shorter.
pub fn filled<const N: usize>(name: &'static str, variables: [(&'static str, FluentValue<'_>); N]) -> String {
    let args: FluentArgs<'_> = variables.into_iter().collect();
    words()
        .format(name, &args)
        .map_or_else(|| name.to_owned(), |(text, _)| text)
}

/// What can stand for a variable of a message. Whole numbers choose between singular and plural; how other numbers look is
/// up to who says them.
pub trait Value {
    /// It, as the library wants it.
    fn value(&self) -> FluentValue<'_>;
}

impl Value for str {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(self)
    }
}

impl Value for String {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(self.as_str())
    }
}

impl Value for Cow<'_, str> {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(self.as_ref())
    }
}

impl<T: Value + ?Sized> Value for &T {
    fn value(&self) -> FluentValue<'_> {
        (**self).value()
    }
}

macro_rules! shown {
    ($($type:ty)+) => {
        $(impl Value for $type {
            fn value(&self) -> FluentValue<'_> {
                FluentValue::from(self.to_string())
            }
        })+
    };
}
shown!(std::path::Display<'_> std::io::Error);

macro_rules! numbers {
    ($($type:ty)+) => {
        $(impl Value for $type {
            fn value(&self) -> FluentValue<'_> {
                let number = *self as f64;
                if number.abs() < LARGEST_COUNT {
                    FluentValue::from(number)
                } else {
                    FluentValue::from(self.to_string())
                }
            }
        })+
    };
}
numbers!(u16 u32 u64 usize f64);

/// A message of the file of words: `say!("quit")` is a `&'static str`, `say!("recorded", count = 7)` a `String`.
macro_rules! say {
    ($name:literal) => {
        $crate::words::text($name)
    };
    ($name:literal, $($variable:ident = $value:expr),+ $(,)?) => {
        $crate::words::filled($name, [$((stringify!($variable), $crate::words::Value::value(&$value))),+])
    };
}
pub(crate) use say;

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: &str = "plain = Two  spaces\n\
        gone = { $count ->\n    [one] { $count } frame is missing\n   *[other] { $count } frames are missing\n}\n\
        within = do: { SMALL($what) }\n\
        key = { \" \" }({ $key })\n";

    fn said<const N: usize>(
        words: &Words,
        name: &str,
        variables: [(&'static str, FluentValue<'_>); N],
    ) -> Option<String> {
        words
            .format(name, &variables.into_iter().collect())
            .map(|(text, _)| text)
    }

    #[test]
    fn plain_messages_are_known_and_others_are_filled() {
        let words = Words::read(SOME);
        assert_eq!(words.plain.len(), 1);
        assert_eq!(words.plain["plain"], "Two  spaces");
        assert_eq!(said(&words, "key", [("key", "R".value())]).unwrap(), " (R)");
        let count = |n: u64| said(&words, "gone", [("count", n.value())]).unwrap();
        assert_eq!(count(1), "1 frame is missing");
        assert_eq!(count(0), "0 frames are missing");
        assert_eq!(count(2_840_123), "2840123 frames are missing");
        assert_eq!(count(u64::MAX), "18446744073709551615 frames are missing");
        assert_eq!(
            said(&words, "within", [("what", "Écrire".value())]).unwrap(),
            "do: écrire"
        );
    }

    #[test]
    fn numbers_look_as_they_do_elsewhere() {
        let words = Words::read("n = { $n }\n");
        for n in [24.0, 29.97, 0.1, -3.0, 1e300, f64::NAN, f64::INFINITY] {
            assert_eq!(said(&words, "n", [("n", n.value())]), Some(n.to_string()));
        }
        let path = std::path::Path::new("/a b/c");
        assert_eq!(said(&words, "n", [("n", path.display().value())]).unwrap(), "/a b/c");
    }

    #[test]
    fn the_program_is_called_the_same_everywhere() {
        assert_eq!(say!("program"), "Farwander");
        assert_eq!(say!("window-title", world = "Vale"), "Vale – Farwander");
        assert_eq!(say!("program-in-capitals"), say!("program").to_uppercase());
    }

    #[test]
    fn what_is_missing_is_shown_by_its_name() {
        assert_eq!(text("no-such-message"), "no-such-message");
        assert_eq!(say!("no-such-message", count = 1_u64), "no-such-message");
        // A message that has variables, asked for without them; one that is given others.
        assert_eq!(text("unit-bytes"), "unit-bytes");
        assert_eq!(say!("unit-bytes", number = 1_u64), "{$count} bytes");
        let broken = Words::read("good = Good\nbad = {\ngood = Twice\nalso = Also\n");
        assert_eq!(broken.plain["good"], "Good");
        assert_eq!(broken.plain["also"], "Also");
    }
}
