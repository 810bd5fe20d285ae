//! A walker: keys and mouse in, camera poses out. The player and the synthetic walkers share it, so that what a
//! network was trained on is what the keys do. Speeds follow keys with a lag, as legs do; how long, and how
//! fast, is said by the camera's [`Feel`].

use super::camera::wrap_rad;
use super::footing::Footing;
use super::{CameraPose, Feel};

/// Keys held, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Keys(pub u16);

impl Keys {
    /// Walk forward.
    pub const FORWARD: Self = Self(1);
    /// Walk backward.
    pub const BACK: Self = Self(1 << 1);
    /// Step left.
    pub const LEFT: Self = Self(1 << 2);
    /// Step right.
    pub const RIGHT: Self = Self(1 << 3);
    /// Run.
    pub const RUN: Self = Self(1 << 4);
    /// Turn left by key.
    pub const TURN_LEFT: Self = Self(1 << 5);
    /// Turn right by key.
    pub const TURN_RIGHT: Self = Self(1 << 6);
    /// Look up by key.
    pub const LOOK_UP: Self = Self(1 << 7);
    /// Look down by key.
    pub const LOOK_DOWN: Self = Self(1 << 8);

    /// Names of the keys in files, in the order of their bits.
    const NAMES: [(&str, Self); 9] = [
        ("forward", Self::FORWARD),
        ("back", Self::BACK),
        ("left", Self::LEFT),
        ("right", Self::RIGHT),
        ("run", Self::RUN),
        ("turn_left", Self::TURN_LEFT),
        ("turn_right", Self::TURN_RIGHT),
        ("look_up", Self::LOOK_UP),
        ("look_down", Self::LOOK_DOWN),
    ];

    /// The key of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(n, _)| *n == name).map(|(_, key)| *key)
    }

    /// Names of the keys that are set.
    pub fn names(self) -> Vec<&'static str> {
        let set = Self::NAMES.iter().filter(|(_, key)| self.has(*key));
        set.map(|(name, _)| *name).collect()
    }

    /// Whether every bit of `other` is set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both sets of keys.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What the hands ask for during one video frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WalkInput {
    /// Forward (+1) to backward (-1).
    pub forward: f32,
    /// Right (+1) to left (-1).
    pub strafe: f32,
    /// Run instead of walk.
    pub run: bool,
    /// Turning asked of the right stick or keys, right positive, as a share of the fastest turn of its feel.
    pub turn: f32,
    /// Looking up asked of the right stick or keys, as a share of the fastest of its feel.
    pub look: f32,
    /// Mouse turning to be spent, right positive; what the turn limit leaves over is kept for the next frames.
    pub mouse_yaw_rad: f32,
    /// Mouse looking up to be spent.
    pub mouse_pitch_rad: f32,
    /// How the camera answers to all of it.
    pub feel: Feel,
}

impl WalkInput {
    /// The input of a set of keys alone.
    pub fn from_keys(keys: Keys) -> Self {
        let axis = |plus, minus| f32::from(u8::from(keys.has(plus))) - f32::from(u8::from(keys.has(minus)));
        Self {
            forward: axis(Keys::FORWARD, Keys::BACK),
            strafe: axis(Keys::RIGHT, Keys::LEFT),
            run: keys.has(Keys::RUN),
            turn: 0.5 * axis(Keys::TURN_RIGHT, Keys::TURN_LEFT),
            look: 0.5 * axis(Keys::LOOK_UP, Keys::LOOK_DOWN),
            ..Self::default()
        }
    }
}

/// A walker's state: where the camera is and how fast it moves.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Walker {
    /// Camera pose now.
    pub pose: CameraPose,
    velocity_fwd_m_s: f32,
    velocity_right_m_s: f32,
    yaw_rate_rad_s: f32,
    pitch_rate_rad_s: f32,
    mouse_yaw_left_rad: f32,
    mouse_pitch_left_rad: f32,
}

impl Walker {
    /// Eye height above the ground.
    pub const EYE_HEIGHT_M: f32 = 1.7;
    /// Walking speed of a person.
    pub const WALK_M_S: f32 = 2.2;
    /// Running speed of a person.
    pub const RUN_M_S: f32 = 5.0;
    /// Fastest turn of a person, and of any feel.
    pub const MAX_TURN_RAD_S: f32 = 120.0 * std::f32::consts::PI / 180.0;
    /// Fastest look up or down of a person, and of any feel.
    pub const MAX_PITCH_RAD_S: f32 = 60.0 * std::f32::consts::PI / 180.0;
    /// Highest and (negated) lowest pitch.
    pub const MAX_PITCH_RAD: f32 = 30.0 * std::f32::consts::PI / 180.0;

    /// A walker that stands still at `pose`.
    pub fn at(pose: CameraPose) -> Self {
        Self {
            pose,
            ..Self::default()
        }
    }

    /// Numbers in [`Self::numbers`].
    pub const NUMBERS: usize = 11;

    /// The whole state in a fixed order, for files: place (m), yaw and pitch (rad), speeds, mouse motion not spent yet.
    pub fn numbers(&self) -> [f32; Self::NUMBERS] {
        let [x, y, z] = self.pose.position_m;
        [
            x,
            y,
            z,
            self.pose.yaw_rad,
            self.pose.pitch_rad,
            self.velocity_fwd_m_s,
            self.velocity_right_m_s,
            self.yaw_rate_rad_s,
            self.pitch_rate_rad_s,
            self.mouse_yaw_left_rad,
            self.mouse_pitch_left_rad,
        ]
    }

    /// Inverse of [`Self::numbers`].
    pub fn from_numbers(numbers: [f32; Self::NUMBERS]) -> Self {
        let [
            x,
            y,
            z,
            yaw_rad,
            pitch_rad,
            forward,
            right,
            yaw_rate,
            pitch_rate,
            yaw_left,
            pitch_left,
        ] = numbers;
        Self {
            pose: CameraPose {
                position_m: [x, y, z],
                yaw_rad,
                pitch_rad,
            },
            velocity_fwd_m_s: forward,
            velocity_right_m_s: right,
            yaw_rate_rad_s: yaw_rate,
            pitch_rate_rad_s: pitch_rate,
            mouse_yaw_left_rad: yaw_left,
            mouse_pitch_left_rad: pitch_left,
        }
    }

    /// Walks for one video frame of `dt_secs` on level ground and returns the new pose.
    pub fn advance(&mut self, input: &WalkInput, dt_secs: f32) -> CameraPose {
        self.advance_on(&Footing::default(), input, dt_secs)
    }

    /// The same on ground that rises as `footing` says, the eye as high above it as before; persons walk round what stands in their way, or stop.
    pub fn advance_on(&mut self, footing: &Footing, input: &WalkInput, dt_secs: f32) -> CameraPose {
        let gait = input.feel.gait();
        let follow = 1.0 - libm::expf(-dt_secs / gait.lag_secs);
        let (forward_m_s, right_m_s) = input.feel.speeds_m_s(input);
        // A train has its rails, and a drone is past a tree before it is seen to be one.
        let [forward_m_s, right_m_s] = match input.feel {
            Feel::Person => footing.speeds_m_s(forward_m_s, right_m_s),
            Feel::Drone | Feel::Train => [forward_m_s, right_m_s],
        };
        self.velocity_fwd_m_s += follow * (forward_m_s - self.velocity_fwd_m_s);
        self.velocity_right_m_s += follow * (right_m_s - self.velocity_right_m_s);

        let follow = 1.0 - libm::expf(-dt_secs / gait.turn_lag_secs);
        let spend = |left: &mut f32, add: f32, rate: &mut f32, asked: f32, max: f32| {
            *left = (*left + add).clamp(-gait.mouse_queue_rad, gait.mouse_queue_rad);
            *rate += follow * (asked.clamp(-1.0, 1.0) * max - *rate);
            // The mouse is spread over a few frames: a flick within one frame would be a jump no walker makes.
            let mouse = *left * gait.mouse_share;
            let step = (*rate * dt_secs + mouse).clamp(-max * dt_secs, max * dt_secs);
            *left -= (step - *rate * dt_secs).clamp(-left.abs(), left.abs());
            step
        };
        let yaw = spend(
            &mut self.mouse_yaw_left_rad,
            input.mouse_yaw_rad,
            &mut self.yaw_rate_rad_s,
            input.feel.turn(input),
            gait.turn_rad_s,
        );
        let pitch = spend(
            &mut self.mouse_pitch_left_rad,
            input.mouse_pitch_rad,
            &mut self.pitch_rate_rad_s,
            input.look,
            gait.pitch_rad_s,
        );
        self.pose.yaw_rad = wrap_rad(self.pose.yaw_rad + yaw);
        self.pose.pitch_rad = (self.pose.pitch_rad + pitch).clamp(-Self::MAX_PITCH_RAD, Self::MAX_PITCH_RAD);
        if gait.drifts {
            // Speeds are of the camera's own directions, and those have just turned under them.
            let (s, c) = (libm::sinf(yaw), libm::cosf(yaw));
            let (f, r) = (self.velocity_fwd_m_s, self.velocity_right_m_s);
            (self.velocity_fwd_m_s, self.velocity_right_m_s) = (c * f + s * r, c * r - s * f);
        }

        let (s, c) = (libm::sinf(self.pose.yaw_rad), libm::cosf(self.pose.yaw_rad));
        let (f, r) = (self.velocity_fwd_m_s * dt_secs, self.velocity_right_m_s * dt_secs);
        self.pose.position_m[0] += s * f + c * r;
        self.pose.position_m[1] += footing.ahead * f + footing.right * r;
        self.pose.position_m[2] += -c * f + s * r;
        self.pose
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holding_forward_reaches_walking_speed_northwards() {
        let mut w = Walker::default();
        for _ in 0..48 {
            w.advance(&WalkInput::from_keys(Keys::FORWARD), 1.0 / 24.0);
        }
        let z = w.pose.position_m[2];
        assert!(z < -3.5 && z > -4.5, "{z}");
    }

    #[test]
    fn a_walker_from_its_numbers_walks_on_the_same() {
        let mut w = Walker::default();
        let input = WalkInput {
            forward: 1.0,
            mouse_yaw_rad: 0.3,
            mouse_pitch_rad: -0.2,
            turn: 0.4,
            ..WalkInput::default()
        };
        w.advance(&input, 1.0 / 24.0);
        let mut again = Walker::from_numbers(w.numbers());
        assert_eq!(again, w);
        assert_eq!(again.advance(&input, 1.0 / 24.0), w.advance(&input, 1.0 / 24.0));
    }

    #[test]
    fn the_mouse_is_spent_whole_and_within_the_turn_limit() {
        let mut w = Walker::default();
        let flick = WalkInput {
            mouse_yaw_rad: 0.3,
            ..WalkInput::default()
        };
        w.advance(&flick, 1.0 / 24.0);
        assert!(w.pose.yaw_rad <= Walker::MAX_TURN_RAD_S / 24.0 + 1e-6);
        for _ in 0..48 {
            w.advance(&WalkInput::default(), 1.0 / 24.0);
        }
        assert!((w.pose.yaw_rad - 0.3).abs() < 1e-3, "{}", w.pose.yaw_rad);
    }

    /// Somebody who does everything: keys, both sticks, flicks of the mouse.
    fn busy(frame: u32) -> WalkInput {
        let wave = |period: u32| ((frame * 7919 % period) as f32 / period as f32).mul_add(2.0, -1.0);
        WalkInput {
            forward: wave(37),
            strafe: wave(23),
            run: frame % 50 > 30,
            turn: wave(41) * 0.8,
            look: wave(29) * 0.7,
            mouse_yaw_rad: if frame.is_multiple_of(17) { 0.4 } else { wave(13) * 0.02 },
            mouse_pitch_rad: wave(19) * 0.03,
            ..WalkInput::default()
        }
    }

    /// A number of every bit of a walker's state over a busy walk.
    fn bits_of_a_busy_walk() -> u64 {
        let mut walker = Walker::default();
        (0..400).fold(0xcbf2_9ce4_8422_2325, |mut hash: u64, frame| {
            walker.advance(&busy(frame), 1.0 / 24.0);
            for number in walker.numbers() {
                hash = (hash ^ u64::from(number.to_bits())).wrapping_mul(0x0100_0000_01b3);
            }
            hash
        })
    }

    #[test]
    fn a_person_walks_as_networks_were_trained_bit_for_bit() {
        assert_eq!(format!("{:016x}", bits_of_a_busy_walk()), "6f7b64d8a4fc135e");
    }
}
