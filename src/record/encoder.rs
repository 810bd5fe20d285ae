//! H.264 at constant quality: frames in, length-prefixed samples out. Runs on the thread of its owner.

use openh264::OpenH264API;
use openh264::encoder::{BitRate, Encoder, EncoderConfig, FrameRate, FrameType, QpRange, RateControlMode, VuiConfig};
use openh264::formats::YUVSlices;

use super::yuv::Yuv420;
use super::{Quality, RecordError};
use crate::frame::Frame;

/// Noise (a network that has come apart makes it) overflows the encoder's buffer at a fine quantiser; then it goes on this
/// much coarser, up to [`QP_MAX`], and tries the finer one again at the next fragment.
const QP_STEP: u8 = 6;
const QP_MAX: u8 = 50;

/// One encoded frame as MP4 wants it: NAL units behind 4-byte lengths, parameter sets left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) bytes: Vec<u8>,
    pub(super) keyframe: bool,
}

/// The parameter sets that go into the file's header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ParameterSets {
    pub(super) sps: Vec<u8>,
    pub(super) pps: Vec<u8>,
}

/// An H.264 encoder for one size.
pub(super) struct H264 {
    encoder: Encoder,
    /// The quantiser of `encoder`.
    qp: u8,
    /// The quantiser that is meant.
    finest_qp: u8,
    frames_per_sec: f64,
    picture: Yuv420,
    sets: ParameterSets,
}

impl H264 {
    pub(super) fn new(
        width_px: usize,
        height_px: usize,
        frames_per_sec: f64,
        quality: Quality,
    ) -> Result<Self, RecordError> {
        let picture = Yuv420::new(width_px, height_px);
        let qp = quality.qp();
        Ok(Self {
            encoder: constant_quality(&picture, frames_per_sec, qp)?,
            qp,
            finest_qp: qp,
            frames_per_sec,
            picture,
            sets: ParameterSets::default(),
        })
    }

    /// Encodes a frame, on request as a keyframe. The first frame is one in any case, and so is a frame that had to be
    /// made coarser.
    pub(super) fn encode(&mut self, frame: &Frame, keyframe: bool) -> Result<Sample, RecordError> {
        self.picture.fill(frame);
        if keyframe && self.qp > self.finest_qp {
            self.restart(self.qp - QP_STEP)?;
        }
        loop {
            match self.try_encode(keyframe) {
                Err(_) if self.qp + QP_STEP <= QP_MAX => self.restart(self.qp + QP_STEP)?,
                result => return result,
            }
        }
    }

    /// A new encoder; its first frame is a keyframe, its parameter sets are the old one's.
    fn restart(&mut self, qp: u8) -> Result<(), RecordError> {
        self.encoder = constant_quality(&self.picture, self.frames_per_sec, qp)?;
        self.qp = qp;
        Ok(())
    }

    fn try_encode(&mut self, keyframe: bool) -> Result<Sample, RecordError> {
        let Yuv420 {
            width_px: w,
            height_px: h,
            y,
            u,
            v,
        } = &self.picture;
        if keyframe {
            self.encoder.force_intra_frame();
        }
        let stream = self
            .encoder
            .encode(&YUVSlices::new((y, u, v), (*w, *h), (*w, w / 2, w / 2)))
            .map_err(|e| RecordError::Encoder(e.to_string()))?;

        let mut sample = Sample {
            bytes: Vec::new(),
            keyframe: stream.frame_type() == FrameType::IDR,
        };
        for layer in (0..stream.num_layers()).filter_map(|i| stream.layer(i)) {
            for nal in (0..layer.nal_count()).filter_map(|i| layer.nal_unit(i)) {
                let nal = without_start_code(nal);
                match nal.first().map(|b| b & 31) {
                    Some(7) => keep(&mut self.sets.sps, nal)?,
                    Some(8) => keep(&mut self.sets.pps, nal)?,
                    Some(_) => {
                        sample.bytes.extend_from_slice(&(nal.len() as u32).to_be_bytes());
                        sample.bytes.extend_from_slice(nal);
                    }
                    None => {}
                }
            }
        }
        if sample.bytes.is_empty() || (keyframe && !sample.keyframe) {
            let kind = stream.frame_type();
            return Err(RecordError::Encoder(format!(
                "it made a frame of kind {kind:?} with {} bytes",
                sample.bytes.len()
            )));
        }
        Ok(sample)
    }

    /// The parameter sets; empty before the first frame.
    pub(super) fn parameter_sets(&self) -> &ParameterSets {
        &self.sets
    }
}

fn constant_quality(picture: &Yuv420, frames_per_sec: f64, qp: u8) -> Result<Encoder, RecordError> {
    // Only sets the level that the stream declares; quality is held by the quantiser. 1.5 bits a pixel is above what
    // dense foliage takes with a keyframe every half second.
    let bits_per_sec = 1.5 * (picture.width_px * picture.height_px) as f64 * frames_per_sec;
    let config = EncoderConfig::new()
        // "Buffer based" keeps the quantiser inside the range and looks at nothing else: with a range of one value it
        // is constant quality. ("Off" would be the plain choice but is fixed at 26 in this binding.)
        .rate_control_mode(RateControlMode::Bufferbased)
        .qp(QpRange::new(qp, qp))
        .bitrate(BitRate::from_bps(bits_per_sec.clamp(200_000.0, 100_000_000.0) as u32))
        .max_frame_rate(FrameRate::from_hz(frames_per_sec as f32))
        .skip_frames(false)
        .scene_change_detect(false) // keyframes come when the muxer asks
        .background_detection(false) // it freezes quiet areas: mist and water would stand still
        .adaptive_quantization(false)
        .num_threads(1) // the same bytes on every machine
        .vui(VuiConfig::bt709());
    Encoder::with_api_config(OpenH264API::from_source(), config).map_err(|e| RecordError::Encoder(e.to_string()))
}

/// Stores a parameter set, or checks that it is the one already in the file's header.
fn keep(slot: &mut Vec<u8>, nal: &[u8]) -> Result<(), RecordError> {
    if slot.is_empty() {
        slot.extend_from_slice(nal);
    } else if slot != nal {
        return Err(RecordError::Encoder("its parameters changed on the way".to_owned()));
    }
    Ok(())
}

fn without_start_code(nal: &[u8]) -> &[u8] {
    nal.strip_prefix(&[0, 0, 0, 1])
        .or_else(|| nal.strip_prefix(&[0, 0, 1]))
        .unwrap_or(nal)
}
