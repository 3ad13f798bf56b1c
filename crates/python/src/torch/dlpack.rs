//! Tensors in and out by DLPack's capsules, without a copy.
//!
//! Layouts and rules: <https://dmlc.github.io/dlpack/latest>, 1.x and the older form without a version. A capsule is used
//! once: whoever takes what is in it renames it and calls the deleter when done; a capsule that nobody takes calls it
//! itself. Everything that a producer says is checked before a byte is read. That its memory is as long as it says,
//! and that nobody else writes while the engine computes, only the producer can promise.
//!
//! Truth values are copied: another program may write a byte that is none.

use std::ffi::{CStr, c_void};
use std::fmt;
use std::ptr::{self, NonNull};

use ::tensor::{DType, Element, Foreign, Tensor as Elements};
use pyo3::exceptions::{PyBufferError, PyRuntimeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use super::convert::raised;
use super::tensor::{Tensor, wrapped};

const OLD: &CStr = c"dltensor";
const OLD_USED: &CStr = c"used_dltensor";
const VERSIONED: &CStr = c"dltensor_versioned";
const VERSIONED_USED: &CStr = c"used_dltensor_versioned";

/// The version that is written; of others with the same first number only new fields differ.
const VERSION: Version = Version { major: 1, minor: 0 };

const READ_ONLY: u64 = 1;
const IS_COPIED: u64 = 2;

/// `kDLCPU`
const CPU: i32 = 1;

const DIMENSIONS_MAX: i32 = 64;

#[repr(C)]
#[derive(Clone, Copy)]
struct Version {
    major: u32,
    minor: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Device {
    kind: i32,
    id: i32,
}

#[repr(C)]
#[derive(Clone, Copy, PartialEq)]
struct DataType {
    code: u8,
    bits: u8,
    lanes: u16,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct DlTensor {
    data: *mut c_void,
    device: Device,
    ndim: i32,
    dtype: DataType,
    shape: *mut i64,
    strides: *mut i64,
    byte_offset: u64,
}

/// What a capsule without a version points to.
#[repr(C)]
struct OldManaged {
    tensor: DlTensor,
    context: *mut c_void,
    // SAFETY: whoever took the tensor calls it, once, with the structure that it stands in.
    deleter: Option<unsafe extern "C" fn(*mut OldManaged)>,
}

/// What a versioned one points to.
#[repr(C)]
struct Managed {
    version: Version,
    context: *mut c_void,
    // SAFETY: whoever took the tensor calls it, once, with the structure that it stands in.
    deleter: Option<unsafe extern "C" fn(*mut Managed)>,
    flags: u64,
    tensor: DlTensor,
}

/// Kinds of numbers: `kDLInt`, `kDLUInt`, `kDLFloat`, `kDLBool`.
fn data_type(dtype: DType) -> DataType {
    let code = match dtype {
        DType::I8 | DType::I16 | DType::I32 | DType::I64 => 0,
        DType::U8 => 1,
        DType::F32 | DType::F64 => 2,
        DType::Bool => 6,
    };
    DataType { code, bits: 8 * dtype.size_bytes() as u8, lanes: 1 }
}

// --- out ------------------------------------------------------------------------------------------------------------

/// What a capsule of ours keeps alive until its deleter runs; `M` points back to it.
struct Exported<M> {
    managed: M,
    /// What the description points to.
    _lists: [Vec<i64>; 2],
    /// Holds the storage.
    _held: Elements,
}

/// The description of a tensor whose sizes and strides stand in these lists.
fn described(tensor: &Elements, data: *mut u8, sizes: &mut [i64], strides: &mut [i64]) -> DlTensor {
    DlTensor {
        data: data.cast(),
        device: Device { kind: CPU, id: 0 },
        // At most 64.
        ndim: sizes.len() as i32,
        dtype: data_type(tensor.dtype()),
        shape: sizes.as_mut_ptr(),
        strides: strides.as_mut_ptr(),
        byte_offset: (tensor.layout().offset() * tensor.dtype().size_bytes()) as u64,
    }
}

/// SAFETY: to be called once, with what [`export`] made.
unsafe extern "C" fn delete_old(managed: *mut OldManaged) {
    // SAFETY: the context is the box that `export` leaked, and a deleter runs once.
    drop(unsafe { Box::from_raw((*managed).context.cast::<Exported<OldManaged>>()) });
}

/// SAFETY: to be called once, with what [`export`] made.
unsafe extern "C" fn delete_versioned(managed: *mut Managed) {
    // SAFETY: the context is the box that `export` leaked, and a deleter runs once.
    drop(unsafe { Box::from_raw((*managed).context.cast::<Exported<Managed>>()) });
}

/// Python calls it when a capsule goes: one that nobody took still has its first name.
///
/// SAFETY: `capsule` is one of ours.
unsafe extern "C" fn release(capsule: *mut ffi::PyObject) {
    // SAFETY: a capsule with the first name points to what `export` made, which nobody deleted; none of these calls
    // leaves an exception behind, since the name is asked first.
    unsafe {
        if ffi::PyCapsule_IsValid(capsule, VERSIONED.as_ptr()) == 1 {
            delete_versioned(ffi::PyCapsule_GetPointer(capsule, VERSIONED.as_ptr()).cast());
        } else if ffi::PyCapsule_IsValid(capsule, OLD.as_ptr()) == 1 {
            delete_old(ffi::PyCapsule_GetPointer(capsule, OLD.as_ptr()).cast());
        }
    }
}

/// A capsule with the tensor's own memory. `copied` says that nobody else has it.
///
/// # Errors
/// `BufferError` for what the form cannot say: a read-only tensor in a capsule without a version, truth values that are
/// not the taker's own.
#[pyfunction]
pub fn to_dlpack<'py>(
    py: Python<'py>,
    tensor: PyRef<'py, Tensor>,
    versioned: bool,
    copied: bool,
    read_only: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let held = tensor.variable.data().clone();
    let read_only = read_only || held.is_read_only();
    if read_only && !versioned {
        return Err(PyBufferError::new_err(
            "a read-only tensor needs a versioned capsule: ask with max_version=(1, 0), or take a copy",
        ));
    }
    if held.dtype() == DType::Bool && !copied {
        return Err(PyBufferError::new_err(
            "truth values are copied, since another program may write a byte that is none: ask with copy=True",
        ));
    }
    let data = held.elements_ptr();
    let mut sizes: Vec<i64> = held.sizes().iter().map(|&size| size as i64).collect();
    let mut strides: Vec<i64> = held.strides().iter().map(|&stride| stride as i64).collect();
    let described = described(&held, data, &mut sizes, &mut strides);
    // The lists' memory stays where it is when they are moved.
    let (pointer, name): (*mut c_void, &CStr) = if versioned {
        let flags = if read_only { READ_ONLY } else { 0 } | if copied { IS_COPIED } else { 0 };
        let (context, deleter) = (ptr::null_mut(), Some(delete_versioned as _));
        let managed = Managed { version: VERSION, context, deleter, flags, tensor: described };
        let made = Box::into_raw(Box::new(Exported { managed, _lists: [sizes, strides], _held: held }));
        // SAFETY: the box was just made and nobody else knows it.
        unsafe {
            (*made).managed.context = made.cast();
            ((&raw mut (*made).managed).cast(), VERSIONED)
        }
    } else {
        let managed =
            OldManaged { tensor: described, context: ptr::null_mut(), deleter: Some(delete_old as _) };
        let made = Box::into_raw(Box::new(Exported { managed, _lists: [sizes, strides], _held: held }));
        // SAFETY: as above.
        unsafe {
            (*made).managed.context = made.cast();
            ((&raw mut (*made).managed).cast(), OLD)
        }
    };
    // SAFETY: the pointer is not null, the name lives as long as the program, and `release` knows both kinds.
    let capsule = unsafe { ffi::PyCapsule_New(pointer, name.as_ptr(), Some(release)) };
    if capsule.is_null() {
        // SAFETY: no capsule took it.
        unsafe { if versioned { delete_versioned(pointer.cast()) } else { delete_old(pointer.cast()) } }
        return Err(PyErr::fetch(py));
    }
    // SAFETY: a new reference to a capsule.
    Ok(unsafe { Bound::from_owned_ptr(py, capsule) })
}

// --- in -------------------------------------------------------------------------------------------------------------

/// A producer's tensor, which is given back when dropped.
enum Taken {
    Old(NonNull<OldManaged>),
    Versioned(NonNull<Managed>),
}

// SAFETY: DLPack has deleters called from any thread, and only the deleter is called through the pointer.
unsafe impl Send for Taken {}
// SAFETY: nothing is changed through a shared reference.
unsafe impl Sync for Taken {}

impl Drop for Taken {
    fn drop(&mut self) {
        // SAFETY: the capsule was renamed, so this is the only one who deletes; the structures lived until now.
        unsafe {
            match self {
                Taken::Old(managed) => {
                    if let Some(deleter) = managed.as_ref().deleter {
                        deleter(managed.as_ptr());
                    }
                }
                Taken::Versioned(managed) => {
                    if let Some(deleter) = managed.as_ref().deleter {
                        deleter(managed.as_ptr());
                    }
                }
            }
        }
    }
}

impl Taken {
    /// What a capsule holds; the capsule is used from now on.
    fn of(given: &Bound<'_, PyAny>) -> PyResult<Taken> {
        // PyTorch's text.
        let invalid = || {
            PyRuntimeError::new_err(
                "from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only once, so \
                 you might have already constructed a tensor from it once.",
            )
        };
        let capsule = given.cast::<PyCapsule>().map_err(|_| invalid())?;
        let object = capsule.as_ptr();
        // SAFETY: `object` is a capsule; names are asked before pointers, and a pointer of such a name is a live
        // structure of its kind by DLPack's rules.
        unsafe {
            for (name, used) in [(VERSIONED, VERSIONED_USED), (OLD, OLD_USED)] {
                if ffi::PyCapsule_IsValid(object, name.as_ptr()) != 1 {
                    continue;
                }
                let Some(found) = NonNull::new(ffi::PyCapsule_GetPointer(object, name.as_ptr())) else {
                    return Err(PyErr::fetch(capsule.py()));
                };
                if ffi::PyCapsule_SetName(object, used.as_ptr()) != 0 {
                    return Err(PyErr::fetch(capsule.py()));
                }
                return Ok(if name == VERSIONED {
                    Taken::Versioned(found.cast())
                } else {
                    Taken::Old(found.cast())
                });
            }
        }
        Err(invalid())
    }

    /// The description and the flags.
    fn tensor(&self) -> PyResult<(DlTensor, u64)> {
        // SAFETY: both structures live until the deleter runs.
        unsafe {
            match self {
                Taken::Old(managed) => Ok((managed.as_ref().tensor, 0)),
                Taken::Versioned(managed) => {
                    // Of another first number only version, context and deleter are where they were.
                    let version = (&raw const (*managed.as_ptr()).version).read();
                    if version.major != VERSION.major {
                        return Err(refused(format!(
                            "its version is {}.{}, expected {}.x",
                            version.major, version.minor, VERSION.major
                        )));
                    }
                    Ok((managed.as_ref().tensor, managed.as_ref().flags))
                }
            }
        }
    }
}

fn refused(why: impl fmt::Display) -> PyErr {
    PyBufferError::new_err(format!("from_dlpack: the producer's tensor is refused: {why}"))
}

/// Elements in a producer's memory.
struct Borrowed<T> {
    data: NonNull<T>,
    len: usize,
    read_only: bool,
    /// Gives the memory back.
    _taken: Taken,
}

impl<T> fmt::Debug for Borrowed<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} elements of another program", self.len)
    }
}

// SAFETY: the elements are plain numbers, which any thread may read, and the owner may go on any thread.
unsafe impl<T: Send> Send for Borrowed<T> {}
// SAFETY: as above; a shared reference only reads.
unsafe impl<T: Sync> Sync for Borrowed<T> {}

impl<T: Element> Foreign<T> for Borrowed<T> {
    fn values(&self) -> &[T] {
        // SAFETY: address, alignment and length were checked, the producer keeps the memory until its deleter runs, and
        // every pattern of bits is a number of these types.
        unsafe { std::slice::from_raw_parts(self.data.as_ptr(), self.len) }
    }

    fn values_mut(&mut self) -> Option<&mut [T]> {
        // SAFETY: as above, and the producer lets its memory be written.
        (!self.read_only).then(|| unsafe { std::slice::from_raw_parts_mut(self.data.as_ptr(), self.len) })
    }
}

/// What a producer says, checked.
struct Checked {
    dtype: DType,
    sizes: Vec<usize>,
    strides: Vec<usize>,
    /// How many elements lie between the first and the last, both included.
    len: usize,
    data: *mut u8,
}

fn checked(tensor: &DlTensor) -> PyResult<Checked> {
    if tensor.device.kind != CPU {
        return Err(refused(format!(
            "it lies on a device of type {}, and this build computes on the CPU",
            tensor.device.kind
        )));
    }
    let known = |dtype: &DType| data_type(*dtype) == tensor.dtype;
    let Some(dtype) = DType::ALL.into_iter().find(known) else {
        let DataType { code, bits, lanes } = tensor.dtype;
        return Err(refused(format!(
            "elements of code {code} with {bits} bits and {lanes} lanes are not built"
        )));
    };
    if !(0..=DIMENSIONS_MAX).contains(&tensor.ndim) {
        return Err(refused(format!("{} dimensions, expected 0 to {DIMENSIONS_MAX}", tensor.ndim)));
    }
    let count = tensor.ndim as usize;
    if count > 0 && tensor.shape.is_null() {
        return Err(refused("its shape is a null pointer"));
    }
    let listed = |list: *mut i64, what: &str| -> PyResult<Vec<usize>> {
        let numbers = match count {
            0 => &[][..],
            // SAFETY: the pointer is not null, and by DLPack's rules points to a number for each dimension.
            _ => unsafe { std::slice::from_raw_parts(list, count) },
        };
        let numbers = numbers.iter().map(|&number| usize::try_from(number));
        numbers.collect::<Result<_, _>>().map_err(|_| {
            PyValueError::new_err(format!(
                "from_dlpack: a negative {what}; tensors have none: copy the array first"
            ))
        })
    };
    let sizes = listed(tensor.shape, "size")?;
    let numel = sizes.iter().try_fold(1usize, |numel, &size| numel.checked_mul(size));
    let beyond = || refused("its sizes and strides leave the address space");
    let numel = numel.ok_or_else(beyond)?;
    let strides = if tensor.strides.is_null() {
        let mut step = 1usize;
        let mut strides = Vec::with_capacity(count);
        for &size in sizes.iter().rev() {
            strides.push(step);
            step = step.checked_mul(size.max(1)).ok_or_else(beyond)?;
        }
        strides.reverse();
        strides
    } else {
        listed(tensor.strides, "stride")?
    };
    let last = sizes.iter().zip(&strides).try_fold(0usize, |last, (&size, &stride)| {
        last.checked_add(size.saturating_sub(1).checked_mul(stride)?)
    });
    let len = if numel == 0 { 0 } else { last.and_then(|last| last.checked_add(1)).ok_or_else(beyond)? };
    let bytes = len.checked_mul(dtype.size_bytes()).filter(|&bytes| isize::try_from(bytes).is_ok());
    let bytes = bytes.ok_or_else(beyond)?;
    let offset = usize::try_from(tensor.byte_offset).map_err(|_| beyond())?;
    let data = tensor.data.cast::<u8>();
    if len > 0 {
        if data.is_null() {
            return Err(refused("its data is a null pointer"));
        }
        let first = data.addr().checked_add(offset).ok_or_else(beyond)?;
        first.checked_add(bytes).ok_or_else(beyond)?;
        if !first.is_multiple_of(dtype.size_bytes()) {
            return Err(refused(format!("its data is not aligned to {} bytes", dtype.size_bytes())));
        }
    }
    Ok(Checked { dtype, sizes, strides, len, data: data.wrapping_add(offset) })
}

/// A tensor over what a capsule holds; the capsule is used up. Whether it was copied comes with it.
///
/// # Errors
/// `BufferError` for a tensor that is not as DLPack has them or that is not built here, `ValueError` for negative
/// strides, `RuntimeError` for a capsule that is none or was used.
#[pyfunction]
pub fn from_dlpack(capsule: &Bound<'_, PyAny>, may_copy: bool) -> PyResult<(Py<PyAny>, bool)> {
    let py = capsule.py();
    let taken = Taken::of(capsule)?;
    let (described, flags) = taken.tensor()?;
    let checked = checked(&described)?;
    let read_only = flags & READ_ONLY != 0;
    let made =
        |tensor: ::tensor::Result<Elements>| wrapped(py, tensor.map_err(|error| raised(py, &error))?.into());
    if checked.dtype == DType::Bool {
        if !may_copy {
            return Err(refused("truth values are copied, and copy=False forbids it"));
        }
        return Ok((made(truths(&checked))?, true));
    }
    macro_rules! borrowed {
        ($($variant:ident => $element:ty),*) => {
            match checked.dtype {
                $(DType::$variant => over::<$element>(&checked, read_only, taken),)*
                DType::Bool => return Err(refused("truth values")),
            }
        };
    }
    let tensor = borrowed!(
        U8 => u8, I8 => i8, I16 => i16, I32 => i32, I64 => i64, F32 => f32, F64 => f64
    );
    Ok((made(tensor)?, false))
}

fn over<T: Element>(checked: &Checked, read_only: bool, taken: Taken) -> ::tensor::Result<Elements> {
    let data =
        NonNull::new(checked.data.cast::<T>()).filter(|_| checked.len > 0).unwrap_or(NonNull::dangling());
    let memory = Borrowed { data, len: checked.len, read_only, _taken: taken };
    Elements::from_foreign(Box::new(memory), read_only, &checked.sizes, &checked.strides)
}

/// A copy in which a byte other than 0 is true.
fn truths(checked: &Checked) -> ::tensor::Result<Elements> {
    let bytes: &[u8] = match checked.len {
        0 => &[],
        // SAFETY: address and length were checked, and the producer keeps the memory while the copy is made.
        len => unsafe { std::slice::from_raw_parts(checked.data, len) },
    };
    let whole = Elements::from_vec(bytes.iter().map(|&byte| byte != 0).collect(), &[bytes.len()])?;
    whole.as_strided(&checked.sizes, &checked.strides, 0)?.copy()
}
