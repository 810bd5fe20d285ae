//! What this machine can compute on: the list behind `farwander devices` and the player's choice of a device. Looking wakes
//! graphics drivers and can take a second; nothing here computes.

use super::choice::{Api, DeviceChoice};

/// A device that can be chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// What chooses it.
    pub choice: DeviceChoice,
    /// Its name.
    pub name: String,
    /// Kind, interface and driver; empty for the processor.
    pub about: String,
    /// Memory in bytes, where the system tells.
    pub memory_bytes: Option<u64>,
    /// The graphics interface that it is reached through.
    api: Option<Api>,
}

impl Listed {
    /// Whether this is the device that `choice` means. `auto` means none of the list by itself.
    pub fn is(&self, choice: DeviceChoice) -> bool {
        match (self.choice, choice) {
            (DeviceChoice::Gpu(_, here), DeviceChoice::Gpu(api, index)) => {
                here.unwrap_or(0) == index.unwrap_or(0) && (api == Api::Any || Some(api) == self.api)
            }
            (here, there) => here == there,
        }
    }
}

/// Everything that this machine can compute on with this program, the processor first.
pub fn list() -> Vec<Listed> {
    let processor = Listed {
        choice: DeviceChoice::Cpu,
        name: format!("this machine's processor, {} threads", rayon::current_num_threads()),
        about: String::new(),
        memory_bytes: machine_memory_bytes(),
        api: None,
    };
    [vec![processor], graphics(), cuda()].concat()
}

#[cfg(feature = "gpu")]
fn graphics() -> Vec<Listed> {
    let adapters = super::gpu::adapters(Api::Any).into_iter().enumerate();
    let listed = adapters.map(|(i, adapter)| Listed {
        choice: DeviceChoice::Gpu(Api::Any, Some(i)),
        about: format!("{}, {}, {}", adapter.kind, adapter.api, adapter.driver),
        memory_bytes: adapter.memory_bytes,
        api: match adapter.api {
            "Vulkan" => Some(Api::Vulkan),
            "Metal" => Some(Api::Metal),
            _ => None,
        },
        name: adapter.name,
    });
    listed.collect()
}

#[cfg(not(feature = "gpu"))]
fn graphics() -> Vec<Listed> {
    Vec::new()
}

/// CUDA devices by number: to ask for a name is to open a device, which takes its memory. Where there is none, a line whose test says why.
#[cfg(feature = "cuda")]
fn cuda() -> Vec<Listed> {
    let found = burn::tensor::Device::enumerate(burn::tensor::DeviceType::Cuda).len();
    let listed = |index| Listed {
        choice: DeviceChoice::Cuda(index),
        name: format!("CUDA device {index}"),
        about: String::new(),
        memory_bytes: None,
        api: None,
    };
    (0..found.max(1)).map(listed).collect()
}

#[cfg(not(feature = "cuda"))]
fn cuda() -> Vec<Listed> {
    Vec::new()
}

/// Memory of the machine, where the system tells.
fn machine_memory_bytes() -> Option<u64> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    memory_total_bytes(&text)
}

fn memory_total_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gpu(index: usize, api: Api) -> Listed {
        Listed {
            choice: DeviceChoice::Gpu(Api::Any, Some(index)),
            name: String::new(),
            about: String::new(),
            memory_bytes: None,
            api: Some(api),
        }
    }

    #[test]
    fn the_same_device_is_known_by_all_its_names() {
        let first = gpu(0, Api::Vulkan);
        for name in ["wgpu", "wgpu:0", "vulkan", "vulkan:0"] {
            assert!(first.is(name.parse().unwrap()), "{name}");
        }
        for name in ["auto", "cpu", "wgpu:1", "metal", "cuda"] {
            assert!(!first.is(name.parse().unwrap()), "{name}");
        }
        assert!(gpu(1, Api::Metal).is("metal:1".parse().unwrap()));
    }

    #[test]
    fn the_processor_is_always_there_and_first() {
        let all = list();
        assert_eq!(all[0].choice, DeviceChoice::Cpu);
        assert!(all[1..].iter().all(|listed| listed.choice != DeviceChoice::Cpu));
        assert_eq!(memory_total_bytes("MemTotal:  2 kB\nMemFree: 1 kB"), Some(2048));
        assert_eq!(memory_total_bytes("nothing"), None);
    }
}
