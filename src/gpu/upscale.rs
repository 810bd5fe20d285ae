//! From a small frame to the window: doubled along its edges and sharpened, then scaled by a cubic to any size.
//!
//! The doubled picture and its stretched columns are kept, so that redrawing the interface over a still picture costs
//! one pass.

use super::letterbox::Rect;

const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;

/// A texture that passes read and write.
struct Picture {
    texture: wgpu::Texture,
    view: wgpu::TextureView,
    size: [u32; 2],
}

impl Picture {
    fn new(device: &wgpu::Device, label: &str, size: [u32; 2]) -> Self {
        let texture = device.create_texture(&wgpu::TextureDescriptor {
            label: Some(label),
            size: wgpu::Extent3d {
                width: size[0],
                height: size[1],
                depth_or_array_layers: 1,
            },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: FORMAT,
            usage: wgpu::TextureUsages::TEXTURE_BINDING
                | wgpu::TextureUsages::COPY_DST
                | wgpu::TextureUsages::RENDER_ATTACHMENT,
            view_formats: &[],
        });
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        Self { texture, view, size }
    }
}

/// One of the passes that reads a picture with the edge shader.
struct EdgeStep {
    bind: wgpu::BindGroup,
    to: Picture,
    sharpen: bool,
}

/// Everything whose size depends on the frame.
struct Chain {
    frame: Picture,
    steps: Vec<EdgeStep>,
}

/// Everything whose size depends on the window too.
struct Fit {
    rect: Rect,
    columns_bind: wgpu::BindGroup,
    columns: Picture,
    rows_bind: wgpu::BindGroup,
}

/// The upscaler of one window.
pub(super) struct Upscaler {
    edge_layout: wgpu::BindGroupLayout,
    resample_layout: wgpu::BindGroupLayout,
    double: wgpu::RenderPipeline,
    sharpen: wgpu::RenderPipeline,
    columns: wgpu::RenderPipeline,
    rows: wgpu::RenderPipeline,
    uniform: wgpu::Buffer,
    chain: Option<Chain>,
    fit: Option<Fit>,
    /// The frame has changed since the kept pictures were made.
    frame_dirty: bool,
}

impl Upscaler {
    /// For a target of `format`.
    pub(super) fn new(device: &wgpu::Device, format: wgpu::TextureFormat) -> Self {
        let texture_entry = wgpu::BindGroupLayoutEntry {
            binding: 0,
            visibility: wgpu::ShaderStages::FRAGMENT,
            ty: wgpu::BindingType::Texture {
                sample_type: wgpu::TextureSampleType::Float { filterable: false },
                view_dimension: wgpu::TextureViewDimension::D2,
                multisampled: false,
            },
            count: None,
        };
        let uniform_entry = wgpu::BindGroupLayoutEntry {
            binding: 1,
            visibility: wgpu::ShaderStages::FRAGMENT,
            ty: wgpu::BindingType::Buffer {
                ty: wgpu::BufferBindingType::Uniform,
                has_dynamic_offset: false,
                min_binding_size: None,
            },
            count: None,
        };
        let layout = |label, entries: &[_]| {
            device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
                label: Some(label),
                entries,
            })
        };
        let edge_layout = layout("edge", &[texture_entry]);
        let resample_layout = layout("resample", &[texture_entry, uniform_entry]);
        let edge = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("edge"),
            source: wgpu::ShaderSource::Wgsl(include_str!("../../shaders/edge.wgsl").into()),
        });
        let resample = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("resample"),
            source: wgpu::ShaderSource::Wgsl(include_str!("../../shaders/resample.wgsl").into()),
        });
        let pipeline = |layout, module, entry, format| pipeline(device, layout, module, entry, format);
        let rows_entry = if format.is_srgb() { "fs_rows_linear" } else { "fs_rows" };
        Self {
            double: pipeline(&edge_layout, &edge, "fs_double", FORMAT),
            sharpen: pipeline(&edge_layout, &edge, "fs_sharpen", FORMAT),
            columns: pipeline(&resample_layout, &resample, "fs_columns", FORMAT),
            rows: pipeline(&resample_layout, &resample, rows_entry, format),
            uniform: device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("destination"),
                size: 16,
                usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            }),
            edge_layout,
            resample_layout,
            chain: None,
            fit: None,
            frame_dirty: false,
        }
    }

    /// Takes in a new frame: `4 * width * height` bytes.
    pub(super) fn upload(&mut self, device: &wgpu::Device, queue: &wgpu::Queue, size: [u32; 2], rgba: &[u8]) {
        if self.chain.as_ref().is_none_or(|c| c.frame.size != size) {
            self.chain = Some(Chain {
                frame: Picture::new(device, "frame", size),
                steps: Vec::new(),
            });
            self.fit = None;
        }
        let Some(chain) = &self.chain else { return };
        queue.write_texture(
            chain.frame.texture.as_image_copy(),
            rgba,
            wgpu::TexelCopyBufferLayout {
                offset: 0,
                bytes_per_row: Some(4 * size[0]),
                rows_per_image: None,
            },
            wgpu::Extent3d {
                width: size[0],
                height: size[1],
                depth_or_array_layers: 1,
            },
        );
        self.frame_dirty = true;
    }

    /// Whether there is a frame to draw.
    pub(super) fn frame_size(&self) -> Option<[u32; 2]> {
        self.chain.as_ref().map(|c| c.frame.size)
    }

    /// Brings the kept pictures up to date for a window in which the frame fills `rect`.
    pub(super) fn prepare(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        encoder: &mut wgpu::CommandEncoder,
        rect: Rect,
    ) {
        let Some(chain) = &mut self.chain else { return };
        if self.fit.as_ref().is_none_or(|fit| fit.rect != rect) {
            let doublings = doublings(chain.frame.size, rect);
            chain.steps = edge_steps(device, &self.edge_layout, &chain.frame, doublings);
            let source = chain.steps.last().map_or(&chain.frame, |step| &step.to);
            let columns = Picture::new(device, "columns", [rect.width, source.size[1]]);
            self.fit = Some(Fit {
                rect,
                columns_bind: bind_resample(device, &self.resample_layout, &self.uniform, source),
                rows_bind: bind_resample(device, &self.resample_layout, &self.uniform, &columns),
                columns,
            });
            let destination = [rect.x, rect.y, rect.width, rect.height].map(|v| v as f32);
            queue.write_buffer(&self.uniform, 0, bytemuck::cast_slice(&destination));
            self.frame_dirty = true;
        }
        let (Some(chain), Some(fit)) = (&self.chain, &self.fit) else {
            return;
        };
        if !std::mem::take(&mut self.frame_dirty) {
            return;
        }
        for step in &chain.steps {
            let pipeline = if step.sharpen { &self.sharpen } else { &self.double };
            full_pass(encoder, &step.to.view, pipeline, &step.bind);
        }
        full_pass(encoder, &fit.columns.view, &self.columns, &fit.columns_bind);
    }

    /// Draws the picture into the window's pass.
    pub(super) fn draw(&self, pass: &mut wgpu::RenderPass<'_>) {
        let Some(fit) = &self.fit else { return };
        let r = fit.rect;
        pass.set_viewport(r.x as f32, r.y as f32, r.width as f32, r.height as f32, 0.0, 1.0);
        pass.set_pipeline(&self.rows);
        pass.set_bind_group(0, &fit.rows_bind, &[]);
        pass.draw(0..3, 0..1);
    }
}

fn bind_resample(
    device: &wgpu::Device,
    layout: &wgpu::BindGroupLayout,
    uniform: &wgpu::Buffer,
    source: &Picture,
) -> wgpu::BindGroup {
    device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("resample"),
        layout,
        entries: &[
            wgpu::BindGroupEntry {
                binding: 0,
                resource: wgpu::BindingResource::TextureView(&source.view),
            },
            wgpu::BindGroupEntry {
                binding: 1,
                resource: uniform.as_entire_binding(),
            },
        ],
    })
}

/// How often to double before the cubic takes over: while the picture is at most two thirds of its place.
fn doublings(frame: [u32; 2], rect: Rect) -> usize {
    const MOST: usize = 2;
    let mut width = frame[0];
    let mut n = 0;
    while n < MOST && 3 * width <= 2 * rect.width {
        width *= 2;
        n += 1;
    }
    n
}

/// The doubling passes, and one that sharpens at the end.
fn edge_steps(
    device: &wgpu::Device,
    layout: &wgpu::BindGroupLayout,
    frame: &Picture,
    doublings: usize,
) -> Vec<EdgeStep> {
    let mut steps: Vec<EdgeStep> = Vec::new();
    for i in 0..=doublings {
        let sharpen = i == doublings;
        let from = steps.last().map_or(frame, |step| &step.to);
        let factor = if sharpen { 1 } else { 2 };
        let bind = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("edge"),
            layout,
            entries: &[wgpu::BindGroupEntry {
                binding: 0,
                resource: wgpu::BindingResource::TextureView(&from.view),
            }],
        });
        let to = Picture::new(device, "enlarged", from.size.map(|v| v * factor));
        steps.push(EdgeStep { bind, to, sharpen });
    }
    steps
}

fn pipeline(
    device: &wgpu::Device,
    layout: &wgpu::BindGroupLayout,
    module: &wgpu::ShaderModule,
    entry: &str,
    format: wgpu::TextureFormat,
) -> wgpu::RenderPipeline {
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some(entry),
        bind_group_layouts: &[Some(layout)],
        immediate_size: 0,
    });
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some(entry),
        layout: Some(&layout),
        vertex: wgpu::VertexState {
            module,
            entry_point: Some("vs_main"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: &[],
        },
        primitive: wgpu::PrimitiveState::default(),
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module,
            entry_point: Some(entry),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            targets: &[Some(format.into())],
        }),
        multiview_mask: None,
        cache: None,
    })
}

fn full_pass(
    encoder: &mut wgpu::CommandEncoder,
    target: &wgpu::TextureView,
    pipeline: &wgpu::RenderPipeline,
    bind: &wgpu::BindGroup,
) {
    let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
        label: Some("upscale"),
        color_attachments: &[Some(wgpu::RenderPassColorAttachment {
            view: target,
            depth_slice: None,
            resolve_target: None,
            ops: wgpu::Operations {
                load: wgpu::LoadOp::Clear(wgpu::Color::BLACK),
                store: wgpu::StoreOp::Store,
            },
        })],
        ..Default::default()
    });
    pass.set_pipeline(pipeline);
    pass.set_bind_group(0, bind, &[]);
    pass.draw(0..3, 0..1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_frames_are_doubled_and_large_ones_are_not() {
        let rect = |width| Rect {
            x: 0,
            y: 0,
            width,
            height: 1,
        };
        assert_eq!(doublings([160, 96], rect(1280)), 2);
        assert_eq!(doublings([640, 360], rect(1280)), 1);
        assert_eq!(doublings([1280, 720], rect(1280)), 0);
        assert_eq!(doublings([160, 96], rect(100)), 0);
    }

    /// Draws a frame through the whole chain on whatever adapter there is, and reads it back.
    #[test]
    fn a_flat_frame_stays_its_colour_and_an_edge_stays_put() {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let options = wgpu::RequestAdapterOptions::default();
        let Ok(adapter) = pollster::block_on(instance.request_adapter(&options)) else {
            println!("skipped: no graphics adapter");
            return;
        };
        let (device, queue) = pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor::default())).unwrap();
        let (w, h) = (16, 8);
        let mut rgba = Vec::new();
        for _ in 0..h {
            for x in 0..w {
                rgba.extend(if x < w / 2 {
                    [200, 100, 50, 255]
                } else {
                    [20, 40, 60, 255]
                });
            }
        }
        let mut upscaler = Upscaler::new(&device, FORMAT);
        upscaler.upload(&device, &queue, [w, h], &rgba);
        let rect = Rect {
            x: 0,
            y: 16,
            width: 192,
            height: 96,
        };
        let target = device.create_texture(&wgpu::TextureDescriptor {
            label: None,
            size: wgpu::Extent3d {
                width: 192,
                height: 128,
                depth_or_array_layers: 1,
            },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: FORMAT,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        let view = target.create_view(&wgpu::TextureViewDescriptor::default());
        let mut encoder = device.create_command_encoder(&Default::default());
        upscaler.prepare(&device, &queue, &mut encoder, rect);
        {
            let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
                color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                    view: &view,
                    depth_slice: None,
                    resolve_target: None,
                    ops: wgpu::Operations {
                        load: wgpu::LoadOp::Clear(wgpu::Color::BLACK),
                        store: wgpu::StoreOp::Store,
                    },
                })],
                ..Default::default()
            });
            upscaler.draw(&mut pass);
        }
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: 768 * 128,
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        encoder.copy_texture_to_buffer(
            target.as_image_copy(),
            wgpu::TexelCopyBufferInfo {
                buffer: &buffer,
                layout: wgpu::TexelCopyBufferLayout {
                    offset: 0,
                    bytes_per_row: Some(768),
                    rows_per_image: None,
                },
            },
            target.size(),
        );
        queue.submit([encoder.finish()]);
        buffer.map_async(wgpu::MapMode::Read, .., |r| r.unwrap());
        device.poll(wgpu::PollType::wait_indefinitely()).unwrap();
        let bytes = buffer.get_mapped_range(..).unwrap().to_vec();
        let pixel = |x: usize, y: usize| &bytes[y * 768 + 4 * x..][..3];
        let near = |a: &[u8], b: [u8; 3]| a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= 2);
        assert!(near(pixel(10, 64), [200, 100, 50]), "{:?}", pixel(10, 64));
        assert!(near(pixel(180, 64), [20, 40, 60]), "{:?}", pixel(180, 64));
        assert!(near(pixel(84, 64), [200, 100, 50]), "{:?}", pixel(84, 64));
        assert!(near(pixel(107, 64), [20, 40, 60]), "{:?}", pixel(107, 64));
        assert_eq!(pixel(96, 8), [0, 0, 0], "the bar above is dark");
        assert_eq!(pixel(96, 120), [0, 0, 0], "the bar below is dark");
    }
}
