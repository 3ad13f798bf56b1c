//! Did-you-mean, as help.

use syntax::suggest::nearest;

/// "did you mean …?", if a candidate is near enough. One or two letters say too little to guess from.
pub(crate) fn did_you_mean<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<String> {
    if name.chars().count() < 3 {
        return None;
    }
    nearest(name, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}
