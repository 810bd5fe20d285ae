//! The window's surface: what is drawn, when it must be configured again, and when drawing is skipped.

use super::context::{Gpu, GpuError};
use super::letterbox::{Rect, letterbox};
use super::overlay::{Overlay, OverlayPaint};
use super::processor::ProcessorUpscaler;
use super::upscale::Upscaler;
use crate::frame::Frame;

/// The colour of the bars around the picture, gamma-encoded.
const BARS: [f64; 3] = [0.035, 0.04, 0.047];

/// What became of a request to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawn {
    /// The picture has been handed over for display.
    Presented,
    /// Nothing was shown (hidden or zero-sized window); ask again when that changes.
    Skipped,
    /// The surface had to be set up again; ask again at once.
    Again,
}

/// How the picture gets to its size.
#[derive(Debug)]
enum Picture {
    /// Passes on the graphics device.
    Shaders(Box<Upscaler>),
    /// Loops on the processor, for adapters that are one; the result is copied into the window.
    Processor(Box<Copied>),
}

/// The enlarged picture of a software adapter.
#[derive(Debug, Default)]
struct Copied {
    upscaler: ProcessorUpscaler,
    frame: Option<Frame>,
    texture: Option<(wgpu::Texture, Rect)>,
    /// The frame has changed since the texture was written.
    dirty: bool,
}

/// The window as a place to draw.
#[derive(Debug)]
pub struct Screen {
    // The surface goes before the device it was configured with.
    surface: wgpu::Surface<'static>,
    config: wgpu::SurfaceConfiguration,
    picture: Picture,
    overlay: Box<Overlay>,
    gpu: Gpu,
    zero_sized: bool,
}

impl Screen {
    /// Opens a graphics device for a window of `size` physical pixels.
    pub fn new<T>(
        display: impl Fn() -> Box<dyn wgpu::wgt::WgpuHasDisplayHandle>,
        target: T,
        size: [u32; 2],
    ) -> Result<Self, GpuError>
    where
        T: Into<wgpu::SurfaceTarget<'static>> + Clone,
    {
        let (gpu, surface) = Gpu::open(display, target)?;
        let capabilities = surface.get_capabilities(&gpu.adapter);
        // Gamma-encoded targets: both the filters and the interface work on such colours.
        let format = egui_wgpu::preferred_framebuffer_format(&capabilities.formats)
            .map_err(|error| GpuError::Surface(error.to_string()))?;
        let mut config = surface
            .get_default_config(&gpu.adapter, size[0].max(1), size[1].max(1))
            .ok_or_else(|| GpuError::Surface("the adapter cannot draw to it".to_owned()))?;
        config.format = format;
        config.present_mode = if capabilities.present_modes.contains(&wgpu::PresentMode::Mailbox) {
            wgpu::PresentMode::Mailbox
        } else {
            wgpu::PresentMode::Fifo
        };
        config.desired_maximum_frame_latency = 1;
        let can_copy = capabilities.usages.contains(wgpu::TextureUsages::COPY_DST)
            && matches!(
                format,
                wgpu::TextureFormat::Rgba8Unorm | wgpu::TextureFormat::Bgra8Unorm
            );
        let picture = if gpu.is_software() && can_copy {
            config.usage |= wgpu::TextureUsages::COPY_DST;
            Picture::Processor(Box::default())
        } else {
            Picture::Shaders(Box::new(Upscaler::new(&gpu.device, format)))
        };
        surface.configure(&gpu.device, &config);
        Ok(Self {
            picture,
            overlay: Box::new(Overlay::new(&gpu.device, format)),
            surface,
            config,
            gpu,
            zero_sized: size.contains(&0),
        })
    }

    /// The device behind the window.
    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// Largest texture side, for the interface's font atlas.
    pub fn max_texture_side(&self) -> usize {
        self.gpu.device.limits().max_texture_dimension_2d as usize
    }

    /// The window has a new size in physical pixels.
    pub fn resize(&mut self, size: [u32; 2]) {
        self.zero_sized = size.contains(&0);
        if self.zero_sized || [self.config.width, self.config.height] == size {
            return;
        }
        let most = self.gpu.device.limits().max_texture_dimension_2d;
        self.config.width = size[0].min(most);
        self.config.height = size[1].min(most);
        self.surface.configure(&self.gpu.device, &self.config);
    }

    /// The frame to show from now on.
    pub fn show_frame(&mut self, frame: &Frame) {
        let most = self.gpu.device.limits().max_texture_dimension_2d;
        let Some(size) = frame_size(frame).filter(|size| size.iter().all(|v| *v <= most)) else {
            return;
        };
        match &mut self.picture {
            Picture::Shaders(upscaler) => {
                upscaler.upload(&self.gpu.device, &self.gpu.queue, size, &frame.rgba);
            }
            Picture::Processor(copied) => {
                copied.frame = Some(frame.clone());
                copied.dirty = true;
            }
        }
    }

    /// The interface to show from now on.
    pub fn show_overlay(&mut self, paint: OverlayPaint) {
        self.overlay.set(paint);
    }

    /// Draws and presents. `before_present` is called right before the picture is handed over.
    pub fn draw(&mut self, before_present: impl FnOnce()) -> Result<Drawn, GpuError> {
        if self.gpu.is_lost() {
            return Err(GpuError::Lost);
        }
        if self.zero_sized {
            return Ok(Drawn::Skipped);
        }
        let (target, stale) = match self.surface.get_current_texture() {
            wgpu::CurrentSurfaceTexture::Success(target) => (target, false),
            wgpu::CurrentSurfaceTexture::Suboptimal(target) => (target, true),
            wgpu::CurrentSurfaceTexture::Timeout | wgpu::CurrentSurfaceTexture::Occluded => {
                return Ok(Drawn::Skipped);
            }
            wgpu::CurrentSurfaceTexture::Outdated
            | wgpu::CurrentSurfaceTexture::Lost
            | wgpu::CurrentSurfaceTexture::Validation => {
                self.surface.configure(&self.gpu.device, &self.config);
                return Ok(Drawn::Again);
            }
        };
        let size = [target.texture.width(), target.texture.height()];
        let (device, queue) = (&self.gpu.device, &self.gpu.queue);
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        self.overlay.prepare(device, queue, size);
        let view = target.texture.create_view(&wgpu::TextureViewDescriptor::default());
        let clear = wgpu::LoadOp::Clear(bars(self.config.format));
        match &mut self.picture {
            Picture::Shaders(upscaler) => {
                if let Some(frame) = upscaler.frame_size() {
                    let rect = letterbox(frame, size);
                    upscaler.prepare(device, queue, &mut encoder, rect);
                }
                let mut pass = window_pass(&mut encoder, &view, clear);
                upscaler.draw(&mut pass);
                self.overlay.draw(&mut pass, size);
            }
            Picture::Processor(copied) => {
                drop(window_pass(&mut encoder, &view, clear));
                copied.draw(device, queue, &mut encoder, &target.texture);
                let mut pass = window_pass(&mut encoder, &view, wgpu::LoadOp::Load);
                self.overlay.draw(&mut pass, size);
            }
        }
        queue.submit([encoder.finish()]);
        before_present();
        queue.present(target);
        self.overlay.free();
        if stale {
            self.surface.configure(&self.gpu.device, &self.config);
        }
        Ok(Drawn::Presented)
    }
}

impl Copied {
    /// Brings the enlarged picture up to date and copies it into the window.
    fn draw(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        encoder: &mut wgpu::CommandEncoder,
        window: &wgpu::Texture,
    ) {
        let Some((frame, size)) = self.frame.as_ref().and_then(|frame| Some((frame, frame_size(frame)?))) else {
            return;
        };
        let rect = letterbox(size, [window.width(), window.height()]);
        let extent = wgpu::Extent3d {
            width: rect.width,
            height: rect.height,
            depth_or_array_layers: 1,
        };
        if self.texture.as_ref().is_none_or(|(_, r)| *r != rect) {
            let texture = device.create_texture(&wgpu::TextureDescriptor {
                label: Some("picture"),
                size: extent,
                mip_level_count: 1,
                sample_count: 1,
                dimension: wgpu::TextureDimension::D2,
                format: window.format(),
                usage: wgpu::TextureUsages::COPY_SRC | wgpu::TextureUsages::COPY_DST,
                view_formats: &[],
            });
            self.texture = Some((texture, rect));
            self.dirty = true;
        }
        let Some((texture, _)) = &self.texture else {
            return;
        };
        if std::mem::take(&mut self.dirty) {
            let swap = window.format() == wgpu::TextureFormat::Bgra8Unorm;
            let bytes = self.upscaler.scale(size, &frame.rgba, rect, swap);
            let layout = wgpu::TexelCopyBufferLayout {
                offset: 0,
                bytes_per_row: Some(4 * rect.width),
                rows_per_image: None,
            };
            queue.write_texture(texture.as_image_copy(), bytes, layout, extent);
        }
        let mut to = window.as_image_copy();
        to.origin = wgpu::Origin3d {
            x: rect.x,
            y: rect.y,
            z: 0,
        };
        encoder.copy_texture_to_texture(texture.as_image_copy(), to, extent);
    }
}

/// Width and height in pixels; `None` for a frame whose bytes do not fit them.
fn frame_size(frame: &Frame) -> Option<[u32; 2]> {
    let size = [
        u32::try_from(frame.width_px).ok()?,
        u32::try_from(frame.height_px).ok()?,
    ];
    let len = frame.width_px.checked_mul(frame.height_px)?.checked_mul(4)?;
    (len > 0 && len == frame.rgba.len()).then_some(size)
}

fn window_pass<'a>(
    encoder: &'a mut wgpu::CommandEncoder,
    view: &wgpu::TextureView,
    load: wgpu::LoadOp<wgpu::Color>,
) -> wgpu::RenderPass<'a> {
    encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
        label: Some("window"),
        color_attachments: &[Some(wgpu::RenderPassColorAttachment {
            view,
            depth_slice: None,
            resolve_target: None,
            ops: wgpu::Operations {
                load,
                store: wgpu::StoreOp::Store,
            },
        })],
        ..Default::default()
    })
}

fn bars(format: wgpu::TextureFormat) -> wgpu::Color {
    // Below 0.04 the sRGB curve is a straight line.
    let [r, g, b] = BARS.map(|v| if format.is_srgb() { v / 12.92 } else { v });
    wgpu::Color { r, g, b, a: 1.0 }
}

impl std::fmt::Debug for Upscaler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upscaler").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Overlay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Overlay").finish_non_exhaustive()
    }
}
