// The interface's triangles. Kept as plain as can be: on a software driver every instruction is paid for each pixel,
// and such drivers run both sides of every branch.

struct Screen {
    size_points: vec2<f32>,
    unused: vec2<f32>,
}

@group(0) @binding(0) var<uniform> screen: Screen;
@group(1) @binding(0) var image: texture_2d<f32>;
@group(1) @binding(1) var image_sampler: sampler;

struct Corner {
    @builtin(position) position: vec4<f32>,
    @location(0) uv: vec2<f32>,
    // Gamma-encoded, alpha multiplied in.
    @location(1) colour: vec4<f32>,
}

@vertex
fn vs_main(
    @location(0) at_points: vec2<f32>,
    @location(1) uv: vec2<f32>,
    @location(2) colour: vec4<f32>,
) -> Corner {
    let at = 2.0 * at_points / screen.size_points - 1.0;
    return Corner(vec4<f32>(at.x, -at.y, 0.0, 1.0), uv, colour);
}

@fragment
fn fs_main(corner: Corner) -> @location(0) vec4<f32> {
    return corner.colour * textureSample(image, image_sampler, corner.uv);
}

// For targets that encode linear light by themselves (formats ending in Srgb).
@fragment
fn fs_main_linear(corner: Corner) -> @location(0) vec4<f32> {
    let c = corner.colour * textureSample(image, image_sampler, corner.uv);
    let low = c.rgb / 12.92;
    let high = pow((c.rgb + 0.055) / 1.055, vec3<f32>(2.4));
    return vec4<f32>(select(high, low, c.rgb <= vec3<f32>(0.04045)), c.a);
}
