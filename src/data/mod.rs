//! stub
use std::path::PathBuf;
#[derive(Debug, thiserror::Error)]
pub enum DataError { #[error("x {0}")] X(PathBuf) }
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split { Train, Test }
impl Split { pub fn name(self) -> &'static str { match self { Self::Train => "train", Self::Test => "test" } } }
pub const VOCABULARY: &[&str] = &["meadow"];
