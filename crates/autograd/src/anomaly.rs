//! Anomaly mode: nodes remember where their forward call stood, and NaN in a gradient is an error.

use std::cell::RefCell;
use std::sync::Arc;

use tensor::{Error, Result};

use crate::value::Value;

/// Turns the error of a pass into that to raise: of a node, and where its forward call stood.
pub type Detected = Arc<dyn Fn(&'static str, Option<&str>, Error) -> Error + Send + Sync>;

/// What a host adds to anomaly mode.
#[derive(Clone)]
pub struct Anomaly {
    /// Whether a gradient with NaN ends the pass.
    pub check_nan: bool,
    /// Says where the program stands: a Python traceback, a span of a document.
    pub site: Arc<dyn Fn() -> Option<String> + Send + Sync>,
    /// Told the node in which a pass failed and where its forward call stood; gives the error to raise.
    pub detected: Detected,
}

thread_local! {
    static OPEN: RefCell<Option<Anomaly>> = const { RefCell::new(None) };
}

/// Switches anomaly mode on this thread; gives what was before.
pub fn set_anomaly(anomaly: Option<Anomaly>) -> Option<Anomaly> {
    OPEN.with(|open| open.replace(anomaly))
}

/// Anomaly mode of this thread.
pub fn anomaly() -> Option<Anomaly> {
    OPEN.with(|open| open.borrow().clone())
}

/// Runs the body in anomaly mode with NaN checked. `site` says where the program stands; an error of a backward pass
/// names the node and where its forward call stood.
///
/// ```
/// use autograd::{Tensor, Variable, detect_anomaly};
/// let error = detect_anomaly(|| Some("cell 3".to_string()), || {
///     let x = Variable::parameter(Tensor::from_vec(vec![-1.0f32], &[1])?)?;
///     x.sqrt()?.backward()
/// }).unwrap_err();
/// assert!(error.to_string().starts_with("Function 'SqrtBackward0' returned nan values in its 0th output."));
/// assert!(error.to_string().ends_with("cell 3"));
/// ```
pub fn detect_anomaly<R>(
    site: impl Fn() -> Option<String> + Send + Sync + 'static,
    body: impl FnOnce() -> R,
) -> R {
    /// Puts the mode back, also when the body panics.
    struct Restore(Option<Anomaly>);
    impl Drop for Restore {
        fn drop(&mut self) {
            set_anomaly(self.0.take());
        }
    }
    let detected = |node: &'static str, site: Option<&str>, error: Error| {
        let site = site.unwrap_or("no forward call is known: it ran before anomaly mode was on");
        let text = format!("{}\nError detected in {node}. Forward call: {site}", error.message());
        Error::new(error.kind(), error.operator(), text)
    };
    let mode = Anomaly { check_nan: true, site: Arc::new(site), detected: Arc::new(detected) };
    let _restore = Restore(set_anomaly(Some(mode)));
    body()
}

/// Where the program stands, in anomaly mode.
pub(crate) fn site() -> Option<Arc<str>> {
    // The mode is taken out of its cell while the host looks: what it runs may make nodes.
    let mode = OPEN.try_with(|open| open.try_borrow().ok().and_then(|open| open.clone())).ok().flatten()?;
    (mode.site)().map(Arc::from)
}

/// Refuses gradients with NaN.
pub(crate) fn check(node: &'static str, found: &[Option<Value>]) -> Result<()> {
    for (k, grad) in found.iter().enumerate() {
        let Some(grad) = grad else { continue };
        if grad.data().isnan()?.any()?.item()?.to_bool() {
            let text = format!("Function '{node}' returned nan values in its {k}th output.");
            return Err(Error::runtime("backward", text));
        }
    }
    Ok(())
}
