//! The window's surface, the frame texture and the passes that scale it up. Runs on the main thread.

mod context;
mod letterbox;
mod overlay;
mod processor;
mod screen;
mod upscale;

pub use context::{Gpu, GpuError};
pub use letterbox::{Rect, letterbox};
pub use overlay::OverlayPaint;
pub use processor::upscale;
pub use screen::{Drawn, Screen};
