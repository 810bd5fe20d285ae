// Scales a picture to any size with the Catmull-Rom cubic, columns and rows in a pass of their own: eight texels a pixel
// instead of sixteen, and the first pass works on few rows. Shrinking widens the kernel. Colours stay gamma-encoded.

struct Target {
    // First pixel of the picture inside the target (the rest is letterbox).
    origin_px: vec2<f32>,
    size_px: vec2<f32>,
}

@group(0) @binding(0) var source: texture_2d<f32>;
@group(0) @binding(1) var<uniform> destination: Target;

@vertex
fn vs_main(@builtin(vertex_index) index: u32) -> @builtin(position) vec4<f32> {
    // One triangle that covers the viewport.
    let corner = vec2<f32>(f32((index << 1u) & 2u), f32(index & 2u));
    return vec4<f32>(corner * 2.0 - 1.0, 0.0, 1.0);
}

fn catmull_rom(x: f32) -> f32 {
    let t = abs(x);
    if t < 1.0 {
        return (1.5 * t - 2.5) * t * t + 1.0;
    }
    if t < 2.0 {
        return ((-0.5 * t + 2.5) * t - 4.0) * t + 2.0;
    }
    return 0.0;
}

fn line_texel(i: i32, last: i32, fixed: i32, horizontal: bool) -> vec3<f32> {
    let j = clamp(i, 0, last);
    return textureLoad(source, select(vec2<i32>(fixed, j), vec2<i32>(j, fixed), horizontal), 0).rgb;
}

// One line of the source (column or row `fixed`), seen at `at` of `size` destination pixels.
fn along(at: f32, size: f32, fixed: i32, horizontal: bool) -> vec3<f32> {
    let dims = vec2<i32>(textureDimensions(source));
    let length = select(dims.y, dims.x, horizontal);
    let ratio = f32(length) / size;
    let centre = at * ratio - 0.5;
    if ratio <= 1.0 {
        // Four texels, written out: a loop costs a software driver three times as much.
        let base = floor(centre);
        let t = centre - base;
        let i = i32(base);
        let w0 = ((-0.5 * t + 1.0) * t - 0.5) * t;
        let w1 = (1.5 * t - 2.5) * t * t + 1.0;
        let w2 = ((-1.5 * t + 2.0) * t + 0.5) * t;
        let w3 = (0.5 * t - 0.5) * t * t;
        let sum = w0 * line_texel(i - 1, length - 1, fixed, horizontal)
            + w1 * line_texel(i, length - 1, fixed, horizontal)
            + w2 * line_texel(i + 1, length - 1, fixed, horizontal)
            + w3 * line_texel(i + 2, length - 1, fixed, horizontal);
        return clamp(sum, vec3<f32>(0.0), vec3<f32>(1.0));
    }
    let first = i32(ceil(centre - 2.0 * ratio));
    let end = i32(floor(centre + 2.0 * ratio));
    var sum = vec3<f32>(0.0);
    var weights = 0.0;
    for (var i = first; i <= end; i++) {
        let weight = catmull_rom((f32(i) - centre) / ratio);
        sum += weight * line_texel(i, length - 1, fixed, horizontal);
        weights += weight;
    }
    return clamp(sum / weights, vec3<f32>(0.0), vec3<f32>(1.0));
}

@fragment
fn fs_columns(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    return vec4<f32>(along(position.x, destination.size_px.x, i32(position.y), true), 1.0);
}

fn rows(position: vec4<f32>) -> vec3<f32> {
    let at = position.xy - destination.origin_px;
    return along(at.y, destination.size_px.y, i32(at.x), false);
}

// For targets that store what is written.
@fragment
fn fs_rows(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    return vec4<f32>(rows(position), 1.0);
}

// For targets that encode linear light by themselves (formats ending in Srgb).
@fragment
fn fs_rows_linear(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    let c = rows(position);
    let low = c / 12.92;
    let high = pow((c + 0.055) / 1.055, vec3<f32>(2.4));
    return vec4<f32>(select(high, low, c <= vec3<f32>(0.04045)), 1.0);
}
