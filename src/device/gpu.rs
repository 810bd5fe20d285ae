//! Graphics devices: what the machine has, and burn devices on them (feature `gpu`).

use std::collections::HashMap;

use burn::tensor::wgpu::{WgpuBackend, wgpu};
use burn::tensor::{Device, DeviceKind};
use parking_lot::Mutex;

use super::DeviceError;
use super::choice::Api;

/// A graphics device of this machine.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Adapter {
    /// Its name.
    pub name: String,
    /// "discrete GPU", "integrated GPU", "virtual GPU", "software" or "other".
    pub kind: &'static str,
    /// "Vulkan", "Metal" or "Direct3D 12".
    pub api: &'static str,
    /// Driver and its version.
    pub driver: String,
    /// A real GPU: no processor that plays one.
    pub real: bool,
    /// Its own memory, where the system tells.
    pub memory_bytes: Option<u64>,
    #[serde(skip)]
    backend: Backend,
    #[serde(skip)]
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Backend {
    Vulkan,
    Metal,
    Dx12,
}

/// How burn names it: by kind, and a number among those of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    Discrete(usize),
    Integrated(usize),
    Virtual(usize),
    Software,
}

impl Backend {
    const ALL: [Self; 3] = [Self::Vulkan, Self::Metal, Self::Dx12];

    fn allowed(self, api: Api) -> bool {
        match api {
            Api::Any => true,
            Api::Vulkan => self == Self::Vulkan,
            Api::Metal => self == Self::Metal,
        }
    }

    fn of_wgpu(self) -> (wgpu::Backends, WgpuBackend, &'static str) {
        match self {
            Self::Vulkan => (wgpu::Backends::VULKAN, WgpuBackend::Vulkan, "Vulkan"),
            Self::Metal => (wgpu::Backends::METAL, WgpuBackend::Metal, "Metal"),
            Self::Dx12 => (wgpu::Backends::DX12, WgpuBackend::Dx12, "Direct3D 12"),
        }
    }
}

/// The graphics devices of this machine, real GPUs first, by one interface: the first that knows any.
pub fn adapters(api: Api) -> Vec<Adapter> {
    for backend in Backend::ALL.into_iter().filter(|b| b.allowed(api)) {
        let (backends, _, api) = backend.of_wgpu();
        // An instance for all interfaces would wake drivers that nobody asked for.
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends,
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        let mut counts = [0; 3];
        let mut next = |of: usize| {
            counts[of] += 1;
            counts[of] - 1
        };
        let mut found: Vec<Adapter> = pollster::block_on(instance.enumerate_adapters(backends))
            .iter()
            .map(wgpu::Adapter::get_info)
            .filter_map(|info| {
                let (kind, place) = match info.device_type {
                    wgpu::DeviceType::DiscreteGpu => ("discrete GPU", Place::Discrete(next(0))),
                    wgpu::DeviceType::IntegratedGpu => ("integrated GPU", Place::Integrated(next(1))),
                    wgpu::DeviceType::VirtualGpu => ("virtual GPU", Place::Virtual(next(2))),
                    wgpu::DeviceType::Cpu => ("software", Place::Software),
                    wgpu::DeviceType::Other => return None,
                };
                Some(Adapter {
                    driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
                    memory_bytes: memory_bytes(&info.device_pci_bus_id),
                    name: info.name,
                    kind,
                    api,
                    real: place != Place::Software,
                    backend,
                    place,
                })
            })
            .collect();
        if !found.is_empty() {
            let rank = |a: &Adapter| match a.place {
                Place::Discrete(_) => 0,
                Place::Integrated(_) => 1,
                Place::Virtual(_) => 2,
                Place::Software => 3,
            };
            found.sort_by_key(rank);
            return found;
        }
    }
    vec![]
}

/// Memory of the graphics device at this place of the machine. The graphics library does not tell; on Linux some drivers do.
fn memory_bytes(pci_bus_id: &str) -> Option<u64> {
    if pci_bus_id.is_empty() || !cfg!(target_os = "linux") {
        return None;
    }
    let path = std::path::Path::new("/sys/bus/pci/devices").join(pci_bus_id);
    let text = std::fs::read_to_string(path.join("mem_info_vram_total")).ok()?;
    text.trim().parse().ok()
}

/// Runtimes that have been started: one each, or burn refuses.
static STARTED: Mutex<Option<HashMap<(Backend, Place), Device>>> = Mutex::new(None);

/// The burn device on one of [`adapters`], the first if no number is given.
pub(super) fn open(api: Api, index: Option<usize>) -> Result<Device, DeviceError> {
    let all = adapters(api);
    let Some(adapter) = all.get(index.unwrap_or(0)) else {
        return Err(DeviceError::NoAdapter {
            index: index.unwrap_or(0),
            found: all.len(),
        });
    };
    let mut started = STARTED.lock();
    let started = started.get_or_insert_default();
    let key = (adapter.backend, adapter.place);
    if let Some(device) = started.get(&key) {
        return Ok(device.clone());
    }
    let kind = match adapter.place {
        Place::Discrete(n) => DeviceKind::DiscreteGpu(n),
        Place::Integrated(n) => DeviceKind::IntegratedGpu(n),
        Place::Virtual(n) => DeviceKind::VirtualGpu(n),
        Place::Software => DeviceKind::Cpu,
    };
    let (_, backend, _) = adapter.backend.of_wgpu();
    let device = Device::wgpu_options()
        .device_kind(kind)
        .graphics_api(backend)
        .init()
        .map_err(|e| DeviceError::Failed {
            name: adapter.name.clone(),
            what: e.to_string(),
        })?;
    started.insert(key, device.clone());
    Ok(device)
}
