//! Where files live: configuration, logs, recordings, generator files. Nothing here is fatal: a machine without a home
//! directory answers `None` and the player goes on.

use std::io::{Error, ErrorKind, Result, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use directories::{ProjectDirs, UserDirs};

/// File name of the bundled generator.
pub const BUNDLED_MODEL: &str = "vale.safetensors";

fn project() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "farwander")
}

/// The saved preferences.
pub fn settings_file() -> Option<PathBuf> {
    Some(project()?.config_dir().join("settings.toml"))
}

/// Folder of the log file.
pub fn log_dir() -> Option<PathBuf> {
    let project = project()?;
    Some(
        project
            .state_dir()
            .unwrap_or_else(|| project.data_local_dir())
            .to_path_buf(),
    )
}

/// Folder of generator files that the user has installed.
pub fn models_dir() -> Option<PathBuf> {
    Some(project()?.data_dir().join("models"))
}

/// Folder of bookmarks: kept moments of walks.
pub fn bookmarks_dir() -> Option<PathBuf> {
    Some(project()?.data_dir().join("bookmarks"))
}

/// Folder of recordings, replays and screenshots: the user's videos, else the working directory.
pub fn recordings_dir() -> PathBuf {
    UserDirs::new()
        .and_then(|dirs| {
            let videos = dirs.video_dir().map(Path::to_path_buf);
            videos.or_else(|| Some(dirs.home_dir().join("Videos")))
        })
        .map_or_else(|| PathBuf::from("."), |videos| videos.join("Farwander"))
}

/// A path for people: what lies in their home folder begins with `~`.
pub fn short(path: &Path) -> String {
    let home = UserDirs::new().map(|dirs| dirs.home_dir().to_path_buf());
    short_from(path, home.as_deref())
}

fn short_from(path: &Path, home: Option<&Path>) -> String {
    match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
        Some(rest) => Path::new("~").join(rest).display().to_string(),
        None => path.display().to_string(),
    }
}

/// The first path of `dir/stem-YYYYMMDD-HHMMSS.extension` that is not taken yet.
pub fn fresh_file(dir: &Path, stem: &str, extension: &str) -> PathBuf {
    fresh(dir, stem, &format!(".{extension}"))
}

/// The same for a folder, whose name has no extension.
pub fn fresh_dir(dir: &Path, stem: &str) -> PathBuf {
    fresh(dir, stem, "")
}

fn fresh(dir: &Path, stem: &str, end: &str) -> PathBuf {
    let secs = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |d| d.as_secs());
    let stamp = utc_stamp(secs);
    let mut path = dir.join(format!("{stem}-{stamp}{end}"));
    let mut n = 2;
    while path.exists() {
        path = dir.join(format!("{stem}-{stamp}-{n}{end}"));
        n += 1;
    }
    path
}

/// What is written but not yet in its place ends so, and in the number of the process.
const PARTIAL: &str = "partial";
/// Nobody takes longer than this to write such a file.
const PARTIAL_MOST: Duration = Duration::from_secs(60);

/// Writes a file whole or not at all: beside its place first, then moved there. Makes the folder if need be, and takes away
/// what a killed program left half-written in it.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let partial = path.with_extension(format!("{PARTIAL}{}", std::process::id()));
    let written = (|| {
        if let Some(dir) = path.parent() {
            std::fs::create_dir_all(dir)?;
            sweep(dir);
        }
        let mut file = std::fs::File::create(&partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&partial, path)
    })();
    if written.is_err() {
        let _ = std::fs::remove_file(&partial);
    }
    written
}

fn sweep(dir: &Path) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let process = path.extension().and_then(|end| end.to_str()?.strip_prefix(PARTIAL));
        let ours = process.is_some_and(|number| number.parse::<u32>().is_ok());
        let age = entry
            .metadata()
            .and_then(|meta| meta.modified())
            .ok()
            .and_then(|at| at.elapsed().ok());
        if ours && age.is_some_and(|age| age > PARTIAL_MOST) {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Reads a file that a stranger may have named: a pipe, which would wait for ever, and a device, which would never end, are
/// refused, and so is what is larger than anything meant.
pub fn read_whole(path: &Path, most_bytes: u64) -> Result<Vec<u8>> {
    let meta = std::fs::metadata(path)?;
    if !meta.is_file() {
        return Err(Error::new(ErrorKind::InvalidInput, "it is no file"));
    }
    if meta.len() > most_bytes {
        let most_mb = most_bytes >> 20;
        return Err(Error::new(
            ErrorKind::FileTooLarge,
            format!("it is larger than {most_mb} MB"),
        ));
    }
    std::fs::read(path)
}

/// `YYYYMMDD-HHMMSS` (UTC) of a Unix time.
fn utc_stamp(unix_secs: u64) -> String {
    let (days, rest) = (unix_secs / 86_400, unix_secs % 86_400);
    // Civil date from days since 1970-01-01, by shifting the year to begin in March (Howard Hinnant's algorithm).
    let z = days + 719_468;
    let (era, day_of_era) = (z / 146_097, z % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!(
        "{year:04}{month:02}{day:02}-{:02}{:02}{:02}",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

/// Looks for the bundled generator: in `models/` beside the executable and in its parents (so that a build tree works),
/// where packages put it, in the working directory, then among the user's own files.
pub fn find_model() -> Option<PathBuf> {
    let executable = std::env::current_exe().ok();
    let near = executable.iter().flat_map(|exe| model_dirs_near(exe));
    let here = std::iter::once(PathBuf::from("models"));
    near.chain(here)
        .chain(models_dir())
        .map(|dir| dir.join(BUNDLED_MODEL))
        .find(|path| path.is_file())
}

/// Folders of generator files that belong to this executable. A package puts them into `share/farwander/models` beside the
/// `bin` of its prefix, a macOS bundle into its `Resources`.
fn model_dirs_near(exe: &Path) -> impl Iterator<Item = PathBuf> {
    let beside = exe.ancestors().skip(1).map(|dir| dir.join("models"));
    let installed = ["share/farwander/models", "Resources/models"];
    let prefix = exe.parent().and_then(Path::parent);
    beside.chain(
        prefix
            .into_iter()
            .flat_map(move |prefix| installed.map(|dir| prefix.join(dir))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_civil_dates() {
        assert_eq!(utc_stamp(0), "19700101-000000");
        assert_eq!(utc_stamp(951_827_696), "20000229-123456");
        assert_eq!(utc_stamp(1_798_761_599), "20261231-235959");
    }

    #[test]
    fn an_installed_program_finds_the_models_of_its_prefix() {
        let dirs = |exe: &str| model_dirs_near(Path::new(exe)).collect::<Vec<_>>();
        let held = |exe: &str, dir: &str| dirs(exe).contains(&PathBuf::from(dir));
        assert!(held("/usr/bin/farwander", "/usr/share/farwander/models"));
        assert!(held("/opt/a b/bin/farwander", "/opt/a b/share/farwander/models"));
        let bundle = "/Applications/Farwander.app/Contents";
        assert!(held(
            &format!("{bundle}/MacOS/farwander"),
            &format!("{bundle}/Resources/models")
        ));
        // What lies beside the program comes first: a build tree uses its own models.
        assert_eq!(
            dirs("/a/target/release/farwander")[0],
            Path::new("/a/target/release/models")
        );
        assert!(held("/a/target/release/farwander", "/a/models"));
        assert!(dirs("farwander").iter().all(|dir| !dir.starts_with("share")));
    }

    #[test]
    fn the_home_folder_is_shortened() {
        let short = |path: &str| short_from(Path::new(path), Some(Path::new("/home/a")));
        assert_eq!(
            short("/home/a/b/c.png"),
            Path::new("~").join("b/c.png").display().to_string()
        );
        assert_eq!(
            (short("/home/a").as_str(), short("/home/ab").as_str()),
            ("~", "/home/ab")
        );
    }

    #[test]
    fn what_a_killed_program_left_half_written_is_taken_away_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let old = std::time::SystemTime::now() - 2 * PARTIAL_MOST;
        let names = [
            "a.partial77",
            "a.partial",
            "a.partialx",
            "b.safetensors",
            "now.partial78",
        ];
        for name in names {
            let file = std::fs::File::create(dir.path().join(name)).unwrap();
            if name != "now.partial78" {
                file.set_modified(old).unwrap();
            }
        }
        write_whole(&dir.path().join("c.toml"), b"whole").unwrap();
        let mut left: Vec<_> = std::fs::read_dir(dir.path())
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        left.sort();
        assert_eq!(
            left,
            ["a.partial", "a.partialx", "b.safetensors", "c.toml", "now.partial78"]
        );
        assert_eq!(std::fs::read(dir.path().join("c.toml")).unwrap(), b"whole");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_cannot_be_moved_leaves_nothing_and_what_never_ends_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("taken.toml")).unwrap();
        write_whole(&dir.path().join("taken.toml"), b"x").unwrap_err();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        // Devices that never end, and files that are too large to be meant, are not read.
        let error = read_whole(Path::new("/dev/zero"), 1 << 20).unwrap_err();
        assert_eq!(error.to_string(), "it is no file");
        let large = dir.path().join("large");
        std::fs::File::create(&large).unwrap().set_len((1 << 20) + 1).unwrap();
        let error = read_whole(&large, 1 << 20).unwrap_err();
        assert_eq!(error.to_string(), "it is larger than 1 MB");
    }

    #[test]
    fn fresh_file_never_names_an_existing_file() {
        let dir = tempfile::tempdir().unwrap();
        let a = fresh_file(dir.path(), "walk", "mp4");
        std::fs::write(&a, b"x").unwrap();
        let b = fresh_file(dir.path(), "walk", "mp4");
        assert_ne!(a, b);
        assert!(!b.exists());
    }
}
