//! How a camera answers to the hands: on legs, in the air, on rails. Plain numbers; no thread.
//!
//! A feel comes with the hands of every frame and is no part of a walker's state: whoever changes it in the middle of a
//! walk goes on with the speed they have.

use super::{WalkInput, Walker};

/// How a camera answers to the hands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Feel {
    /// On legs: what networks were trained on.
    #[default]
    Person,
    /// In the air: faster, with inertia; who turns drifts on for a while.
    Drone,
    /// On rails: goes by itself, in wide curves.
    Train,
}

/// What a feel is in numbers.
pub(super) struct Gait {
    usual_m_s: f32,
    /// With the key to run.
    fast_m_s: f32,
    /// Time that the speed takes to come near what is asked.
    pub(super) lag_secs: f32,
    /// The same of turning.
    pub(super) turn_lag_secs: f32,
    /// Fastest turn.
    pub(super) turn_rad_s: f32,
    /// Fastest look up or down.
    pub(super) pitch_rad_s: f32,
    /// Share of the waiting mouse motion that is spent in a frame.
    pub(super) mouse_share: f32,
    /// Mouse motion that can wait; more than this is dropped, or the view would go on turning after the hand stopped.
    pub(super) mouse_queue_rad: f32,
    /// Who turns goes on in the old direction for a while.
    pub(super) drifts: bool,
}

const DEGREE: f32 = std::f32::consts::PI / 180.0;

const PERSON: Gait = Gait {
    usual_m_s: Walker::WALK_M_S,
    fast_m_s: Walker::RUN_M_S,
    lag_secs: 0.12,
    turn_lag_secs: 0.12,
    turn_rad_s: Walker::MAX_TURN_RAD_S,
    pitch_rad_s: Walker::MAX_PITCH_RAD_S,
    mouse_share: 0.5,
    mouse_queue_rad: 0.35,
    drifts: false,
};

const DRONE: Gait = Gait {
    usual_m_s: 4.5,
    fast_m_s: 8.0,
    lag_secs: 0.6,
    turn_lag_secs: 0.35,
    turn_rad_s: 90.0 * DEGREE,
    pitch_rad_s: 45.0 * DEGREE,
    mouse_share: 0.15,
    mouse_queue_rad: 0.7,
    drifts: true,
};

const TRAIN: Gait = Gait {
    usual_m_s: 3.0,
    fast_m_s: 5.0,
    lag_secs: 1.2,
    turn_lag_secs: 0.6,
    turn_rad_s: 24.0 * DEGREE,
    pitch_rad_s: 24.0 * DEGREE,
    mouse_share: 0.1,
    mouse_queue_rad: 0.35,
    drifts: false,
};

impl Feel {
    pub(super) fn gait(self) -> &'static Gait {
        match self {
            Self::Person => &PERSON,
            Self::Drone => &DRONE,
            Self::Train => &TRAIN,
        }
    }

    /// The speeds that hands ask for, forward and to the right.
    pub(super) fn speeds_m_s(self, input: &WalkInput) -> (f32, f32) {
        let gait = self.gait();
        let speed = if input.run { gait.fast_m_s } else { gait.usual_m_s };
        if self == Self::Train {
            // It goes with no hand on it: forward is more steam, backward is the brake.
            let (usual, forward) = (gait.usual_m_s, input.forward.clamp(-1.0, 1.0));
            let steam = speed.max(usual + forward * (gait.fast_m_s - usual));
            return (if forward < 0.0 { usual * (1.0 + forward) } else { steam }, 0.0);
        }
        let norm = libm::sqrtf(input.forward * input.forward + input.strafe * input.strafe).max(1.0);
        (speed * input.forward / norm, speed * input.strafe / norm)
    }

    /// The turn that hands ask for, as a share of the fastest.
    pub(super) fn turn(self, input: &WalkInput) -> f32 {
        match self {
            Self::Person | Self::Drone => input.turn,
            // Nothing steps aside on rails: those keys choose the curve as well.
            Self::Train => input.turn + 0.5 * input.strafe,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Keys;

    const DT_SECS: f32 = 1.0 / 24.0;

    fn held(feel: Feel, keys: Keys) -> WalkInput {
        WalkInput {
            feel,
            ..WalkInput::from_keys(keys)
        }
    }

    /// Speed over ground in the frames of so many seconds.
    fn speeds(walker: &mut Walker, input: &WalkInput, secs: f32) -> Vec<f32> {
        let frames = (secs / DT_SECS).round() as usize;
        let speed = |_| {
            let [x0, _, z0] = walker.pose.position_m;
            let [x, y, z] = walker.advance(input, DT_SECS).position_m;
            assert_eq!(y, 0.0, "no camera leaves its height");
            (x - x0).hypot(z - z0) / DT_SECS
        };
        (0..frames).map(speed).collect()
    }

    #[test]
    fn a_drone_is_faster_than_a_person_and_takes_longer_to_start_and_to_stop() {
        let mut end = Vec::new();
        for feel in [Feel::Person, Feel::Drone] {
            let mut walker = Walker::default();
            let going = speeds(&mut walker, &held(feel, Keys::FORWARD), 4.0);
            let stopping = speeds(&mut walker, &held(feel, Keys::default()), 4.0);
            assert!(going.windows(2).all(|s| s[1] >= s[0] - 1e-3) && stopping[95] < 0.01);
            end.push((going[5] / going[95], going[95], stopping[11] / going[95]));
        }
        let (person, drone) = (end[0], end[1]);
        assert!(person.0 > 0.8 && drone.0 < 0.4, "{person:?} {drone:?}");
        assert!(drone.1 > 1.8 * person.1 && drone.2 > 0.3 && person.2 < 0.05);
        let mut walker = Walker::default();
        let fast = speeds(&mut walker, &held(Feel::Drone, Keys::FORWARD.with(Keys::RUN)), 6.0);
        assert!((fast[143] - 8.0).abs() < 0.05, "{}", fast[143]);
    }

    #[test]
    fn a_drone_that_turns_drifts_in_its_old_direction_and_a_person_does_not() {
        for (feel, drifts) in [(Feel::Person, false), (Feel::Drone, true)] {
            let mut walker = Walker::default();
            speeds(&mut walker, &held(feel, Keys::FORWARD), 3.0);
            let turn = WalkInput {
                turn: 1.0,
                ..held(feel, Keys::FORWARD)
            };
            speeds(&mut walker, &turn, 0.75);
            let [x0, _, z0] = walker.pose.position_m;
            let [x, _, z] = walker.advance(&turn, DT_SECS).position_m;
            // The way gone against the way looked, both clockwise from north.
            let gone = (x - x0).atan2(z0 - z);
            let behind = walker.pose.yaw_rad - gone;
            assert_eq!(behind > 0.2, drifts, "{feel:?} goes {behind} rad behind its look");
        }
    }

    #[test]
    fn a_train_goes_by_itself_brakes_and_takes_wide_curves() {
        let mut walker = Walker::default();
        let alone = speeds(&mut walker, &held(Feel::Train, Keys::default()), 8.0);
        assert!(alone[5] < 1.0 && (alone[191] - 3.0).abs() < 0.02, "{}", alone[191]);
        let steam = speeds(&mut walker, &held(Feel::Train, Keys::FORWARD), 8.0);
        assert!((steam[191] - 5.0).abs() < 0.02);
        let curve = held(Feel::Train, Keys::RIGHT);
        let before = walker.pose.yaw_rad;
        speeds(&mut walker, &curve, 3.0);
        let turned = walker.pose.yaw_rad - before;
        assert!((0.3..0.7).contains(&turned), "{turned} rad in 3 s");
        // Also by the mouse, however it is flung.
        let flung = WalkInput {
            mouse_yaw_rad: 3.0,
            ..held(Feel::Train, Keys::default())
        };
        let before = walker.pose.yaw_rad;
        speeds(&mut walker, &flung, 1.0);
        assert!(walker.pose.yaw_rad - before < 25.0 * DEGREE);
        let braked = speeds(&mut walker, &held(Feel::Train, Keys::BACK.with(Keys::RUN)), 10.0);
        assert!(braked[239] < 0.02, "{}", braked[239]);
    }

    #[test]
    fn every_feel_spends_the_mouse_whole() {
        for feel in [Feel::Person, Feel::Drone, Feel::Train] {
            let mut walker = Walker::default();
            let mut input = held(feel, Keys::default());
            input.mouse_yaw_rad = 0.3;
            walker.advance(&input, DT_SECS);
            speeds(&mut walker, &held(feel, Keys::default()), 6.0);
            let yaw = walker.pose.yaw_rad;
            assert!((yaw - 0.3).abs() < 1e-3, "{feel:?} turned {yaw}");
        }
    }
}
