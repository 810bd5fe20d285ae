//! People at the keys: they hold keys for a while, flick and pan the mouse, stop, look around, and never walk through
//! things. Also plain scripted walks for measurements.

use super::noise::Rng;
use super::terrain::SIZE_M;
use super::world::World;
use crate::control::{CameraPose, Keys, WalkInput, Walker};

/// How somebody walks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Like a player: bursts of keys, mouse flicks, stops.
    Person,
    /// Forward with gentle curves.
    Walk,
    /// Fast turns, standing or walking.
    Turn,
    /// Standing and looking around.
    Look,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Person, Self::Walk, Self::Turn, Self::Look];

    /// Its name in options and reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Walk => "walk",
            Self::Turn => "turn",
            Self::Look => "look",
        }
    }
}

/// A video frame of a walk: where its camera is, and what the hands did to bring it there from the one before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// The camera.
    pub pose: CameraPose,
    /// Keys held.
    pub keys: Keys,
    /// These, and the mouse.
    pub input: WalkInput,
}

/// `frames` video frames at `fps`; a function of world, kind and seed. In the first one the hands rest.
pub fn paces(world: &World, kind: Kind, seed: u64, frames: usize, fps: f32) -> Vec<Pace> {
    let mut rng = Rng::new(seed, 0x7761_6c6b ^ kind as u64);
    let mut walker = Walker::at(spawn(world, &mut rng));
    let mut hands = Hands::new(kind);
    let dt_secs = 1.0 / fps;
    (0..frames)
        .map(|frame| {
            let mut pace = Pace {
                pose: walker.pose,
                keys: Keys::default(),
                input: WalkInput::default(),
            };
            if frame > 0 {
                (pace.keys, pace.input) = hands.act(world, &walker.pose, &mut rng, dt_secs);
                pace.pose = step(world, &mut walker, &pace.input, dt_secs);
            }
            pace
        })
        .collect()
}

/// Poses of `frames` video frames at `fps`, and the keys held before each: [`paces`] without the mouse.
pub fn trajectory(world: &World, kind: Kind, seed: u64, frames: usize, fps: f32) -> Vec<(CameraPose, Keys)> {
    let paces = paces(world, kind, seed, frames, fps);
    paces.into_iter().map(|pace| (pace.pose, pace.keys)).collect()
}

/// Walks one video frame over the world's ground and round its obstacles.
pub fn step(world: &World, walker: &mut Walker, input: &WalkInput, dt_secs: f32) -> CameraPose {
    let before = walker.pose;
    walker.advance(input, dt_secs);
    let [x0, _, z0] = before.position_m;
    let [x, _, z] = walker.pose.position_m;
    let longest = Walker::RUN_M_S * dt_secs;
    // Round an obstacle if it lets, along one axis if that is free, else stand.
    let tries = [push_out(world, x, z), (x, z0), (x0, z), (x0, z0)];
    let (x, z) = tries
        .into_iter()
        .find(|&(x, z)| {
            let (dx, dz) = (x - x0, z - z0);
            dx * dx + dz * dz <= longest * longest * 1.0001 && !blocked(world, x, z)
        })
        .unwrap_or((x0, z0));
    walker.pose.position_m = [x, eye_height_m(world, x, z), z];
    walker.pose
}

fn eye_height_m(world: &World, x: f32, z: f32) -> f32 {
    // The mean over a pace or so: legs even out what is small.
    let mut sum = 2.0 * world.terrain.height_m(x, z);
    for (dx, dz) in [
        (0.8, 0.0),
        (-0.8, 0.0),
        (0.0, 0.8),
        (0.0, -0.8),
        (0.6, 0.6),
        (-0.6, 0.6),
        (0.6, -0.6),
        (-0.6, -0.6),
    ] {
        sum += world.terrain.height_m(x + dx, z + dz);
    }
    (sum * 0.1).max(world.terrain.water_m - 0.4) + Walker::EYE_HEIGHT_M
}

/// Whether a walker may not stand at (x, z): inside something, in deep water or on a cliff.
pub fn blocked(world: &World, x: f32, z: f32) -> bool {
    world.terrain.height_m(x, z) < world.terrain.water_m - 0.35
        || world.grid.near(x, z).any(|(o, dx, dz)| {
            let r = world.flora.objects[o as usize].solid_m;
            dx * dx + dz * dz < r * r
        })
}

fn push_out(world: &World, mut x: f32, mut z: f32) -> (f32, f32) {
    for _ in 0..3 {
        let Some((dx, dz, r)) = world.grid.near(x, z).find_map(|(o, dx, dz)| {
            let r = world.flora.objects[o as usize].solid_m;
            (dx * dx + dz * dz < r * r).then_some((dx, dz, r))
        }) else {
            break;
        };
        let d = (dx * dx + dz * dz).sqrt().max(1e-4);
        let out = (r * 1.001 + 0.002 - d) / d;
        x -= dx * out;
        z -= dz * out;
    }
    (x, z)
}

/// A free place with some room ahead.
fn spawn(world: &World, rng: &mut Rng) -> CameraPose {
    let mut pose = CameraPose::default();
    for attempt in 0..4000 {
        let (x, z) = (rng.range(0.0, SIZE_M), rng.range(0.0, SIZE_M));
        let yaw_rad = rng.range(-std::f32::consts::PI, std::f32::consts::PI);
        pose = CameraPose {
            position_m: [x, eye_height_m(world, x, z), z],
            yaw_rad,
            pitch_rad: rng.range(-0.08, 0.06),
        };
        // Interesting places first: by a path, a hut or a shore.
        let wanted = if attempt < 60 { 0.25 } else { -1.0 };
        let level = world.terrain.normal(x, z, 2.0).y > 0.93;
        let dry = world.terrain.height_m(x, z) > world.terrain.water_m;
        if level && dry && !blocked(world, x, z) && room_m(world, &pose, 0.0) > 9.0 && interest(world, &pose) > wanted {
            break;
        }
    }
    pose
}

fn interest(world: &World, pose: &CameraPose) -> f32 {
    let [x, _, z] = pose.position_m;
    let (s, c) = (libm::sinf(pose.yaw_rad), libm::cosf(pose.yaw_rad));
    let mut score = 0.0f32;
    if world.terrain.path_distance_m(x, z) < 5.0 {
        score += 0.5;
    }
    for k in 1..=6 {
        let (ax, az) = (x + s * 8.0 * k as f32, z - c * 8.0 * k as f32);
        if world.terrain.height_m(ax, az) < world.terrain.water_m {
            score += 0.2;
        }
        score += 0.06 * world.grid.near(ax, az).count() as f32;
    }
    score
}

/// How far one can walk from `pose`, `turn_rad` off its heading; up to 12 m.
fn room_m(world: &World, pose: &CameraPose, turn_rad: f32) -> f32 {
    let a = pose.yaw_rad + turn_rad;
    let (s, c) = (libm::sinf(a), libm::cosf(a));
    let mut free = 0.0;
    while free < 12.0 {
        free += 0.6;
        let (x, z) = (pose.position_m[0] + s * free, pose.position_m[2] - c * free);
        if blocked(world, x, z) {
            break;
        }
    }
    free
}

/// The hands' plan: which keys until when, and what the mouse does.
struct Hands {
    kind: Kind,
    keys: Keys,
    keys_left_secs: f32,
    /// Mouse turning now (rad/s), and for how long.
    pan_rad_s: f32,
    pan_left_secs: f32,
    pitch_goal_rad: f32,
    pitch_left_secs: f32,
    /// Going round something: which way.
    detour: f32,
}

impl Hands {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            keys: Keys::default(),
            keys_left_secs: 0.0,
            pan_rad_s: 0.0,
            pan_left_secs: 0.0,
            pitch_goal_rad: 0.0,
            pitch_left_secs: 0.0,
            detour: 0.0,
        }
    }

    fn act(&mut self, world: &World, pose: &CameraPose, rng: &mut Rng, dt_secs: f32) -> (Keys, WalkInput) {
        self.keys_left_secs -= dt_secs;
        self.pan_left_secs -= dt_secs;
        self.pitch_left_secs -= dt_secs;
        if self.keys_left_secs <= 0.0 {
            self.choose_keys(rng);
        }
        if self.pan_left_secs <= 0.0 {
            self.choose_pan(rng);
        }
        if self.pitch_left_secs <= 0.0 {
            self.choose_pitch(rng);
        }
        let mut yaw_rad = self.pan_rad_s * dt_secs;
        if self.keys.has(Keys::FORWARD) {
            yaw_rad += self.steer(world, pose, dt_secs);
        }
        let mut input = WalkInput::from_keys(self.keys);
        input.mouse_yaw_rad = yaw_rad;
        let lean = (self.pitch_goal_rad - pose.pitch_rad) * (3.0 * dt_secs).min(1.0);
        input.mouse_pitch_rad = lean.clamp(-0.9 * dt_secs, 0.9 * dt_secs);
        (self.keys, input)
    }

    /// Extra turning away from what is ahead.
    fn steer(&mut self, world: &World, pose: &CameraPose, dt_secs: f32) -> f32 {
        let ahead = room_m(world, pose, 0.0);
        if ahead > 5.0 {
            self.detour = 0.0;
            return 0.0;
        }
        if self.detour == 0.0 {
            let (left, right) = (room_m(world, pose, -0.7), room_m(world, pose, 0.7));
            self.detour = if right >= left { 1.0 } else { -1.0 };
        }
        self.detour * dt_secs * (0.5 + 1.3 * (1.0 - ahead / 5.0))
    }

    fn choose_keys(&mut self, rng: &mut Rng) {
        let roll = rng.unit();
        let none = Keys::default();
        let (keys, secs) = match self.kind {
            Kind::Walk => (Keys::FORWARD, 60.0),
            Kind::Look => (none, 60.0),
            Kind::Turn if roll < 0.5 => (Keys::FORWARD, rng.range(1.0, 3.0)),
            Kind::Turn => (none, rng.range(1.0, 2.5)),
            Kind::Person if roll < 0.42 => (Keys::FORWARD, rng.range(0.8, 4.0)),
            Kind::Person if roll < 0.60 => (Keys::FORWARD.with(Keys::RUN), rng.range(0.8, 3.0)),
            Kind::Person if roll < 0.68 => {
                let side = if rng.chance(0.5) { Keys::LEFT } else { Keys::RIGHT };
                (Keys::FORWARD.with(side), rng.range(0.3, 1.4))
            }
            Kind::Person if roll < 0.77 => {
                let side = if rng.chance(0.5) { Keys::LEFT } else { Keys::RIGHT };
                (side, rng.range(0.3, 1.5))
            }
            Kind::Person if roll < 0.84 => (Keys::BACK, rng.range(0.3, 1.4)),
            Kind::Person if roll < 0.89 => {
                let side = if rng.chance(0.5) {
                    Keys::TURN_LEFT
                } else {
                    Keys::TURN_RIGHT
                };
                let walk = if rng.chance(0.5) { Keys::FORWARD } else { none };
                (walk.with(side), rng.range(0.3, 1.3))
            }
            Kind::Person => (none, rng.range(0.4, 2.0)),
        };
        (self.keys, self.keys_left_secs) = (keys, secs);
    }

    fn choose_pan(&mut self, rng: &mut Rng) {
        let side = if rng.chance(0.5) { 1.0 } else { -1.0 };
        let roll = rng.unit();
        let (rate, secs) = match self.kind {
            Kind::Walk => (rng.range(0.0, 0.22), rng.range(0.8, 2.5)),
            Kind::Turn => (rng.range(0.9, 1.57), rng.range(1.0, 2.5)),
            Kind::Look => (rng.range(0.2, 0.7), rng.range(0.6, 1.8)),
            // Still, a slow pan, a purposeful turn, a flick.
            Kind::Person if roll < 0.38 => (0.0, rng.range(0.3, 1.6)),
            Kind::Person if roll < 0.72 => (rng.range(0.05, 0.45), rng.range(0.5, 2.0)),
            Kind::Person if roll < 0.90 => (rng.range(0.5, 1.2), rng.range(0.3, 1.2)),
            Kind::Person => (rng.range(1.3, 2.2), rng.range(0.12, 0.45)),
        };
        (self.pan_rad_s, self.pan_left_secs) = (side * rate, secs);
    }

    fn choose_pitch(&mut self, rng: &mut Rng) {
        let roll = rng.unit();
        let (goal, secs) = match self.kind {
            Kind::Walk | Kind::Turn => (rng.range(-0.08, 0.05), rng.range(1.5, 4.0)),
            Kind::Look => (rng.range(-0.3, 0.3), rng.range(0.8, 2.0)),
            Kind::Person if roll < 0.72 => (rng.range(-0.12, 0.07), rng.range(0.8, 3.0)),
            Kind::Person => (rng.range(-0.45, 0.4), rng.range(0.5, 1.5)),
        };
        (self.pitch_goal_rad, self.pitch_left_secs) = (goal, secs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FPS: f32 = 24.0;

    #[test]
    fn walkers_stay_out_of_things_and_within_their_limits() {
        let (mut moved_m, mut turned_rad) = (0.0, 0.0);
        for seed in 0..12 {
            let world = World::new(seed, None);
            for kind in Kind::ALL {
                let walk = trajectory(&world, kind, seed * 7 + 1, 240, FPS);
                for pair in walk.windows(2) {
                    let (a, b) = (pair[0].0, pair[1].0);
                    let [x, y, z] = b.position_m;
                    assert!(!blocked(&world, x, z), "seed {seed} {kind:?}: inside something");
                    let above = y - world.terrain.height_m(x, z).max(world.terrain.water_m - 0.4);
                    assert!(
                        (above - 1.7).abs() < 0.45,
                        "seed {seed} {kind:?}: {above} m above ground"
                    );
                    let (dx, dz) = (x - a.position_m[0], z - a.position_m[2]);
                    let step = (dx * dx + dz * dz).sqrt();
                    assert!(step <= Walker::RUN_M_S / FPS * 1.001, "{step} m in a frame");
                    let turn = b.relative_to(&a).yaw_rad.abs();
                    assert!(turn <= Walker::MAX_TURN_RAD_S / FPS * 1.001, "{turn} rad in a frame");
                    assert!(b.pitch_rad.abs() <= Walker::MAX_PITCH_RAD);
                    moved_m += step;
                    turned_rad += turn;
                }
            }
        }
        // They do move: at least 0.7 m/s and 10 degrees a second over all kinds.
        let secs = 12.0 * 4.0 * 239.0 / FPS;
        assert!(moved_m / secs > 0.7, "{} m/s", moved_m / secs);
        assert!(turned_rad / secs > 0.17, "{} rad/s", turned_rad / secs);
    }

    #[test]
    fn the_eye_is_not_inside_a_crown_or_a_hut() {
        for seed in 0..12 {
            let world = World::new(seed, None);
            for (pose, _) in trajectory(&world, Kind::Person, seed, 240, FPS) {
                let [x, y, z] = pose.position_m;
                for (o, dx, dz) in world.grid.near(x, z) {
                    let o = &world.flora.objects[o as usize];
                    for s in &world.flora.shapes[o.first as usize..(o.first + o.count) as usize] {
                        assert!(!s.form.holds(-dx, y, -dz), "seed {seed}: eye inside {:?}", s.material);
                    }
                }
            }
        }
    }

    #[test]
    fn the_hands_lead_along_the_poses_where_nothing_is_in_the_way() {
        let world = World::new(3, None);
        let paces = paces(&world, Kind::Person, 11, 240, FPS);
        assert_eq!(paces[0].input, WalkInput::default());
        let mut walker = Walker::at(paces[0].pose);
        let mut led_round = 0;
        for pace in &paces[1..] {
            let mut alone = walker;
            let pose = alone.advance(&pace.input, 1.0 / FPS);
            step(&world, &mut walker, &pace.input, 1.0 / FPS);
            assert_eq!(walker.pose, pace.pose);
            assert_eq!((pose.yaw_rad, pose.pitch_rad), (pace.pose.yaw_rad, pace.pose.pitch_rad));
            // But for the ground's height.
            let [x, _, z] = pace.pose.position_m;
            led_round += usize::from((pose.position_m[0], pose.position_m[2]) != (x, z));
        }
        assert!(led_round < 24, "{led_round} frames");
    }

    #[test]
    fn scripted_walks_do_what_they_say() {
        let world = World::new(3, None);
        let look = trajectory(&world, Kind::Look, 5, 120, FPS);
        assert_eq!(look[0].0.position_m, look[119].0.position_m);
        let turn = trajectory(&world, Kind::Turn, 5, 240, FPS);
        let turned: f32 = turn.windows(2).map(|p| p[1].0.relative_to(&p[0].0).yaw_rad.abs()).sum();
        assert!(turned / 10.0 > 0.7, "{turned} rad in 10 s");
        let walk = trajectory(&world, Kind::Walk, 5, 240, FPS);
        assert!(walk[200].1.has(Keys::FORWARD));
        assert_eq!(walk, trajectory(&world, Kind::Walk, 5, 240, FPS));
    }
}
