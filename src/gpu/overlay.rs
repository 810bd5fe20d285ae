//! The interface's triangles over the picture.

/// What the interface wants drawn in one frame.
#[derive(Default)]
pub struct OverlayPaint {
    /// Textures to change before drawing and to free after it.
    pub textures: egui::TexturesDelta,
    /// What to draw.
    pub primitives: Vec<egui::ClippedPrimitive>,
    /// Physical pixels a point.
    pub pixels_per_point: f32,
}

impl std::fmt::Debug for OverlayPaint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OverlayPaint")
            .field("primitives", &self.primitives.len())
            .finish_non_exhaustive()
    }
}

pub(super) struct Overlay {
    renderer: egui_wgpu::Renderer,
    paint: OverlayPaint,
}

impl Overlay {
    pub(super) fn new(device: &wgpu::Device, format: wgpu::TextureFormat) -> Self {
        let options = egui_wgpu::RendererOptions::default();
        Self {
            renderer: egui_wgpu::Renderer::new(device, format, options),
            paint: OverlayPaint::default(),
        }
    }

    /// Takes a new picture of the interface; texture changes of one that was never drawn are kept.
    pub(super) fn set(&mut self, new: OverlayPaint) {
        let mut textures = std::mem::take(&mut self.paint.textures);
        textures.append(new.textures);
        self.paint = OverlayPaint { textures, ..new };
    }

    pub(super) fn prepare(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        encoder: &mut wgpu::CommandEncoder,
        size: [u32; 2],
    ) -> Vec<wgpu::CommandBuffer> {
        for (id, deltas) in self.paint.textures.set.drain() {
            for delta in deltas {
                self.renderer.update_texture(device, queue, id, &delta);
            }
        }
        self.renderer.update_buffers(
            device,
            queue,
            encoder,
            &self.paint.primitives,
            &self.descriptor(size),
        )
    }

    pub(super) fn draw(&self, pass: wgpu::RenderPass<'_>, size: [u32; 2]) {
        let mut pass = pass.forget_lifetime();
        self.renderer
            .render(&mut pass, &self.paint.primitives, &self.descriptor(size));
    }

    pub(super) fn free(&mut self) {
        for id in self.paint.textures.free.drain() {
            self.renderer.free_texture(&id);
        }
    }

    fn descriptor(&self, size: [u32; 2]) -> egui_wgpu::ScreenDescriptor {
        egui_wgpu::ScreenDescriptor {
            size_in_pixels: size,
            pixels_per_point: self.paint.pixels_per_point.max(0.1),
        }
    }
}
