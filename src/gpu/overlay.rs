//! Draws the interface's triangles over the picture. The toolkit's own renderer does the same with a shader that costs a
//! software driver 0.2 microseconds a pixel (a quarter of a second for a menu); this one costs it a twentieth of that.

use std::collections::HashMap;
use std::num::NonZeroU64;

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

struct Texture {
    texture: wgpu::Texture,
    bind: wgpu::BindGroup,
}

/// A buffer that grows.
struct Buffer {
    buffer: wgpu::Buffer,
    usage: wgpu::BufferUsages,
}

impl Buffer {
    fn new(device: &wgpu::Device, usage: wgpu::BufferUsages, size: u64) -> Self {
        let usage = usage | wgpu::BufferUsages::COPY_DST;
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("overlay"),
            size,
            usage,
            mapped_at_creation: false,
        });
        Self { buffer, usage }
    }

    fn write(&mut self, device: &wgpu::Device, queue: &wgpu::Queue, bytes: &[u8]) {
        let len = bytes.len() as u64;
        if self.buffer.size() < len {
            *self = Self::new(device, self.usage, len.next_power_of_two());
        }
        queue.write_buffer(&self.buffer, 0, bytes);
    }
}

/// One call: a rectangle in pixels, a texture, a range of indices, and where its vertices begin.
struct Call {
    scissor: [u32; 4],
    texture: egui::TextureId,
    indices: std::ops::Range<u32>,
    base_vertex: i32,
}

pub(super) struct Overlay {
    pipeline: wgpu::RenderPipeline,
    texture_layout: wgpu::BindGroupLayout,
    sampler: wgpu::Sampler,
    screen: wgpu::Buffer,
    screen_bind: wgpu::BindGroup,
    vertices: Buffer,
    indices: Buffer,
    textures: HashMap<egui::TextureId, Texture>,
    calls: Vec<Call>,
    paint: OverlayPaint,
    /// The paint has changed since the buffers were written, or the window has this other size.
    written_for: Option<[u32; 2]>,
}

impl Overlay {
    pub(super) fn new(device: &wgpu::Device, format: wgpu::TextureFormat) -> Self {
        let layout = |entries: &[_]| {
            device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
                label: Some("overlay"),
                entries,
            })
        };
        let entry = |binding, visibility, ty| wgpu::BindGroupLayoutEntry {
            binding,
            visibility,
            ty,
            count: None,
        };
        let screen_layout = layout(&[entry(
            0,
            wgpu::ShaderStages::VERTEX,
            wgpu::BindingType::Buffer {
                ty: wgpu::BufferBindingType::Uniform,
                has_dynamic_offset: false,
                min_binding_size: NonZeroU64::new(16),
            },
        )]);
        let texture_layout = layout(&[
            entry(
                0,
                wgpu::ShaderStages::FRAGMENT,
                wgpu::BindingType::Texture {
                    sample_type: wgpu::TextureSampleType::Float { filterable: true },
                    view_dimension: wgpu::TextureViewDimension::D2,
                    multisampled: false,
                },
            ),
            entry(
                1,
                wgpu::ShaderStages::FRAGMENT,
                wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering),
            ),
        ]);
        let screen = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("overlay"),
            size: 16,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let screen_bind = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("overlay"),
            layout: &screen_layout,
            entries: &[wgpu::BindGroupEntry {
                binding: 0,
                resource: screen.as_entire_binding(),
            }],
        });
        Self {
            pipeline: pipeline(device, &screen_layout, &texture_layout, format),
            texture_layout,
            sampler: device.create_sampler(&wgpu::SamplerDescriptor {
                label: Some("overlay"),
                mag_filter: wgpu::FilterMode::Linear,
                min_filter: wgpu::FilterMode::Linear,
                ..Default::default()
            }),
            screen,
            screen_bind,
            vertices: Buffer::new(device, wgpu::BufferUsages::VERTEX, 1 << 16),
            indices: Buffer::new(device, wgpu::BufferUsages::INDEX, 1 << 15),
            textures: HashMap::new(),
            calls: Vec::new(),
            paint: OverlayPaint::default(),
            written_for: None,
        }
    }

    /// Takes a new picture of the interface; texture changes of one that was never drawn are kept.
    pub(super) fn set(&mut self, new: OverlayPaint) {
        let mut textures = std::mem::take(&mut self.paint.textures);
        textures.append(new.textures);
        self.paint = OverlayPaint { textures, ..new };
        self.written_for = None;
    }

    /// Brings textures and buffers up to date for a window of `size` physical pixels.
    pub(super) fn prepare(&mut self, device: &wgpu::Device, queue: &wgpu::Queue, size: [u32; 2]) {
        let deltas = std::mem::take(&mut self.paint.textures.set);
        for (id, deltas) in deltas {
            for delta in deltas {
                self.change_texture(device, queue, id, &delta);
            }
        }
        if self.written_for == Some(size) {
            return;
        }
        self.written_for = Some(size);
        let scale = self.paint.pixels_per_point.max(0.1);
        let points = size.map(|v| v as f32 / scale);
        let uniform = [points[0], points[1], 0.0, 0.0];
        queue.write_buffer(&self.screen, 0, bytemuck::cast_slice(&uniform));
        let mut vertices: Vec<egui::epaint::Vertex> = Vec::new();
        let mut indices: Vec<u32> = Vec::new();
        self.calls.clear();
        for clipped in &self.paint.primitives {
            let egui::epaint::Primitive::Mesh(mesh) = &clipped.primitive else {
                continue;
            };
            let scissor = scissor(clipped.clip_rect, scale, size);
            if mesh.indices.is_empty() || scissor[2] == 0 || scissor[3] == 0 {
                continue;
            }
            let (Ok(base_vertex), Ok(first)) = (i32::try_from(vertices.len()), u32::try_from(indices.len())) else {
                break;
            };
            vertices.extend_from_slice(&mesh.vertices);
            indices.extend_from_slice(&mesh.indices);
            self.calls.push(Call {
                scissor,
                texture: mesh.texture_id,
                indices: first..first + mesh.indices.len() as u32,
                base_vertex,
            });
        }
        self.vertices.write(device, queue, bytemuck::cast_slice(&vertices));
        self.indices.write(device, queue, bytemuck::cast_slice(&indices));
    }

    /// Draws into the window's pass.
    pub(super) fn draw(&self, pass: &mut wgpu::RenderPass<'_>, size: [u32; 2]) {
        pass.set_viewport(0.0, 0.0, size[0] as f32, size[1] as f32, 0.0, 1.0);
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.screen_bind, &[]);
        pass.set_vertex_buffer(0, self.vertices.buffer.slice(..));
        pass.set_index_buffer(self.indices.buffer.slice(..), wgpu::IndexFormat::Uint32);
        for call in &self.calls {
            let Some(texture) = self.textures.get(&call.texture) else {
                continue;
            };
            let [x, y, width, height] = call.scissor;
            pass.set_scissor_rect(x, y, width, height);
            pass.set_bind_group(1, &texture.bind, &[]);
            pass.draw_indexed(call.indices.clone(), call.base_vertex, 0..1);
        }
    }

    /// Lets go of textures that were drawn for the last time.
    pub(super) fn free(&mut self) {
        for id in self.paint.textures.free.drain() {
            self.textures.remove(&id);
        }
    }

    fn change_texture(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        id: egui::TextureId,
        delta: &egui::epaint::ImageDelta,
    ) {
        let egui::ImageData::Color(image) = &delta.image;
        let [width, height] = image.size.map(|v| v as u32);
        if width == 0 || height == 0 {
            return;
        }
        let extent = wgpu::Extent3d {
            width,
            height,
            depth_or_array_layers: 1,
        };
        if delta.pos.is_none() {
            let texture = device.create_texture(&wgpu::TextureDescriptor {
                label: Some("overlay"),
                size: extent,
                mip_level_count: 1,
                sample_count: 1,
                dimension: wgpu::TextureDimension::D2,
                format: wgpu::TextureFormat::Rgba8Unorm,
                usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
                view_formats: &[],
            });
            let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
            let bind = device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some("overlay"),
                layout: &self.texture_layout,
                entries: &[
                    wgpu::BindGroupEntry {
                        binding: 0,
                        resource: wgpu::BindingResource::TextureView(&view),
                    },
                    wgpu::BindGroupEntry {
                        binding: 1,
                        resource: wgpu::BindingResource::Sampler(&self.sampler),
                    },
                ],
            });
            self.textures.insert(id, Texture { texture, bind });
        }
        let Some(Texture { texture, .. }) = self.textures.get(&id) else {
            return;
        };
        let [x, y] = delta.pos.unwrap_or_default().map(|v| v as u32);
        let mut to = texture.as_image_copy();
        to.origin = wgpu::Origin3d { x, y, z: 0 };
        queue.write_texture(
            to,
            bytemuck::cast_slice(&image.pixels),
            wgpu::TexelCopyBufferLayout {
                offset: 0,
                bytes_per_row: Some(4 * width),
                rows_per_image: None,
            },
            extent,
        );
    }
}

/// A clip rectangle (points) in whole pixels inside the window: x, y, width, height.
fn scissor(clip: egui::Rect, scale: f32, [width, height]: [u32; 2]) -> [u32; 4] {
    // Casts of floats saturate, so that infinite rectangles end at the window's rim.
    let pixel = |v: f32, most: u32| ((v * scale).round().max(0.0) as u32).min(most);
    let (left, right) = (pixel(clip.min.x, width), pixel(clip.max.x, width));
    let (top, bottom) = (pixel(clip.min.y, height), pixel(clip.max.y, height));
    [left, top, right.saturating_sub(left), bottom.saturating_sub(top)]
}

fn pipeline(
    device: &wgpu::Device,
    screen_layout: &wgpu::BindGroupLayout,
    texture_layout: &wgpu::BindGroupLayout,
    format: wgpu::TextureFormat,
) -> wgpu::RenderPipeline {
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("overlay"),
        source: wgpu::ShaderSource::Wgsl(include_str!("../../shaders/overlay.wgsl").into()),
    });
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some("overlay"),
        bind_group_layouts: &[Some(screen_layout), Some(texture_layout)],
        immediate_size: 0,
    });
    let attributes = wgpu::vertex_attr_array![0 => Float32x2, 1 => Float32x2, 2 => Unorm8x4];
    let entry = if format.is_srgb() { "fs_main_linear" } else { "fs_main" };
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("overlay"),
        layout: Some(&layout),
        vertex: wgpu::VertexState {
            module: &module,
            entry_point: Some("vs_main"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: &[Some(wgpu::VertexBufferLayout {
                array_stride: size_of::<egui::epaint::Vertex>() as u64,
                step_mode: wgpu::VertexStepMode::Vertex,
                attributes: &attributes,
            })],
        },
        primitive: wgpu::PrimitiveState::default(),
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module: &module,
            entry_point: Some(entry),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            targets: &[Some(wgpu::ColorTargetState {
                format,
                blend: Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
                write_mask: wgpu::ColorWrites::ALL,
            })],
        }),
        multiview_mask: None,
        cache: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clip_rectangles_stay_inside_the_window() {
        let rect = |a: f32, b: f32, c: f32, d: f32| egui::Rect::from_min_max(egui::pos2(a, b), egui::pos2(c, d));
        let window = [100, 50];
        assert_eq!(scissor(rect(10.0, 5.0, 20.0, 10.0), 2.0, window), [20, 10, 20, 10]);
        assert_eq!(scissor(rect(-10.0, -10.0, 1e9, 1e9), 1.0, window), [0, 0, 100, 50]);
        assert_eq!(scissor(egui::Rect::EVERYTHING, 1.0, window), [0, 0, 100, 50]);
        assert_eq!(scissor(egui::Rect::NOTHING, 1.0, window)[2], 0);
        assert_eq!(scissor(rect(200.0, 0.0, 300.0, 9.0), 1.0, window)[2], 0);
    }
}
