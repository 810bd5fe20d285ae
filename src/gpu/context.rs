//! Instance, adapter, device and queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Why nothing can be drawn.
#[derive(Debug, thiserror::Error)]
pub enum GpuError {
    /// No driver answers.
    #[error(
        "no graphics adapter can draw to this window (Vulkan, Metal, Direct3D 12 and OpenGL were tried); \
         install a graphics driver, or Mesa's software driver (on Debian: mesa-vulkan-drivers)"
    )]
    NoAdapter,
    /// The adapter refused.
    #[error("the graphics adapter {adapter} refused to open: {what}")]
    Device {
        /// Name of the adapter.
        adapter: String,
        /// The driver's words.
        what: String,
    },
    /// The window refused.
    #[error("the window has no drawing surface: {0}")]
    Surface(String),
    /// The device has gone (driver reset, unplugged).
    #[error("the graphics device was lost")]
    Lost,
}

/// An opened graphics device.
pub struct Gpu {
    pub(super) adapter: wgpu::Adapter,
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    name: String,
    software: bool,
    lost: Arc<AtomicBool>,
}

impl Gpu {
    /// Opens the best adapter that can draw to `target`; software adapters are welcome.
    pub(super) fn open<T>(
        display: impl Fn() -> Box<dyn wgpu::wgt::WgpuHasDisplayHandle>,
        target: T,
    ) -> Result<(Self, wgpu::Surface<'static>), GpuError>
    where
        T: Into<wgpu::SurfaceTarget<'static>> + Clone,
    {
        // OpenGL only if nothing else answers: its drivers load slowly and some of them fail noisily.
        for backends in [wgpu::Backends::PRIMARY, wgpu::Backends::GL] {
            let mut descriptor = wgpu::InstanceDescriptor::new_with_display_handle(display());
            descriptor.backends = backends;
            descriptor = descriptor.with_env();
            let instance = wgpu::Instance::new(descriptor);
            let surface = match instance.create_surface(target.clone()) {
                Ok(surface) => surface,
                Err(error) => {
                    tracing::info!("no surface with {backends:?}: {error}");
                    continue;
                }
            };
            let options = |software| wgpu::RequestAdapterOptions {
                power_preference: wgpu::PowerPreference::HighPerformance,
                force_fallback_adapter: software,
                compatible_surface: Some(&surface),
                apply_limit_buckets: false,
            };
            let adapter = pollster::block_on(instance.request_adapter(&options(false)))
                .or_else(|_| pollster::block_on(instance.request_adapter(&options(true))));
            if let Ok(adapter) = adapter {
                return Ok((Self::from_adapter(adapter)?, surface));
            }
        }
        Err(GpuError::NoAdapter)
    }

    fn from_adapter(adapter: wgpu::Adapter) -> Result<Self, GpuError> {
        let info = adapter.get_info();
        let name = format!("{} ({:?})", info.name, info.backend);
        let (device, queue) = pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor {
            label: Some("farwander"),
            required_features: wgpu::Features::empty(),
            // Little is needed, and the texture limits of the adapter let a window be as large as the screen.
            required_limits: wgpu::Limits::downlevel_defaults().using_resolution(adapter.limits()),
            memory_hints: wgpu::MemoryHints::MemoryUsage,
            ..Default::default()
        }))
        .map_err(|error| GpuError::Device {
            adapter: name.clone(),
            what: error.to_string(),
        })?;
        let lost = Arc::new(AtomicBool::new(false));
        {
            let lost = lost.clone();
            device.set_device_lost_callback(move |reason, what| {
                if reason != wgpu::DeviceLostReason::Destroyed {
                    tracing::error!("The graphics device was lost: {what}");
                    lost.store(true, Ordering::Relaxed);
                }
            });
        }
        let told = AtomicBool::new(false);
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            // Once: the same error comes back with every frame.
            if !told.swap(true, Ordering::Relaxed) {
                tracing::error!("Graphics error: {error}");
            }
        }));
        tracing::info!("drawing on {name}");
        Ok(Self {
            adapter,
            device,
            queue,
            software: info.device_type == wgpu::DeviceType::Cpu,
            name,
            lost,
        })
    }

    /// Name of the adapter and of the programming interface it is driven by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the processor does the drawing, so that every pixel costs time that the network needs.
    pub fn is_software(&self) -> bool {
        self.software
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }
}

impl std::fmt::Debug for Gpu {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gpu").field("name", &self.name).finish()
    }
}
