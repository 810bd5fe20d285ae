//! The file of words against the sources: every message is there, used and filled as it wants to be, and the window's panels hold
//! no words of their own.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};

use farwander::settings::{CameraFeel, Deed, Group, Key, KeyPreset, MouseButton, PadButton, PadPreset};
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser;
use source::{Token, sources, tokens, without_tests};

mod source;

const FILE: &str = include_str!("../assets/words/en.ftl");

/// Functions and macros whose strings nobody sees in the window: names of things, the log, errors for the command line.
const UNSEEN: &[&str] = &[
    "allow",
    "anyhow",
    "bail",
    "context",
    "debug_struct",
    "tracing",
    "unique",
];
/// Names of things that are handed on before they are made one.
const NO_WORDS: &[&str] = &[
    "all computing",
    "all controls",
    "prompt in the menu",
    "prompt over the picture",
];

/// Message → its variables.
type Messages = BTreeMap<String, BTreeSet<String>>;

/// A message that the sources ask for.
#[derive(Debug, PartialEq, Eq)]
struct Use {
    place: String,
    name: String,
    variables: BTreeSet<String>,
}

/// The messages of a file of words, and what is wrong with it.
fn messages(file: &str) -> (Messages, Vec<String>) {
    let mut faults = Vec::new();
    let resource = parser::parse(file).unwrap_or_else(|(resource, errors)| {
        faults.extend(errors.iter().map(|error| format!("en.ftl: {error}")));
        resource
    });
    let mut messages = Messages::new();
    for entry in &resource.body {
        let Entry::Message(message) = entry else { continue };
        let name = message.id.name.to_owned();
        let mut variables = BTreeSet::new();
        match &message.value {
            Some(pattern) => in_pattern(pattern, &mut variables),
            None => faults.push(format!("en.ftl: {name} is empty")),
        }
        if messages.insert(name.clone(), variables).is_some() {
            faults.push(format!("en.ftl: {name} is there twice"));
        }
    }
    (messages, faults)
}

fn in_pattern(pattern: &Pattern<&str>, found: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            in_expression(expression, found);
        }
    }
}

fn in_expression(expression: &Expression<&str>, found: &mut BTreeSet<String>) {
    match expression {
        Expression::Inline(inline) => in_inline(inline, found),
        Expression::Select { selector, variants } => {
            in_inline(selector, found);
            variants.iter().for_each(|variant| in_pattern(&variant.value, found));
        }
    }
}

fn in_inline(inline: &InlineExpression<&str>, found: &mut BTreeSet<String>) {
    match inline {
        InlineExpression::VariableReference { id } => drop(found.insert(id.name.to_owned())),
        InlineExpression::Placeable { expression } => in_expression(expression, found),
        InlineExpression::FunctionReference { arguments, .. } => {
            arguments
                .positional
                .iter()
                .for_each(|argument| in_inline(argument, found));
        }
        _ => {}
    }
}

/// What `say!` is given, wherever it stands.
fn uses(file: &str, tokens: &[Token]) -> Vec<Use> {
    let text = |i: usize| tokens.get(i).map_or("", |t| t.text.as_str());
    let mut uses = Vec::new();
    for i in 0..tokens.len() {
        if text(i) != "say" || text(i + 1) != "!" || text(i + 2) != "(" || !text(i + 3).starts_with('"') {
            continue;
        }
        let mut variables = BTreeSet::new();
        let mut depth = 1;
        let mut at = i + 3;
        while depth > 0 && at < tokens.len() {
            match text(at) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                "," if depth == 1 && text(at + 2) == "=" => drop(variables.insert(text(at + 1).to_owned())),
                _ => {}
            }
            at += 1;
        }
        uses.push(Use {
            place: format!("src/{file}:{}", tokens[i].line),
            name: text(i + 3).trim_matches('"').to_owned(),
            variables,
        });
    }
    uses
}

/// Names of messages that stand in tables of the settings and have no variables.
fn of_tables() -> Vec<&'static str> {
    let mut names: Vec<&str> = Vec::new();
    names.extend(Group::ALL.into_iter().map(Group::word));
    names.extend(Deed::all().map(Deed::word));
    names.extend(Key::ALL.iter().map(|key| key.word()));
    names.extend(MouseButton::ALL.iter().map(|button| button.word()));
    names.extend(PadButton::ALL.iter().map(|button| button.word()));
    names.extend(KeyPreset::ALL.iter().map(|preset| preset.word()));
    names.extend(PadPreset::ALL.iter().map(|preset| preset.word()));
    names.extend(CameraFeel::ALL.iter().flat_map(|feel| [feel.word(), feel.hint_word()]));
    names
}

/// What does not fit together, one line each.
fn misfits(messages: &Messages, uses: &[Use]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut unused: BTreeSet<&str> = messages.keys().map(String::as_str).collect();
    for Use { place, name, variables } in uses {
        unused.remove(name.as_str());
        match messages.get(name) {
            None => faults.push(format!("{place}: {name} is not in en.ftl")),
            Some(wanted) if wanted != variables => {
                faults.push(format!(
                    "{place}: {name} has the variables {wanted:?}, not {variables:?}"
                ));
            }
            Some(_) => {}
        }
    }
    faults.extend(unused.into_iter().map(|name| format!("en.ftl: {name} is used nowhere")));
    faults
}

/// Whether a string of the source reads like something for people: a word with a capital, or several words.
fn reads_like_words(string: &str) -> bool {
    let letters = string.trim_matches('"').as_bytes();
    let capital = letters.len() > 2 && letters[0].is_ascii_uppercase() && letters[1].is_ascii_lowercase();
    let gap = |w: &[u8]| w[0].is_ascii_lowercase() && w[1] == b' ' && w[2].is_ascii_alphabetic();
    capital || letters.windows(3).any(gap)
}

/// Strings that should be messages.
fn words_of_its_own(file: &str, tokens: &[Token]) -> Vec<String> {
    let mut faults = Vec::new();
    // Who is called, for every open bracket.
    let mut callers: Vec<&str> = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "(" | "[" | "{" => {
                let mut before = tokens[..i].iter().rev().map(|t| t.text.as_str());
                let caller = before.find(|text| *text != "!").unwrap_or_default();
                // The log's macros have names that others have, too.
                let logs = i >= 5 && tokens[i - 1].text == "!" && tokens[i - 5].text == "tracing";
                callers.push(if logs { "tracing" } else { caller });
            }
            ")" | "]" | "}" => drop(callers.pop()),
            text if text.starts_with('"') && reads_like_words(text) => {
                let unseen = callers.iter().any(|caller| UNSEEN.contains(caller));
                if !unseen && !NO_WORDS.contains(&text.trim_matches('"')) {
                    faults.push(format!("src/{file}:{}: {text} belongs into en.ftl", token.line));
                }
            }
            _ => {}
        }
    }
    faults
}

#[test]
fn every_message_is_there_and_used_and_has_its_variables() {
    let (messages, mut faults) = messages(FILE);
    let mut used: Vec<Use> = Vec::new();
    for (file, source) in sources() {
        let (tokens, _) = without_tests(&tokens(&source));
        used.extend(uses(&file.display().to_string(), &tokens));
    }
    assert!(used.len() > 200, "only {} messages are asked for", used.len());
    used.extend(of_tables().into_iter().map(|name| Use {
        place: "src/settings".to_owned(),
        name: name.to_owned(),
        variables: BTreeSet::new(),
    }));
    faults.extend(misfits(&messages, &used));
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn panels_have_no_words_of_their_own() {
    let mut faults = Vec::new();
    for (file, source) in sources() {
        if file.starts_with("ui") || file.starts_with("app") {
            let (tokens, _) = without_tests(&tokens(&source));
            faults.extend(words_of_its_own(&file.display().to_string(), &tokens));
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn what_does_not_fit_is_found() {
    let file = "good = Good { $a }\n\
        twice = Two\ntwice = Two\n\
        many = { $count ->\n    [one] { SMALL($a) }\n   *[other] { $b }\n}\n\
        broken = {\n";
    let (messages, faults) = messages(file);
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert_eq!(messages["many"].iter().collect::<Vec<_>>(), ["a", "b", "count"]);
    let source =
        "fn f() { say!(\"good\", a = g(1, b == c)); say!(\"gone\"); say!(\n\"many\",\ncount = 1, a = x, c = y,\n) }";
    let used = uses("a.rs", &tokens(source));
    assert_eq!(used.len(), 3);
    let faults = misfits(&messages, &used);
    let expected = [
        "src/a.rs:1: gone is not in en.ftl",
        "src/a.rs:1: many has the variables {\"a\", \"b\", \"count\"}, not {\"a\", \"c\", \"count\"}",
        "en.ftl: twice is used nowhere",
    ];
    assert_eq!(faults, expected);
}

#[test]
fn strings_for_people_are_told_from_others() {
    let source = "
        fn f(ui: &mut Ui) {
            ui.label(\"Quit\");
            ui.label(format!(\"{n} frames\", \"it is not there\"));
            tracing::warn!(\"No gamepad: {error}\");
            session.warn(\"There is no picture.\");
            let id = egui::Id::unique((\"first screen\", 1));
            let a = (\"×\", \"cpu\", \"file-dialog\", \"PNG\", say!(\"menu-quit\"));
            ui.label(say!(\"menu-of\", what = \"The world\"));
        }";
    let faults = words_of_its_own("a.rs", &tokens(source));
    let lines: Vec<_> = faults.iter().map(|fault| fault.split(": ").next().unwrap()).collect();
    assert_eq!(
        lines,
        ["src/a.rs:3", "src/a.rs:4", "src/a.rs:6", "src/a.rs:9"],
        "{faults:?}"
    );
}
