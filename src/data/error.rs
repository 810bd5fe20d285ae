//! What can be wrong with a shard: one sentence each, naming the file and the field.

use std::path::PathBuf;

/// A shard could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The operating system refused.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was tried, e.g. "open".
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The file is not a shard, or a damaged one.
    #[error("{} is not a readable clip shard: {field} {problem}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Which part of it.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A clip does not fit into the shard it is written to.
    #[error("clip {index} does not fit into {}: {problem}", path.display())]
    Misfit {
        /// The shard.
        path: PathBuf,
        /// Number of the clip in the shard.
        index: usize,
        /// What differs.
        problem: String,
    },
}
