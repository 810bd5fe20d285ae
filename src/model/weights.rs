//! Weights by name: from a module to plain arrays and back. Names are the field paths of the module structs.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Bytes, DType, Device, Tensor, TensorData};

/// One named array of f32 values.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Sizes of its axes.
    pub shape: Vec<usize>,
    /// Values, last axis fastest.
    pub values: Vec<f32>,
}

/// Arrays by name, in the order of their names.
pub type Arrays = BTreeMap<String, Array>;

/// Why weights did not fit a module.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The module wants a tensor that is not there.
    #[error("tensor `{0}` is missing")]
    Missing(String),
    /// A tensor has another shape than the module's.
    #[error("tensor `{name}` has shape {found:?}, expected {expected:?}")]
    Shape {
        /// Its name.
        name: String,
        /// Shape in the file.
        found: Vec<usize>,
        /// Shape of the module.
        expected: Vec<usize>,
    },
}

/// Host values of a tensor, as f32.
pub fn to_host<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    let data = tensor.into_data_dtype(DType::F32);
    // Never fails: the data were just converted to f32.
    data.try_into_vec::<f32>().unwrap_or_default()
}

struct Collect {
    path: Vec<String>,
    out: Vec<(String, Vec<usize>)>,
    values: Option<Arrays>,
}

impl ModuleVisitor for Collect {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }
    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let name = self.path.join(".");
        let shape = param.lazy_shape().to_vec();
        if let Some(values) = &mut self.values {
            values.insert(
                name.clone(),
                Array {
                    shape: shape.clone(),
                    values: to_host(param.val().detach()),
                },
            );
        }
        self.out.push((name, shape));
    }
}

/// Names and shapes of a module's parameters, in the module's order.
pub fn shapes<M: Module>(module: &M) -> Vec<(String, Vec<usize>)> {
    let mut c = Collect {
        path: vec![],
        out: vec![],
        values: None,
    };
    module.visit(&mut c);
    c.out
}

/// All parameters of a module.
pub fn export<M: Module>(module: &M) -> Arrays {
    let mut c = Collect {
        path: vec![],
        out: vec![],
        values: Some(Arrays::new()),
    };
    module.visit(&mut c);
    c.values.unwrap_or_default()
}

struct Put<'a> {
    path: Vec<String>,
    from: &'a Arrays,
    device: Device,
}

impl ModuleMapper for Put<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }
    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(array) = self.from.get(&self.path.join(".")) else {
            return param;
        };
        let bytes = Bytes::from_elems(array.values.clone());
        let data = TensorData::from_bytes(bytes, array.shape.clone(), DType::F32);
        let device = self.device.clone();
        param.map(|_| {
            let tensor = Tensor::from_data(data, &device);
            if device.is_autodiff() {
                tensor.require_grad()
            } else {
                tensor
            }
        })
    }
}

/// Replaces every parameter of a module by the array of its name, after checking all of them.
pub fn import<M: Module>(module: M, from: &Arrays, device: &Device) -> Result<M, WeightsError> {
    for (name, expected) in shapes(&module) {
        let array = from.get(&name).ok_or_else(|| WeightsError::Missing(name.clone()))?;
        if array.shape != expected {
            return Err(WeightsError::Shape {
                name,
                found: array.shape.clone(),
                expected,
            });
        }
    }
    Ok(module.map(&mut Put {
        path: vec![],
        from,
        device: device.clone(),
    }))
}

/// The arrays whose names begin with `prefix.`, without it.
pub fn under(arrays: &Arrays, prefix: &str) -> Arrays {
    let dot = format!("{prefix}.");
    arrays
        .iter()
        .filter_map(|(name, array)| name.strip_prefix(&dot).map(|n| (n.to_owned(), array.clone())))
        .collect()
}

/// Adds `prefix.` to every name.
pub fn prefixed(arrays: Arrays, prefix: &str) -> Arrays {
    arrays
        .into_iter()
        .map(|(name, array)| (format!("{prefix}.{name}"), array))
        .collect()
}
