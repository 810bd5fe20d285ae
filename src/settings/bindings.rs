//! The one table that says which key or button does what: presets, changes to them, conflicts. In files stand the
//! presets and what differs from them, so that a later version can bind something new without asking.

use std::collections::{BTreeMap, BTreeSet};

use super::deed::Deed;
use super::presets::{KeyPreset, PadPreset};
use super::press::Press;

/// Which key or button does what.
#[derive(Clone, Debug, PartialEq)]
pub struct Bindings {
    key_preset: KeyPreset,
    pad_preset: PadPreset,
    /// What is bound to each deed, oldest first. A deed without an entry has nothing.
    presses: BTreeMap<Deed, Vec<Press>>,
    /// What may mean several things at once: the user was asked and said so.
    shared: BTreeSet<Press>,
    sticks_swapped: bool,
}

impl Default for Bindings {
    fn default() -> Self {
        Self::of_presets(KeyPreset::Usual, PadPreset::Usual)
    }
}

impl Bindings {
    /// The table as two presets have it.
    pub fn of_presets(keys: KeyPreset, pad: PadPreset) -> Self {
        let presses = Deed::all().map(|deed| (deed, preset_of(keys, pad, deed))).collect();
        Self {
            key_preset: keys,
            pad_preset: pad,
            presses,
            shared: BTreeSet::new(),
            sticks_swapped: pad.swaps_sticks(),
        }
    }

    /// The preset that keyboard and mouse began with.
    pub fn key_preset(&self) -> KeyPreset {
        self.key_preset
    }

    /// The preset that gamepads began with.
    pub fn pad_preset(&self) -> PadPreset {
        self.pad_preset
    }

    /// Whether the right stick walks and the left one looks.
    pub fn sticks_swapped(&self) -> bool {
        self.sticks_swapped
    }

    /// Lets the right stick walk and the left one look, or not.
    pub fn swap_sticks(&mut self, swapped: bool) {
        self.sticks_swapped = swapped;
    }

    /// What is bound to a deed.
    pub fn of(&self, deed: Deed) -> &[Press] {
        self.presses.get(&deed).map_or(&[], Vec::as_slice)
    }

    /// The first key (or else button of the mouse) that is bound to a deed.
    pub fn first_key(&self, deed: Deed) -> Option<Press> {
        self.of(deed).iter().copied().find(|press| !press.is_pad())
    }

    /// What a key or button does.
    pub fn deeds(&self, press: Press) -> impl Iterator<Item = Deed> {
        self.presses
            .iter()
            .filter(move |(_, presses)| presses.contains(&press))
            .map(|(deed, _)| *deed)
    }

    /// What else a key or button does that is bound to this deed.
    pub fn others(&self, deed: Deed, press: Press) -> Vec<Deed> {
        self.deeds(press).filter(|other| *other != deed).collect()
    }

    /// Whether the user has said that this may mean several things.
    pub fn is_shared(&self, press: Press) -> bool {
        self.shared.contains(&press)
    }

    /// This may mean several things.
    pub fn share(&mut self, press: Press) {
        self.shared.insert(press);
        self.forget_shared();
    }

    /// Binds a key or button to a deed, beside what is bound to it. What it does elsewhere it goes on doing. False if
    /// it has to stay with the menu.
    pub fn bind(&mut self, deed: Deed, press: Press) -> bool {
        if press.is_fixed() && deed != Deed::Menu {
            return false;
        }
        let presses = self.presses.entry(deed).or_default();
        if !presses.contains(&press) {
            presses.push(press);
            // It does one thing more than was said.
            self.shared.remove(&press);
        }
        true
    }

    /// Binds a key or button in place of another.
    pub fn rebind(&mut self, deed: Deed, old: Press, new: Press) -> bool {
        if old == new {
            return true;
        }
        if old.is_fixed() || !self.bind(deed, new) {
            return false;
        }
        if let Some(presses) = self.presses.get_mut(&deed) {
            presses.retain(|p| *p != new);
            if let Some(place) = presses.iter_mut().find(|p| **p == old) {
                *place = new;
            } else {
                presses.push(new);
            }
        }
        self.forget_shared();
        true
    }

    /// Takes a key or button away from a deed, unless it has to stay with the menu.
    pub fn unbind(&mut self, deed: Deed, press: Press) {
        if press.is_fixed() {
            return;
        }
        if let Some(presses) = self.presses.get_mut(&deed) {
            presses.retain(|p| *p != press);
        }
        self.forget_shared();
    }

    /// Takes a key or button away from everything but this deed.
    pub fn keep_only(&mut self, deed: Deed, press: Press) {
        for other in self.others(deed, press) {
            self.unbind(other, press);
        }
    }

    /// Whether what is bound to a deed differs from the presets.
    pub fn differs(&self, deed: Deed) -> bool {
        self.of(deed) != preset_of(self.key_preset, self.pad_preset, deed)
    }

    /// Whether anything that keyboard and mouse do differs from their preset.
    pub fn keys_differ(&self) -> bool {
        let keys = |presses: &[Press]| -> Vec<Press> { presses.iter().copied().filter(|p| !p.is_pad()).collect() };
        Deed::all().any(|deed| keys(self.of(deed)) != self.key_preset.of(deed))
    }

    /// Whether anything that gamepads do differs from their preset.
    pub fn pad_differs(&self) -> bool {
        let pad = |presses: &[Press]| -> Vec<Press> { presses.iter().copied().filter(|p| p.is_pad()).collect() };
        self.sticks_swapped != self.pad_preset.swaps_sticks()
            || Deed::all().any(|deed| pad(self.of(deed)) != self.pad_preset.of(deed))
    }

    /// One deed as the presets have it.
    pub fn reset(&mut self, deed: Deed) {
        self.set(deed, preset_of(self.key_preset, self.pad_preset, deed));
        self.forget_shared();
    }

    /// Everything as the presets have it.
    pub fn reset_all(&mut self) {
        *self = Self::of_presets(self.key_preset, self.pad_preset);
    }

    /// Keyboard and mouse as this preset has them; gamepads stay as they are.
    pub fn use_keys(&mut self, preset: KeyPreset) {
        self.key_preset = preset;
        for deed in Deed::all() {
            let pad = self.of(deed).iter().copied().filter(|p| p.is_pad());
            let presses = preset.of(deed).into_iter().chain(pad).collect();
            self.set(deed, presses);
        }
        self.forget_shared();
    }

    /// Gamepads as this preset has them; keyboard and mouse stay as they are.
    pub fn use_pad(&mut self, preset: PadPreset) {
        self.pad_preset = preset;
        self.sticks_swapped = preset.swaps_sticks();
        for deed in Deed::all() {
            let keys = self.of(deed).iter().copied().filter(|p| !p.is_pad());
            let presses = keys.chain(preset.of(deed)).collect();
            self.set(deed, presses);
        }
        self.forget_shared();
    }

    fn set(&mut self, deed: Deed, presses: Vec<Press>) {
        self.presses.insert(deed, presses);
    }

    /// What no longer means several things needs no leave for it; it is asked anew when it does again.
    fn forget_shared(&mut self) {
        let presses = &self.presses;
        let uses = |press: &Press| presses.values().filter(|list| list.contains(press)).count();
        self.shared.retain(|press| uses(press) > 1);
    }

    /// Reads what stands under `[bindings]`. What cannot be understood is a sentence each, and there the presets stand.
    pub(super) fn read(value: &toml::Value) -> (Self, Vec<String>) {
        let Some(table) = value.as_table() else {
            let what = "Setting bindings must be a table.".to_owned();
            return (Self::default(), vec![what]);
        };
        let mut warnings = Vec::new();
        let keys = read_preset(table, "keyboard", KeyPreset::ALL, KeyPreset::name, &mut warnings);
        let pad = read_preset(table, "gamepad", PadPreset::ALL, PadPreset::name, &mut warnings);
        let mut bindings = Self::of_presets(keys, pad);
        for (name, value) in table {
            match name.as_str() {
                "keyboard" | "gamepad" | "shared" => {}
                "sticks_swapped" => match value.as_bool() {
                    Some(swapped) => bindings.sticks_swapped = swapped,
                    None => warnings.push("Setting bindings.sticks_swapped must be true or false.".to_owned()),
                },
                _ => match (Deed::named(name), read_presses(value)) {
                    (None, _) => warnings.push(format!("Setting bindings.{name} is nothing that can be bound.")),
                    (Some(_), Err(what)) => warnings.push(format!("Setting bindings.{name} {what}")),
                    (Some(deed), Ok(presses)) => bindings.set(deed, with_fixed(deed, presses)),
                },
            }
        }
        match table.get("shared").map(read_presses) {
            None => {}
            Some(Ok(shared)) => bindings.shared.extend(shared),
            Some(Err(what)) => warnings.push(format!("Setting bindings.shared {what}")),
        }
        bindings.forget_shared();
        (bindings, warnings)
    }
}

fn preset_of(keys: KeyPreset, pad: PadPreset, deed: Deed) -> Vec<Press> {
    keys.of(deed).into_iter().chain(pad.of(deed)).collect()
}

/// What opens the menu always does so, and only that; nothing stands twice.
fn with_fixed(deed: Deed, presses: Vec<Press>) -> Vec<Press> {
    let fixed = Press::ALWAYS_MENU.into_iter().filter(|_| deed == Deed::Menu);
    let mut out = Vec::new();
    for press in fixed.chain(presses.into_iter().filter(|p| !p.is_fixed())) {
        if !out.contains(&press) {
            out.push(press);
        }
    }
    out
}

fn read_preset<P: Copy + Default>(
    table: &toml::Table,
    key: &str,
    all: &[P],
    name: impl Fn(P) -> &'static str,
    warnings: &mut Vec<String>,
) -> P {
    let Some(value) = table.get(key) else {
        return P::default();
    };
    let found = value.as_str().and_then(|v| all.iter().find(|p| name(**p) == v));
    found.copied().unwrap_or_else(|| {
        let names: Vec<_> = all.iter().map(|p| name(*p)).collect();
        warnings.push(format!("Setting bindings.{key} must be one of {}.", names.join(", ")));
        P::default()
    })
}

/// A list of names; the error ends a sentence.
fn read_presses(value: &toml::Value) -> Result<Vec<Press>, String> {
    let list = value
        .as_array()
        .ok_or("must be a list of names of keys and buttons.".to_owned())?;
    list.iter()
        .map(|item| {
            let name = item
                .as_str()
                .ok_or_else(|| format!("must be a list of names, and {item} is none."))?;
            Press::named(name).ok_or_else(|| format!("names {name:?}, and no key or button is called that."))
        })
        .collect()
}

impl serde::Serialize for Bindings {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("keyboard", self.key_preset.name())?;
        map.serialize_entry("gamepad", self.pad_preset.name())?;
        if self.sticks_swapped != self.pad_preset.swaps_sticks() {
            map.serialize_entry("sticks_swapped", &self.sticks_swapped)?;
        }
        for deed in Deed::all().filter(|deed| self.differs(*deed)) {
            map.serialize_entry(deed.name(), self.of(deed))?;
        }
        if !self.shared.is_empty() {
            map.serialize_entry("shared", &self.shared)?;
        }
        map.end()
    }
}

#[cfg(test)]
#[path = "bindings_tests.rs"]
mod tests;
