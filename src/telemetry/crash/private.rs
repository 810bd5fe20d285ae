//! Takes out of a report what tells of the person at the machine: where their files lie, and so their name.

use std::path::Path;

use directories::UserDirs;

/// The text with every absolute path cut down to its last part, and nothing that begins at the home folder.
pub(super) fn without_paths(text: &str) -> String {
    let home = UserDirs::new().map(|dirs| dirs.home_dir().to_path_buf());
    cut(text, home.as_deref())
}

fn cut(text: &str, home: Option<&Path>) -> String {
    // A home folder may have blanks in its name, so it goes as a whole first.
    let home = home.and_then(Path::to_str).filter(|home| home.len() > 1);
    let text = home.map_or_else(|| text.to_owned(), |home| text.replace(home, "~"));
    let mut cut = String::with_capacity(text.len());
    let mut rest = text.as_str();
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let length = path_length(rest, before);
        if length == 0 {
            cut.push(first);
            before = first;
            rest = &rest[first.len_utf8()..];
            continue;
        }
        cut.push_str(&last_part(&rest[..length]));
        before = 'x';
        rest = &rest[length..];
    }
    cut
}

/// How many bytes of an absolute path stand at the beginning of a text; none in the middle of a word.
fn path_length(text: &str, before: char) -> usize {
    if before.is_alphanumeric() || matches!(before, '.' | '_' | '-' | '/' | '\\' | ':' | '…') {
        return 0;
    }
    let bytes = text.as_bytes();
    let separator = |at: usize| bytes.get(at).is_some_and(|byte| matches!(byte, b'/' | b'\\'));
    let drive = bytes.first().is_some_and(u8::is_ascii_alphabetic) && bytes.get(1) == Some(&b':') && separator(2);
    let begins = separator(0) || drive || (bytes.first() == Some(&b'~') && separator(1));
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '|' | ',' | ';' | ')' | ']' | '}');
    let length = text.find(ends).unwrap_or(text.len());
    let parts = text[..length]
        .split(['/', '\\'])
        .filter(|part| !part.is_empty())
        .count();
    // A lone slash is a slash.
    if begins && parts > 0 { length } else { 0 }
}

/// What may stay of a path: its last part, or for the source of a library all from the library's name on.
fn last_part(path: &str) -> String {
    if let Some((_, inside)) = path.split_once("/registry/src/")
        && let Some((_, library)) = inside.split_once('/')
    {
        return format!("…/{library}");
    }
    let last = path.rsplit(['/', '\\']).find(|part| !part.is_empty());
    format!("…/{}", last.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lose_all_but_their_last_part() {
        let home = Some(Path::new("/home/ada lovelace"));
        for (text, left) in [
            ("Saved /home/ada lovelace/Videos/walk.mp4.", "Saved …/walk.mp4."),
            ("in \"/media/ada/disk/a.png\", twice", "in \"…/a.png\", twice"),
            (r"opened C:\Users\Ada\Desktop\b.png: no", "opened …/b.png: no"),
            ("home is /home/ada lovelace", "home is ~"),
            ("(/srv/x.rs:12)", "(…/x.rs:12)"),
            (
                "/home/b/.cargo/registry/src/index-19/burn-0.22.1/src/a.rs:3",
                "…/burn-0.22.1/src/a.rs:3",
            ),
            // These are no places.
            (
                "41.6 GFLOP/s and/or 1/2 src/engine/thread.rs:3",
                "41.6 GFLOP/s and/or 1/2 src/engine/thread.rs:3",
            ),
            ("https://farwander.example/a", "https://farwander.example/a"),
            ("a / b", "a / b"),
        ] {
            assert_eq!(cut(text, home), left);
        }
    }
}
