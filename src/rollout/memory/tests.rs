//! Turning away and back; bounds.

use super::*;
use crate::control::Keys;
use crate::model::aapt::painter::is_due;
use crate::model::aapt::warp::reproject;

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
        stale: vec![],
        drawn: None,
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
        memory.keep(&last, &l, &control);
        let alone = (control.poses).map(|to| reproject(&l, &last, &control.before(), &to, None));
        let before = unknown_at_the_end(&alone);
        let warped = memory.recall(&l, &last, &control, false);
        let after = unknown_at_the_end(&warped);
        assert!(before > 0.1, "a turn shows something new: {before}");
        memory.moved(&control, after);
        pose = control.poses[3].absolute_from(&pose);
        if step < 6 {
            assert!((after - before).abs() < 0.02, "nobody knows it yet: {after}, {before}");
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

/// The ball of [`far_away`] with a wall 2 m away before its right half, and whether each pixel belongs to the wall.
fn behind_a_wall(pose: &CameraPose) -> (RgbDepth, Vec<bool>) {
    let l = lens();
    let mut out = far_away(pose);
    let wall: Vec<bool> = (0..l.width_px * l.height_px).map(|i| i % l.width_px >= 60).collect();
    for (k, _) in out.inverse_depth.iter_mut().zip(&wall).filter(|(_, wall)| **wall) {
        *k = 0.5;
    }
    (out, wall)
}

#[test]
fn far_places_are_the_keyframes_and_near_ones_the_last_pictures() {
    let l = lens();
    let mut memory = Memory::default();
    let start = CameraPose::default();
    let ahead = std::array::from_fn(|i| CameraPose {
        position_m: [0.0, 0.0, -0.2 * (i as f32 + 1.0)],
        ..start
    });
    let control = LatentControl::new(&start, &ahead, Keys(0));
    memory.keep(&behind_a_wall(&start).0, &l, &control);
    memory.moved(&control, 0.0);
    memory.keep(&behind_a_wall(&start).0, &l, &control);
    memory.moved(&control, 0.0);
    let (mut faded, _) = behind_a_wall(&memory.here);
    faded.rgb.iter_mut().for_each(|v| *v = 0.0);
    let [.., end] = memory.recall(&l, &faded, &control, false);
    let truth = far_away(&memory.here);
    let at = |x: usize, y: usize| y * l.width_px + x;
    for (x, y) in [(10, 10), (30, 20), (45, 40)] {
        for c in 0..3 {
            let (seen, truth) = (end.rgb[3 * at(x, y) + c], truth.rgb[3 * at(x, y) + c]);
            assert!((seen - truth).abs() < 0.03, "({x}, {y}): {seen} {truth}");
        }
    }
    for (x, y) in [(90, 10), (85, 45)] {
        assert_eq!(end.rgb[3 * at(x, y)..3 * at(x, y) + 3], [0.0; 3], "({x}, {y})");
    }
}

#[test]
fn near_a_keyframe_its_pixels_stand_and_farther_off_those_of_the_last_picture() {
    let l = lens();
    let mut memory = Memory::default();
    let control = turn(&CameraPose::default(), 0.1);
    let first = far_away(&CameraPose::default());
    memory.keep(&first, &l, &control);
    memory.moved(&control, 0.0);
    // What a walk makes of it fades; the keyframe does not.
    let faded = |pose: &CameraPose| RgbDepth {
        rgb: vec![0.0; first.rgb.len()],
        ..far_away(pose)
    };
    let colour = |memory: &Memory, last: &RgbDepth, control: &LatentControl| {
        let [.., end] = memory.recall(&l, last, control, false);
        let middle = (28 * l.width_px + 40) * 3;
        end.rgb[middle..middle + 3].to_vec()
    };
    let pose = control.poses[3].absolute_from(&CameraPose::default());
    let on = turn(&pose, 0.1);
    let (seen, truth) = (
        colour(&memory, &faded(&pose), &on),
        far_away(&on.poses[3].absolute_from(&pose)),
    );
    let middle = (28 * l.width_px + 40) * 3;
    for (seen, truth) in seen.iter().zip(&truth.rgb[middle..]) {
        assert!((seen - truth).abs() < 0.03, "{seen} {truth}");
    }
    // Seven metres on, the keyframe is too far away to be trusted before the last picture.
    let ahead = std::array::from_fn(|i| CameraPose {
        position_m: [0.0, 0.0, -1.75 * (i as f32 + 1.0)],
        ..CameraPose::default()
    });
    memory.moved(&LatentControl::new(&CameraPose::default(), &ahead, Keys(0)), 0.0);
    let far = memory.here;
    assert_eq!(colour(&memory, &faded(&far), &turn(&far, 0.1)), [0.0; 3]);
}

#[test]
fn who_rests_keeps_the_picture_of_that_moment() {
    let l = lens();
    let mut memory = Memory::default();
    let first = far_away(&CameraPose::default());
    memory.keep(&first, &l, &turn(&CameraPose::default(), 0.1));
    let ahead = std::array::from_fn(|i| CameraPose {
        position_m: [0.0, 0.0, -0.5 * (i as f32 + 1.0)],
        ..CameraPose::default()
    });
    let walked = LatentControl::new(&CameraPose::default(), &ahead, Keys(0));
    memory.moved(&walked, 0.0);
    memory.keep(&first, &l, &walked);
    assert_eq!(memory.keyframes.len(), 1, "two metres are not far");
    let rest = turn(&memory.here, 0.0);
    memory.keep(&first, &l, &rest);
    assert_eq!(memory.keyframes.len(), 2);
    let black = RgbDepth {
        rgb: vec![0.0; first.rgb.len()],
        ..first.clone()
    };
    for _ in 0..60 {
        memory.keep(&black, &l, &rest);
        let [.., end] = memory.recall(&l, &black, &rest, false);
        assert_eq!(codec::to_bytes(&end.rgb), codec::to_bytes(&first.rgb));
        memory.moved(&rest, unknown_share(&end));
    }
    assert_eq!(memory.keyframes.len(), 2, "one is enough");
}

#[test]
fn nothing_is_drawn_again_while_one_rests() {
    let l = lens();
    let mut memory = Memory::default();
    let mut first = far_away(&CameraPose::default());
    // What was never drawn, what is long stale, what is fresh.
    first.stale = (0..first.inverse_depth.len()).map(|i| [NEW, 3.0, 0.1][i % 3]).collect();
    let rest = turn(&CameraPose::default(), 0.0);
    memory.keep(&first, &l, &rest);
    let kept = memory.keyframes[0].picture.picture();
    assert!(kept.stale.iter().zip(&first.stale).all(|(a, b)| (a - b).abs() < 0.04));
    let due = |control: &LatentControl| {
        let [.., end] = memory.recall(&l, &first, control, false);
        let due = end
            .stale
            .iter()
            .zip(&end.valid)
            .filter(|(s, v)| **v > 0.0 && is_due(**s));
        (due.count(), end.stale.contains(&NEW))
    };
    assert_eq!(due(&rest), (0, false));
    // What nobody knows is new.
    assert_eq!(due(&turn(&CameraPose::default(), 0.3)), (0, true));
}

#[test]
fn it_is_bounded_and_keeps_the_first_and_the_latest() {
    let mut memory = Memory::default();
    let picture = far_away(&CameraPose::default());
    for _ in 0..2 * MOST {
        let poses = std::array::from_fn(|i| CameraPose {
            position_m: [0.0, 0.0, -(i as f32 + 1.0)],
            ..CameraPose::default()
        });
        let control = LatentControl::new(&CameraPose::default(), &poses, Keys(0));
        memory.keep(&picture, &lens(), &control);
        memory.moved(&control, 0.0);
    }
    assert_eq!(memory.keyframes.len(), MOST);
    let at_m: Vec<f32> = memory.keyframes.iter().map(|k| -k.pose.position_m[2]).collect();
    let first = (0..LASTING).map(|i| 4.0 * i as f32);
    let latest = (MOST + LASTING..2 * MOST).map(|i| 4.0 * i as f32);
    assert_eq!(at_m, first.chain(latest).collect::<Vec<f32>>());
}

#[test]
fn only_the_first_pictures_depths_get_rims() {
    let l = lens();
    let post = |i: usize| (40..48).contains(&(i % l.width_px));
    let pixels = l.width_px * l.height_px;
    let picture = RgbDepth {
        rgb: vec![0.0; 3 * pixels],
        inverse_depth: (0..pixels).map(|i| if post(i) { 0.25 } else { 0.0 }).collect(),
        stale: vec![],
        drawn: None,
    };
    let mut memory = Memory::default();
    for yaw_rad in [0.0, 1.0, 2.0] {
        let pose = CameraPose {
            yaw_rad,
            ..CameraPose::default()
        };
        let depths = picture.inverse_depth.clone();
        memory.keyframes.push_back(Keyframe {
            pose,
            picture: Arc::new(Kept::new(&picture, &depths)),
        });
    }
    let columns = |keyframe: &Keyframe| {
        let ready = memory.prepared.of(keyframe, &l);
        let row = &ready.picture.inverse_depth[20 * l.width_px..21 * l.width_px];
        row.iter().filter(|k| **k > 0.2).count()
    };
    let found: Vec<usize> = memory.keyframes.iter().map(columns).collect();
    assert!(found[0] > 8 && found[1..] == [8, 8], "{found:?}");
}

#[test]
fn the_skys_colours_are_those_of_the_first_keyframe_for_as_long_as_there_is_one() {
    let l = lens();
    let picture = |colour: f32| RgbDepth {
        rgb: vec![colour; 3 * l.width_px * l.height_px],
        inverse_depth: vec![0.0; l.width_px * l.height_px],
        stale: vec![],
        drawn: None,
    };
    let mut memory = Memory::default();
    assert!(memory.sky(&l).is_none());
    let pose = CameraPose::default();
    for i in 0..MOST + 4 {
        let control = LatentControl::new(&pose, &[pose; FRAMES_PER_LATENT], Keys(0));
        // The first is light, all others are dark.
        memory.keep(&picture(if i == 0 { 0.7 } else { -0.7 }), &l, &control);
        memory.new_share = NEW_SHARE;
    }
    assert_eq!(memory.keyframes.len(), MOST);
    for memory in [&memory, &memory.clone()] {
        let sky = memory.sky(&l).expect("it is all sky");
        assert!(sky.has(&[0.7; 3]) && !sky.has(&[-0.7; 3]));
    }
    memory.forget();
    assert!(memory.sky(&l).is_none());
}
