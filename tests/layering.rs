//! The rules of the source tree: who may import whom (the table of ARCHITECTURE.md), and a few habits that no lint
//! checks. Test code (`#[cfg(test)]`) is free.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

use std::fmt::Write as _;
use std::path::Path;

use source::{TestFile, Token, sources, tokens, without_tests};

mod source;

/// Module → modules of this crate that it may import.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    // Layer 0: plain facts.
    ("frame", &[]),
    ("control", &["frame"]),
    ("paths", &[]),
    ("telemetry", &["paths"]),
    ("settings", &["paths"]),
    ("words", &[]),
    // Layer 1: networks.
    ("device", &[]),
    ("flow", &["device"]),
    ("model", &["frame", "control", "device", "flow"]),
    ("package", &["frame", "control", "device", "model"]),
    (
        "rollout",
        &["frame", "control", "paths", "device", "model", "flow", "package"],
    ),
    // Layer 2: pictures in and out.
    ("data", &["frame", "control"]),
    ("synth", &["frame", "control", "data"]),
    ("record", &["frame", "control"]),
    ("gpu", &["frame"]),
    // Layer 3: machines.
    (
        "engine",
        &[
            "frame",
            "control",
            "paths",
            "telemetry",
            "device",
            "package",
            "rollout",
            "record",
        ],
    ),
    (
        "train",
        &[
            "frame",
            "control",
            "paths",
            "telemetry",
            "device",
            "model",
            "flow",
            "package",
            "rollout",
            "data",
            "record",
        ],
    ),
    (
        "eval",
        &[
            "frame",
            "control",
            "paths",
            "telemetry",
            "device",
            "model",
            "flow",
            "package",
            "rollout",
            "data",
            "synth",
            "record",
        ],
    ),
    // Layer 4: what the user sees and touches.
    ("input", &["control", "settings"]),
    ("ui", &["frame", "control", "settings", "words", "engine", "record"]),
    (
        "app",
        &[
            "frame",
            "control",
            "paths",
            "telemetry",
            "settings",
            "words",
            "device",
            "model",
            "flow",
            "package",
            "rollout",
            "data",
            "record",
            "gpu",
            "engine",
            "input",
            "ui",
        ],
    ),
    // Layer 5: the command line.
    ("cli", EVERYTHING),
    ("main", &["cli"]),
];

const EVERYTHING: &[&str] = &[
    "frame",
    "control",
    "paths",
    "telemetry",
    "settings",
    "words",
    "device",
    "model",
    "flow",
    "package",
    "rollout",
    "data",
    "synth",
    "record",
    "gpu",
    "engine",
    "train",
    "eval",
    "input",
    "ui",
    "app",
];

/// Module → crates that stay out of it.
const NOT_IN: &[(&str, &[&str])] = &[
    ("frame", &["burn", "wgpu", "egui", "winit"]),
    ("words", &["burn", "wgpu", "egui", "winit"]),
    ("control", &["burn", "wgpu", "egui", "winit"]),
    ("data", &["burn", "wgpu", "egui", "winit"]),
    ("synth", &["burn", "wgpu", "egui", "winit"]),
    ("record", &["burn", "wgpu", "egui", "winit"]),
    ("engine", &["wgpu", "egui", "winit"]),
    ("train", &["wgpu", "egui", "winit"]),
    ("ui", &["burn", "wgpu", "winit"]),
];

/// Longest file. Whoever needs more has two things in one file.
const MAX_LINES: usize = 800;

/// First names behind a path prefix that ends before `i`: `frame` of `::frame::Frame`, both of `::{frame, control::Keys}`.
fn heads(tokens: &[Token], i: usize) -> Vec<Token> {
    let text = |k: usize| tokens.get(k).map_or("", |t| t.text.as_str());
    if text(i) != ":" || text(i + 1) != ":" {
        return Vec::new();
    }
    if text(i + 2) != "{" {
        return tokens.get(i + 2).cloned().into_iter().collect();
    }
    let (mut depth, mut first, mut out) = (1, true, Vec::new());
    for token in &tokens[i + 3..] {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            "," if depth == 1 => first = true,
            _ if depth == 1 && first => {
                out.push(token.clone());
                first = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    out
}

/// Modules of this crate that the source of module `path` (outermost name first) mentions, and where.
fn imports(path: &[String], tokens: &[Token]) -> Vec<Token> {
    let text = |k: usize| tokens.get(k).map_or("", |t| t.text.as_str());
    let mut out = Vec::new();
    // For every open brace, whether it is an inline module's.
    let mut braces: Vec<bool> = Vec::new();
    for i in 0..tokens.len() {
        let behind_path = i >= 2 && text(i - 1) == ":" && text(i - 2) == ":";
        match text(i) {
            "{" => braces.push(i >= 2 && text(i - 2) == "mod"),
            "}" => drop(braces.pop()),
            "crate" => out.extend(heads(tokens, i + 1)),
            "farwander" if path == ["main"] => out.extend(heads(tokens, i + 1)),
            "super" if !behind_path => {
                let mut end = i;
                let mut ups = 1;
                while text(end + 1) == ":" && text(end + 2) == ":" && text(end + 3) == "super" {
                    end += 3;
                    ups += 1;
                }
                let depth = path.len() + braces.iter().filter(|&&m| m).count();
                if ups >= depth {
                    out.extend(heads(tokens, end + 1));
                }
            }
            _ => {}
        }
    }
    out
}

/// Crates that the source names at the head of a path, and where.
fn crates(tokens: &[Token]) -> Vec<Token> {
    let text = |k: usize| tokens.get(k).map_or("", |t| t.text.as_str());
    (0..tokens.len())
        .filter(|&i| {
            let head = i < 2 || text(i - 1) != ":" || text(i - 2) != ":";
            let path = text(i + 1) == ":" && text(i + 2) == ":";
            let import = i >= 1 && text(i - 1) == "use";
            head && (path || import)
        })
        .map(|i| tokens[i].clone())
        .collect()
}

/// `.unwrap()` and `.expect(`, and where.
fn unwraps(tokens: &[Token]) -> Vec<Token> {
    tokens
        .windows(3)
        .filter(|w| w[0].text == "." && w[2].text == "(")
        .filter(|w| w[1].text == "unwrap" || w[1].text == "expect")
        .map(|w| w[1].clone())
        .collect()
}

/// Everything that is wrong with one file, one line each. `file` is relative to `src`.
fn faults(file: &Path, source: &str) -> Vec<String> {
    let mut path: Vec<String> = file
        .with_extension("")
        .iter()
        .map(|p| p.to_string_lossy().into_owned())
        .collect();
    if path.last().is_some_and(|p| p == "mod") {
        path.pop();
    }
    let module = path[0].as_str();
    let name = format!("src/{}", file.display());
    let mut out = Vec::new();
    if !source.starts_with("//!") {
        out.push(format!("{name}:1: begins without `//!`: say what the file owns"));
    }
    let lines = source.lines().count();
    if lines > MAX_LINES {
        out.push(format!("{name}: {lines} lines, more than {MAX_LINES}: split it"));
    }
    let (tokens, _) = without_tests(&tokens(source));
    for token in unwraps(&tokens) {
        out.push(format!(
            "{name}:{}: .{}() outside of tests: return an error",
            token.line, token.text
        ));
    }
    if module == "lib" {
        return out;
    }
    let Some((_, allowed)) = MAY_IMPORT.iter().find(|(m, _)| *m == module) else {
        out.push(format!(
            "{name}: module `{module}` is not in the table of tests/layering.rs"
        ));
        return out;
    };
    for import in imports(&path, &tokens) {
        if import.text != module && !allowed.contains(&import.text.as_str()) {
            out.push(format!(
                "{name}:{}: `{module}` may not import `{}` (allowed: {})",
                import.line,
                import.text,
                allowed.join(" ")
            ));
        }
    }
    let kept_out = NOT_IN.iter().find(|(m, _)| *m == module).map_or(&[][..], |r| r.1);
    for krate in crates(&tokens) {
        if kept_out.contains(&krate.text.as_str()) {
            out.push(format!(
                "{name}:{}: `{module}` does without the crate `{}`",
                krate.line, krate.text
            ));
        }
    }
    out
}

#[test]
fn the_source_tree_keeps_its_rules() {
    let files = sources();
    assert!(files.len() > 20, "only {} files found", files.len());
    let faults: Vec<_> = files.iter().flat_map(|(f, s)| faults(f, s)).collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn the_table_has_no_cycles_and_knows_every_module() {
    let lib = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs"));
    let lib = tokens(&lib.unwrap());
    let declared = lib.windows(2).filter(|w| w[0].text == "mod");
    let order: Vec<_> = MAY_IMPORT.iter().map(|(m, _)| *m).collect();
    for module in declared {
        assert!(order.contains(&module[1].text.as_str()), "{module:?}");
    }
    for (i, (module, allowed)) in MAY_IMPORT.iter().enumerate() {
        for import in *allowed {
            let j = order.iter().position(|m| m == import).expect(import);
            assert!(j < i, "`{module}` imports `{import}`, which stands later in the table");
        }
    }
}

#[test]
fn the_parser_finds_what_is_forbidden() {
    let snippet = r##"// No module comment: crate::app
use crate::{frame::{Frame, Clip}, model, synth::World as W};
use super::super::train;
use super::neighbour;
use winit::window;
/* crate::ui /* crate::app */ */
const A: &str = "crate::cli";
const B: &str = r#"" crate::cli ""#;
const C: char = '"';
pub(crate) fn f<'a>(x: &'a str) -> crate::engine::Event { x.parse().unwrap() }
mod inner { use super::super::super::input; use super::x; }
#[cfg(test)]
mod tests { use crate::eval; fn g() { h().unwrap(); } }
fn after() { crate::gpu::blit().expect("") }
"##;
    let got = faults(Path::new("record/mux.rs"), snippet);
    let mut text = String::new();
    for fault in &got {
        let brief = fault.trim_start_matches("src/record/mux.rs:").split(" (").next();
        writeln!(text, "{}", brief.unwrap()).unwrap();
    }
    let want = "\
1: begins without `//!`: say what the file owns
10: .unwrap
14: .expect
2: `record` may not import `model`
2: `record` may not import `synth`
3: `record` may not import `train`
10: `record` may not import `engine`
11: `record` may not import `input`
14: `record` may not import `gpu`
5: `record` does without the crate `winit`
";
    let short = |s: &str| -> Vec<String> {
        s.lines()
            .map(|l| {
                l.split("() outside")
                    .next()
                    .unwrap_or(l)
                    .trim_end_matches(':')
                    .to_owned()
            })
            .collect()
    };
    assert_eq!(short(&text), short(want), "{text}");
}

#[test]
fn test_modules_in_files_of_their_own_are_known() {
    let source = "#[cfg(test)]\nmod tests;\n#[cfg(test)]\n#[path = \"a_tests.rs\"]\nmod other;\n#[cfg(test)]\npub(crate) mod shared;\nmod real;";
    let (rest, files) = without_tests(&tokens(source));
    assert_eq!(rest.len(), 3, "{rest:?}");
    let module = |name: &str| TestFile::Module(name.to_owned());
    let path = TestFile::Path("a_tests.rs".to_owned());
    assert_eq!(files, [module("tests"), path, module("shared")]);
}

#[test]
fn long_files_and_unknown_modules_are_told() {
    let long = "//! x\n".repeat(MAX_LINES + 1);
    assert_eq!(faults(Path::new("frame.rs"), &long).len(), 1);
    let unknown = faults(Path::new("helpers/mod.rs"), "//! x\n");
    assert!(unknown[0].contains("not in the table"), "{unknown:?}");
    assert!(faults(Path::new("frame.rs"), "//! Frames.\nuse crate::frame::Frame;\n").is_empty());
}
