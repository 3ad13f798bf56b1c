//! Requests that ask about programs and runs: what the verbs of the same names print with `--json`.

use serde_json::{Value, json};

use super::message::Problem;
use super::params::Params;
use super::value;
use crate::command::check::checked;
use crate::command::verify::verdict;
use crate::command::why::Answer;
use crate::project::Project;

/// `check`: diagnostics of documents and sources.
pub fn check(mut params: Params) -> Result<Value, Problem> {
    let (files, strict) = (params.texts("files"), params.flag("strict"));
    params.finish()?;
    Ok(checked(&files, strict)?)
}

/// `why`: where a result, a number or an entry of the state comes from.
pub fn why(mut params: Params) -> Result<Value, Problem> {
    let (run, name) = (params.text("run"), params.required_text("name"));
    params.finish()?;
    Ok(Answer::find(run.as_deref(), &name)?.json())
}

/// `verify`: a run or bundle, replayed.
pub fn verify(mut params: Params) -> Result<Value, Problem> {
    let target = params.text("target");
    params.finish()?;
    let verdict = verdict(target.as_deref(), false)?;
    let mut answer = verdict.json();
    answer["exit_code"] = verdict.exit_code().into();
    answer["sentence"] = verdict.sentence().into();
    Ok(answer)
}

/// `result.get`: a named result with its type, its hash and, where JSON carries it, its value.
pub fn result(mut params: Params) -> Result<Value, Problem> {
    let (run, name) = (params.text("run"), params.required_text("name"));
    params.finish()?;
    let folder = Project::find().run(run.as_deref())?;
    let history = folder.history()?;
    let named = recorder::result::named(&history, &name)?;
    let reference = &named.reference;
    let mut answer = json!({
        "run": folder.name, "name": name, "type": reference.type_name, "hash": reference.hash,
        "summary": reference.summary, "cell": named.node.cell, "seq": named.seq,
        "status": if named.node.recorded { "recorded" } else { "ran" },
    });
    if let (Some(fields), Value::Object(shown)) = (answer.as_object_mut(), value::shown(named.value.as_ref()))
    {
        fields.extend(shown);
    }
    Ok(answer)
}
