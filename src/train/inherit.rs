//! Recipes that are others with a few lines changed: `base = "other.toml"`, beside the file.

use std::path::Path;

use toml::{Table, Value};

use super::TrainError;

/// Longest line of ancestors; longer ones go round in a circle.
const GENERATIONS: usize = 8;

/// The text of a recipe: the file's own, or with a base what the two say together.
pub(super) fn text(path: &Path) -> Result<String, TrainError> {
    let (text, table) = read(path, GENERATIONS)?;
    let Some(table) = table else { return Ok(text) };
    toml::to_string(&table).map_err(|e| bad(path, e.to_string()))
}

fn bad(path: &Path, what: String) -> TrainError {
    TrainError::Recipe {
        path: path.to_owned(),
        what,
    }
}

/// The file's text and, if it has a base, all that it says with it.
fn read(path: &Path, generations: usize) -> Result<(String, Option<Table>), TrainError> {
    let text = std::fs::read_to_string(path).map_err(|source| TrainError::Io {
        path: path.to_owned(),
        source,
    })?;
    let mut table: Table = toml::from_str(&text).map_err(|e| bad(path, e.to_string()))?;
    let base = match table.remove("base") {
        None => return Ok((text, None)),
        Some(Value::String(base)) => path.with_file_name(base),
        Some(_) => return Err(bad(path, "base must be the name of a recipe file".into())),
    };
    if generations == 0 {
        return Err(bad(path, "its bases go round in a circle".into()));
    }
    let (base_text, of_base) = read(&base, generations - 1)?;
    let mut whole = match of_base {
        Some(whole) => whole,
        None => toml::from_str(&base_text).map_err(|e| bad(&base, e.to_string()))?,
    };
    lay_over(&mut whole, table);
    Ok((text, Some(whole)))
}

/// What `over` says counts; tables are laid over each other, all else is replaced.
fn lay_over(under: &mut Table, over: Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(Value::Table(under)), Value::Table(over)) => lay_over(under, over),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipe_changes_its_base_line_by_line() {
        let dir = tempfile::TempDir::new().unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        let read = |name: &str| text(&dir.path().join(name));
        let first = "# words\nseed = 1\n[adapt]\nsteps = 5\nlr = 0.5\n";
        write("a.toml", first);
        write(
            "b.toml",
            "base = \"a.toml\"\n[adapt]\nsteps = 3\n[pretrain]\nsteps = 2\n",
        );
        write("c.toml", "base = \"b.toml\"\nseed = 9\n");
        assert_eq!(read("a.toml").unwrap(), first);
        let found: Table = toml::from_str(&read("c.toml").unwrap()).unwrap();
        let expected = "seed = 9\n[adapt]\nsteps = 3\nlr = 0.5\n[pretrain]\nsteps = 2\n";
        assert_eq!(found, toml::from_str(expected).unwrap());

        write("round.toml", "base = \"round.toml\"\n");
        assert!(read("round.toml").unwrap_err().to_string().contains("circle"));
        write("orphan.toml", "base = \"none.toml\"\n");
        assert!(read("orphan.toml").unwrap_err().to_string().contains("none.toml"));
        write("number.toml", "base = 3\n");
        assert!(read("number.toml").unwrap_err().to_string().contains("base must be"));
    }
}
