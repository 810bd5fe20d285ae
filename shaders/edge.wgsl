// Doubles a picture along its edges, then a second entry point sharpens it. Works on gamma-encoded colours, where a
// step of brightness looks the same in the dark and in the light.
//
// After AMD FidelityFX Super Resolution 1 (EASU and RCAS, MIT licence): twelve texels around the point vote for the
// direction of the local edge, and a small Lanczos-like kernel is turned and stretched along it, so that slanted edges
// come out as lines and not as stairs.

@group(0) @binding(0) var source: texture_2d<f32>;

@vertex
fn vs_main(@builtin(vertex_index) index: u32) -> @builtin(position) vec4<f32> {
    // One triangle that covers the target.
    let corner = vec2<f32>(f32((index << 1u) & 2u), f32(index & 2u));
    return vec4<f32>(corner * 2.0 - 1.0, 0.0, 1.0);
}

fn texel(at: vec2<i32>, last: vec2<i32>) -> vec3<f32> {
    return textureLoad(source, clamp(at, vec2<i32>(0), last), 0).rgb;
}

fn brightness(c: vec3<f32>) -> f32 {
    return c.g + 0.5 * (c.r + c.b);
}

// Adds one corner's vote on the edge: xy is the direction across it, z how sure the corner is.
fn vote(weight: f32, above: f32, left: f32, here: f32, right: f32, below: f32) -> vec3<f32> {
    let across = right - left;
    let down = below - above;
    let most_across = max(abs(right - here), abs(here - left));
    let most_down = max(abs(below - here), abs(here - above));
    var sure_across = clamp(abs(across) / max(most_across, 1e-5), 0.0, 1.0);
    var sure_down = clamp(abs(down) / max(most_down, 1e-5), 0.0, 1.0);
    sure_across = sure_across * sure_across;
    sure_down = sure_down * sure_down;
    return weight * vec3<f32>(across, down, sure_across + sure_down);
}

struct Kernel {
    direction: vec2<f32>,
    stretch: vec2<f32>,
    lobe: f32,
    clip: f32,
}

fn tap(k: Kernel, offset: vec2<f32>, colour: vec3<f32>) -> vec4<f32> {
    let turned = vec2<f32>(
        dot(offset, k.direction),
        dot(offset, vec2<f32>(-k.direction.y, k.direction.x)),
    ) * k.stretch;
    let d2 = min(dot(turned, turned), k.clip);
    var window = 0.4 * d2 - 1.0;
    var base = k.lobe * d2 - 1.0;
    window = 1.5625 * window * window - 0.5625;
    base = base * base;
    let weight = window * base;
    return vec4<f32>(colour * weight, weight);
}

@fragment
fn fs_double(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    let last = vec2<i32>(textureDimensions(source)) - 1;
    let point = position.xy * 0.5 - 0.5;
    let base = floor(point);
    let f = point - base;
    let p = vec2<i32>(base);

    let t10 = texel(p + vec2<i32>(0, -1), last);
    let t20 = texel(p + vec2<i32>(1, -1), last);
    let t01 = texel(p + vec2<i32>(-1, 0), last);
    let t11 = texel(p, last);
    let t21 = texel(p + vec2<i32>(1, 0), last);
    let t31 = texel(p + vec2<i32>(2, 0), last);
    let t02 = texel(p + vec2<i32>(-1, 1), last);
    let t12 = texel(p + vec2<i32>(0, 1), last);
    let t22 = texel(p + vec2<i32>(1, 1), last);
    let t32 = texel(p + vec2<i32>(2, 1), last);
    let t13 = texel(p + vec2<i32>(0, 2), last);
    let t23 = texel(p + vec2<i32>(1, 2), last);

    let l11 = brightness(t11);
    let l21 = brightness(t21);
    let l12 = brightness(t12);
    let l22 = brightness(t22);
    let votes = vote((1.0 - f.x) * (1.0 - f.y), brightness(t10), brightness(t01), l11, l21, l12)
        + vote(f.x * (1.0 - f.y), brightness(t20), l11, l21, brightness(t31), l22)
        + vote((1.0 - f.x) * f.y, l11, brightness(t02), l12, l22, brightness(t13))
        + vote(f.x * f.y, l21, l12, l22, brightness(t32), brightness(t23));

    var k: Kernel;
    let d2 = dot(votes.xy, votes.xy);
    k.direction = select(votes.xy * inverseSqrt(max(d2, 1e-9)), vec2<f32>(1.0, 0.0), d2 < 1.0 / 32768.0);
    var sure = 0.5 * votes.z;
    sure = sure * sure;
    let diagonal = 1.0 / max(abs(k.direction.x), abs(k.direction.y));
    k.stretch = vec2<f32>(1.0 + (diagonal - 1.0) * sure, 1.0 - 0.5 * sure);
    k.lobe = 0.5 - 0.29 * sure;
    k.clip = 1.0 / k.lobe;

    let sum = tap(k, vec2<f32>(0.0, -1.0) - f, t10)
        + tap(k, vec2<f32>(1.0, -1.0) - f, t20)
        + tap(k, vec2<f32>(-1.0, 0.0) - f, t01)
        + tap(k, vec2<f32>(0.0, 0.0) - f, t11)
        + tap(k, vec2<f32>(1.0, 0.0) - f, t21)
        + tap(k, vec2<f32>(2.0, 0.0) - f, t31)
        + tap(k, vec2<f32>(-1.0, 1.0) - f, t02)
        + tap(k, vec2<f32>(0.0, 1.0) - f, t12)
        + tap(k, vec2<f32>(1.0, 1.0) - f, t22)
        + tap(k, vec2<f32>(2.0, 1.0) - f, t32)
        + tap(k, vec2<f32>(0.0, 2.0) - f, t13)
        + tap(k, vec2<f32>(1.0, 2.0) - f, t23);
    // No ringing: the result stays between the four texels around the point.
    let low = min(min(t11, t21), min(t12, t22));
    let high = max(max(t11, t21), max(t12, t22));
    return vec4<f32>(clamp(sum.rgb / sum.a, low, high), 1.0);
}

// Strength of the sharpening, 0 (none) to 1.
const SHARPNESS: f32 = 0.5;

@fragment
fn fs_sharpen(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    let last = vec2<i32>(textureDimensions(source)) - 1;
    let p = vec2<i32>(position.xy);
    let here = texel(p, last);
    let up = texel(p + vec2<i32>(0, -1), last);
    let left = texel(p + vec2<i32>(-1, 0), last);
    let right = texel(p + vec2<i32>(1, 0), last);
    let down = texel(p + vec2<i32>(0, 1), last);
    let low = min(min(min(up, left), min(right, down)), here);
    let high = max(max(max(up, left), max(right, down)), here);
    // As much as possible without leaving 0..1, the neighbours deciding.
    let room_low = low / max(4.0 * high, vec3<f32>(1e-4));
    let room_high = (1.0 - high) / min(4.0 * low - 4.0, vec3<f32>(-1e-4));
    let room = max(-room_low, room_high);
    let lobe = clamp(max(room.r, max(room.g, room.b)), -0.1875, 0.0) * SHARPNESS;
    let colour = (lobe * (up + left + right + down) + here) / (4.0 * lobe + 1.0);
    return vec4<f32>(colour, 1.0);
}
