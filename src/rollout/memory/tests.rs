//! Turning away and back; bounds.

use super::*;
use crate::control::Keys;

fn lens() -> Lens {
    Lens {
        width_px: 96,
        height_px: 56,
        fov_x_rad: 1.3,
    }
}

/// A ball of colours round the origin, far away, seen by a camera there.
fn far_away(pose: &CameraPose) -> RgbDepth {
    let l = lens();
    let (f, r) = (l.focal_px(), pose.world_from_camera());
    let mut out = RgbDepth {
        rgb: vec![],
        inverse_depth: vec![0.0; l.width_px * l.height_px],
    };
    for y in 0..l.height_px {
        for x in 0..l.width_px {
            let d = [(x as f32 + 0.5 - 48.0) / f, (28.0 - y as f32 - 0.5) / f, -1.0];
            let n = d.iter().map(|v| v * v).sum::<f32>().sqrt();
            let world: [f32; 3] = std::array::from_fn(|i| (0..3).map(|j| r[i][j] * d[j]).sum::<f32>() / n);
            out.rgb.extend(world.map(|v| 0.8 * (3.0 * v).sin()));
        }
    }
    out
}

fn turn(from: &CameraPose, by_rad: f32) -> LatentControl {
    let poses = std::array::from_fn(|i| CameraPose {
        yaw_rad: from.yaw_rad + by_rad * (i + 1) as f32 / 4.0,
        ..*from
    });
    LatentControl::new(from, &poses, Keys(0))
}

#[test]
fn who_turns_away_and_back_sees_what_was_there() {
    let l = lens();
    let mut memory = Memory::default();
    let mut pose = CameraPose::default();
    let back: Vec<f32> = [0.25; 6].into_iter().chain([-0.25; 6]).collect();
    for (step, by_rad) in back.into_iter().enumerate() {
        let control = turn(&pose, by_rad);
        let last = far_away(&pose);
        memory.keep(&last, &control);
        let mut warped = control
            .poses
            .map(|to| reproject(&l, &last, &control.before(), &to, None));
        let before = unknown_at_the_end(&warped);
        memory.complete(&l, &control, &mut warped);
        let after = unknown_at_the_end(&warped);
        assert!(before > 0.1, "a turn shows something new: {before}");
        memory.moved(&control, after);
        pose = control.poses[3].absolute_from(&pose);
        if step < 6 {
            assert_eq!(after, before, "nobody knows it yet");
        } else {
            assert!(after < 0.02, "step {step}: {after} unknown");
            let truth = far_away(&pose);
            for (i, valid) in warped[3].valid.iter().enumerate() {
                for c in 0..3 {
                    let error = (warped[3].rgb[3 * i + c] - truth.rgb[3 * i + c]).abs();
                    assert!(*valid == 0.0 || error < 0.03, "step {step}, pixel {i}: {error}");
                }
            }
        }
    }
    let kept = memory.keyframes.len();
    assert!((3..=6).contains(&kept), "{kept}");
    assert!((memory.here.yaw_rad).abs() < 1e-5);
}

#[test]
fn it_is_bounded_and_forgets_the_oldest() {
    let mut memory = Memory::default();
    let picture = far_away(&CameraPose::default());
    for _ in 0..2 * MOST {
        let poses = std::array::from_fn(|i| CameraPose {
            position_m: [0.0, 0.0, -(i as f32 + 1.0)],
            ..CameraPose::default()
        });
        let control = LatentControl::new(&CameraPose::default(), &poses, Keys(0));
        memory.keep(&picture, &control);
        memory.moved(&control, 0.0);
    }
    assert_eq!(memory.keyframes.len(), MOST);
    let oldest = memory.keyframes[0].pose.position_m[2];
    assert_eq!(oldest, -4.0 * MOST as f32);
}
