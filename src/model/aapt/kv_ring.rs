//! The KV ring of one block: preallocated, written in place, no shape ever changes.
//!
//! Slots along the key axis: text | pinned first latent frame | window + 1 latent frames. The pinned frame stands at the
//! time distance window + 1 for ever, however long ago it was; text stands at distance 0.

use burn::tensor::{DType, Device, Tensor};

use super::block::NEVER;
use crate::model::nn::tensor;
use crate::model::weights::{Array, Arrays, WeightsError, to_host};

/// Keys and values of one block.
#[derive(Clone, Debug)]
pub struct KvRing {
    /// `[batch, heads, slots, head_width]`, rotated.
    keys: Tensor<4>,
    /// `[batch, heads, slots, head_width]`.
    values: Tensor<4>,
    /// Keys of the first latent frame, not rotated: their time moves with the step.
    pinned: Option<Tensor<4>>,
    /// Keys of the text, not rotated.
    text: Option<Tensor<4>>,
    layout: RingLayout,
}

/// Where things are in a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingLayout {
    /// Text tokens.
    pub text: usize,
    /// Tokens of one latent frame.
    pub tokens: usize,
    /// Past latent frames kept.
    pub window: usize,
}

impl RingLayout {
    /// Key slots in all.
    pub fn slots(&self) -> usize {
        self.text + (self.window + 2) * self.tokens
    }

    /// First key slot of the latent frame of `step` (counted from 1, the pinned one).
    pub fn slot(&self, step: u64) -> usize {
        if step <= 1 {
            self.text
        } else {
            self.text + self.tokens * (1 + ((step - 2) % (self.window as u64 + 1)) as usize)
        }
    }

    /// Additive mask over the key slots at `step`: 0 where a slot is filled and within the window, else -1e4, which half precision can hold, too.
    pub fn bias(&self, step: u64) -> Vec<f32> {
        let filled = self.text + self.tokens * (step.min(self.window as u64 + 2) as usize);
        (0..self.slots())
            .map(|i| if i < filled { 0.0 } else { NEVER })
            .collect()
    }

    /// Whether every slot is filled at `step`.
    pub fn is_full(&self, step: u64) -> bool {
        step >= self.window as u64 + 2
    }
}

impl KvRing {
    /// An empty ring.
    pub fn new(
        layout: RingLayout,
        batch: usize,
        heads: usize,
        head_width: usize,
        dtype: DType,
        device: &Device,
    ) -> Self {
        let shape = [batch, heads, layout.slots(), head_width];
        Self {
            keys: Tensor::<4>::zeros(shape, device).cast(dtype),
            values: Tensor::<4>::zeros(shape, device).cast(dtype),
            pinned: None,
            text: None,
            layout,
        }
    }

    /// Puts the text's keys (not rotated) and values `[batch, heads, text, head_width]`.
    pub fn put_text(&mut self, keys: Tensor<4>, values: Tensor<4>) {
        self.write(0, None, Some(values));
        self.text = Some(keys);
    }

    /// Puts the keys and values of the latent frame of `step`, and brings text and pinned frame to its time.
    ///
    /// `rotate_now`, `rotate_pinned` and `rotate_text` rotate keys to the time of the step, of the pinned frame as seen
    /// from it, and of the text.
    pub fn put(
        &mut self,
        step: u64,
        keys: Tensor<4>,
        values: Tensor<4>,
        rotate_now: impl Fn(Tensor<4>) -> Tensor<4>,
        rotate_pinned: impl Fn(Tensor<4>) -> Tensor<4>,
        rotate_text: impl Fn(Tensor<4>) -> Tensor<4>,
    ) {
        if step <= 1 {
            self.pinned = Some(keys.clone());
        } else if let Some(pinned) = self.pinned.clone() {
            self.write(self.layout.text, Some(rotate_pinned(pinned)), None);
        }
        self.write(self.layout.slot(step), Some(rotate_now(keys)), Some(values));
        if let Some(text) = self.text.clone() {
            self.write(0, Some(rotate_text(text)), None);
        }
    }

    fn write(&mut self, at: usize, keys: Option<Tensor<4>>, values: Option<Tensor<4>>) {
        let assign = |ring: &mut Tensor<4>, part: Tensor<4>| {
            let [batch, heads, n, width] = part.dims();
            // In place as long as the ring has no other owner.
            ring.inplace(|r| r.slice_assign([0..batch, 0..heads, at..at + n, 0..width], part));
        };
        if let Some(k) = keys {
            assign(&mut self.keys, k);
        }
        if let Some(v) = values {
            assign(&mut self.values, v);
        }
    }

    /// All keys and values; slots that [`RingLayout::bias`] masks hold zeros.
    pub fn all(&self) -> (Tensor<4>, Tensor<4>) {
        (self.keys.clone(), self.values.clone())
    }

    /// Bytes of the arrays that [`Self::export`] makes.
    pub fn bytes(&self) -> usize {
        let [batch, heads, slots, width] = self.keys.dims();
        4 * batch * heads * width * (2 * slots + self.layout.tokens + self.layout.text)
    }

    /// Everything it holds, as f32 on the host, under names that begin with `prefix`. Exact for every type that a ring
    /// is kept in, since f32 holds all values of the shorter ones.
    pub fn export(&self, prefix: &str, out: &mut Arrays) {
        let mut put = |name: &str, t: &Tensor<4>| {
            let array = Array {
                shape: t.dims().to_vec(),
                values: to_host(t.clone()),
            };
            out.insert(format!("{prefix}.{name}"), array);
        };
        put("keys", &self.keys);
        put("values", &self.values);
        if let Some(pinned) = &self.pinned {
            put("pinned", pinned);
        }
        if let Some(text) = &self.text {
            put("text", text);
        }
    }

    /// Takes back what [`Self::export`] gave. `begun` says whether a latent frame has been put: then one is pinned.
    pub fn import(&mut self, prefix: &str, from: &Arrays, begun: bool) -> Result<(), WeightsError> {
        let (device, dtype) = (self.keys.device(), self.keys.dtype());
        let [batch, heads, slots, width] = self.keys.dims();
        let get = |name: &str, n: usize| -> Result<Tensor<4>, WeightsError> {
            let name = format!("{prefix}.{name}");
            let shape = [batch, heads, n, width];
            let array = from.get(&name).ok_or_else(|| WeightsError::Missing(name.clone()))?;
            if array.shape != shape {
                return Err(WeightsError::Shape {
                    name,
                    found: array.shape.clone(),
                    expected: shape.to_vec(),
                });
            }
            Ok(tensor::<4>(array.values.clone(), shape, &device).cast(dtype))
        };
        let (keys, values) = (get("keys", slots)?, get("values", slots)?);
        let pinned = begun.then(|| get("pinned", self.layout.tokens)).transpose()?;
        let text = get("text", self.layout.text)?;
        (self.keys, self.values, self.pinned, self.text) = (keys, values, pinned, Some(text));
        Ok(())
    }
}
