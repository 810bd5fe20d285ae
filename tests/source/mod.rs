//! Reading the source tree for tests: its files, split into words and signs, without what is test code.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A word or a single sign of the source, with its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// It, a string with its quotes.
    pub text: String,
    /// Counted from 1.
    pub line: usize,
}

/// A file that is a test module as a whole.
#[derive(Debug, PartialEq, Eq)]
pub enum TestFile {
    /// `#[cfg(test)] mod NAME;`
    Module(String),
    /// `#[cfg(test)] #[path = "FILE"] mod tests;`
    Path(String),
}

/// Splits source text into tokens. Comments and raw strings are dropped; a string is one token that keeps its quotes.
pub fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let (mut i, mut line) = (0, 1);
    let mut out = Vec::new();
    while i < chars.len() {
        let start = i;
        let c = chars[i];
        if c == '/' && at(i + 1) == '/' {
            while i < chars.len() && chars[i] != '\n' {
                i += 1;
            }
        } else if c == '/' && at(i + 1) == '*' {
            let mut depth = 0;
            loop {
                match (at(i), at(i + 1)) {
                    ('/', '*') => (depth, i) = (depth + 1, i + 2),
                    ('*', '/') => (depth, i) = (depth - 1, i + 2),
                    _ => i += 1,
                }
                if depth == 0 || i >= chars.len() {
                    break;
                }
            }
        } else if let Some(hashes) = raw_string(&chars, i) {
            let end: String = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
            let body = chars[i..].iter().position(|&c| c == '"').unwrap() + 1;
            let text: String = chars[i + body..].iter().collect();
            let length = text
                .find(&end)
                .map_or(text.chars().count(), |b| text[..b].chars().count());
            i += body + length + end.len();
        } else if c == '"' {
            i += 1;
            while i < chars.len() && chars[i] != '"' {
                i += if chars[i] == '\\' { 2 } else { 1 };
            }
            i += 1;
            let text = chars[start..i.min(chars.len())].iter().collect();
            out.push(Token { text, line });
        } else if c == '\'' && (at(i + 1) == '\\' || at(i + 2) == '\'') {
            // A character, not a lifetime.
            i += if at(i + 1) == '\\' { 3 } else { 2 };
            while i < chars.len() && chars[i] != '\'' {
                i += 1;
            }
            i += 1;
        } else if word(c) {
            while word(at(i)) {
                i += 1;
            }
            out.push(Token {
                text: chars[start..i].iter().collect(),
                line,
            });
        } else {
            if !c.is_whitespace() {
                out.push(Token {
                    text: c.to_string(),
                    line,
                });
            }
            i += 1;
        }
        let i_end = i.min(chars.len());
        line += chars[start..i_end].iter().filter(|&&c| c == '\n').count();
    }
    out
}

/// The number of `#` if a raw string begins here (`r"`, `r#"`, `br#"`).
fn raw_string(chars: &[char], i: usize) -> Option<usize> {
    if i > 0 && (chars[i - 1].is_alphanumeric() || chars[i - 1] == '_') {
        return None;
    }
    let rest = &chars[i..];
    let rest = rest.strip_prefix(&['b']).unwrap_or(rest);
    let rest = rest.strip_prefix(&['r'])?;
    let hashes = rest.iter().take_while(|&&c| c == '#').count();
    (rest.get(hashes) == Some(&'"')).then_some(hashes)
}

/// Removes every item behind `#[cfg(test)]`; returns the rest and the test modules that are files of their own.
pub fn without_tests(tokens: &[Token]) -> (Vec<Token>, Vec<TestFile>) {
    let is = |i: usize, texts: &[&str]| (0..texts.len()).all(|k| tokens.get(i + k).is_some_and(|t| t.text == texts[k]));
    let (mut kept, mut files) = (Vec::new(), Vec::new());
    let mut i = 0;
    while i < tokens.len() {
        if !is(i, &["#", "[", "cfg", "(", "test", ")", "]"]) {
            kept.push(tokens[i].clone());
            i += 1;
            continue;
        }
        i += 7;
        let path = is(i, &["#", "[", "path", "="]).then(|| tokens[i + 4].text.replace('"', ""));
        // Over further attributes and the visibility to `mod NAME ;`.
        let end = i + tokens[i..]
            .iter()
            .take_while(|t| t.text != ";" && t.text != "{")
            .count();
        if is(end, &[";"]) && end >= i + 2 && is(end - 2, &["mod"]) {
            let name = tokens[end - 1].text.clone();
            files.push(path.map_or(TestFile::Module(name), TestFile::Path));
        }
        // To the end of the item: a `;` outside of brackets, or the brace that closes the first one.
        let mut depth = 0_usize;
        while let Some(token) = tokens.get(i) {
            i += 1;
            match token.text.as_str() {
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 && token.text == "}" {
                        break;
                    }
                }
                ";" if depth == 0 => break,
                _ => {}
            }
        }
    }
    (kept, files)
}

/// Every source file, relative to `src`, with its text; files that are test modules as a whole are left out.
pub fn sources() -> BTreeMap<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                files.insert(path.strip_prefix(&root).unwrap().to_owned(), text);
            }
        }
    }
    let mut test_files = BTreeSet::new();
    for (file, text) in &files {
        let beside = file.parent().unwrap();
        let below = match file.file_name().and_then(|n| n.to_str()) {
            Some("mod.rs" | "lib.rs" | "main.rs") => beside.to_owned(),
            _ => file.with_extension(""),
        };
        for test_file in without_tests(&tokens(text)).1 {
            match test_file {
                TestFile::Path(path) => drop(test_files.insert(beside.join(path))),
                TestFile::Module(name) => {
                    test_files.insert(below.join(&name).with_extension("rs"));
                    test_files.insert(below.join(&name).join("mod.rs"));
                }
            }
        }
    }
    files.retain(|file, _| !test_files.contains(file));
    files
}
