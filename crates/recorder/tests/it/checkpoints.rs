//! Runs that are killed around a `checkpoint` in the middle of a fence: they go on from the newest one and end as if
//! nobody had disturbed them.

use std::sync::Arc;

use recorder::run::{self, Finished};
use recorder::world::Observer;
use store::Durability;
use testkit::disk::{Fault, FaultyDisk, Survival};
use vm::Print;

use crate::scene::{Scene, complete, options, program_of, request, verify};

/// Shuffles, drops, normalises and schedules; the points lie in the middle of epochs, one of them in a cell that the
/// fence calls, with variables that a function shares.
const DOCUMENT: &str = "---
inputs: {data: {file: d.txt}}
---

```lumen data
let x = Tensor.linspace(-1.0, 1.0, 12).reshape([12, 1])
let y = x * x
```

```lumen train
cell keep(name: String, batch: Int) -> Null
  if batch % 2 == 1
    checkpoint(\"{name} {batch}\")
  end
end
let hidden = nn.BatchNorm1d(4)
let net = nn.Sequential([nn.Linear(1, 4), hidden, nn.Tanh(), nn.Dropout(0.25), nn.Linear(4, 1)])
let opt = optim.Adam(net.parameters(), lr: 0.05)
let slower = optim.ExponentialLR(opt, gamma: 0.5)
let first = net.parameters()[0]
let mut losses: list[Float] = []
let mut batch = 0
for epoch in 1..=3
  for (xb, yb) in data.DataLoader(data.TensorDataset(x, y), batch_size: 5, shuffle: true)
    let _ = timestamp()
    opt.zero_grad()
    let loss = nn.functional.mse_loss(net(xb), yb)
    loss.backward()
    opt.step()
    losses = append(losses, loss.item())
    batch += 1
    print(\"batch\", batch, random())
    keep(\"epoch {epoch}\", batch)
  end
  slower.step()
  torch.save(net.state_dict(), \"net.lmt\")
end
let moved = first.abs().sum().item()
let lost = losses.reduce(fn(a, b) => a + b, 0.0)
let means = hidden.state_dict()[\"running_mean\"].sum().item()
```

```lumen shared
cell counted(times: Int) -> Int
  let mut total = 0
  let add = fn(n: Int) => { total += n }
  for n in 1..=times
    add(n)
    print(\"sum\", total)
    checkpoint(\"sum {n}\")
  end
  total
end
let sum = counted(3)
```

The sum is `{lumen} sum`. The weights of the first layer sum to `{lumen} moved`, the means to `{lumen} means`, and the losses are
`{lumen} lost` together.
";

#[derive(Default)]
struct Printed(String);

impl Observer for Printed {
    fn printed(&mut self, to: Print, text: &str) {
        assert_eq!(to, Print::Out);
        self.0.push_str(text);
    }
}

fn start(scene: &mut Scene, disk: &FaultyDisk) -> (recorder::Result<Finished>, String) {
    let (program, mut printed) = (program_of(DOCUMENT), Printed::default());
    let (disk, options) = (Arc::new(disk.clone()), options(Durability::Durable));
    let ran = run::start(&program, &request(), disk, options, None, None, scene, &mut printed);
    (ran.and_then(|ending| ending.close()), printed.0)
}

fn resume(scene: &mut Scene, disk: &FaultyDisk) -> (recorder::Result<Finished>, String) {
    let (disk, mut printed) = (Arc::new(disk.clone()), Printed::default());
    let ran = run::resume(disk, false, options(Durability::Durable), scene, &mut printed);
    (ran.and_then(|ending| ending.close()), printed.0)
}

/// How many batches a text is of.
fn batches(printed: &str) -> usize {
    printed.lines().filter(|line| line.starts_with("batch")).count()
}

#[test]
fn a_run_killed_at_any_call_goes_on_from_the_newest_checkpoint_with_the_same_bits() {
    let disk = FaultyDisk::new();
    let mut scene = Scene::new(&disk);
    let (finished, printed) = start(&mut scene, &disk);
    let expected = finished.expect("nothing fails");
    assert!(expected.outcome.fault.is_none(), "{:?}", expected.outcome.fault.map(|(record, _)| record));
    assert_eq!(batches(&printed), 9);
    let saved = scene.file("net.lmt").expect("it is saved").to_vec();
    let call_count = disk.call_count();
    assert!(verify(&disk).expect("it is whole").is_verified());
    let mut shorter = 0;
    for call in 0..call_count {
        let disk = FaultyDisk::new().fail_at(call, Fault::PowerCut);
        let mut scene = Scene::new(&disk);
        let (ended, _) = start(&mut scene, &disk);
        assert!(ended.is_err(), "call {call}: the power went off");
        for survival in [Survival::Everything, Survival::Synced] {
            let found = disk.after_crash(survival);
            let Some(history) = complete(&found) else { continue };
            // Points are at the batches 1, 3, 5, 7 and 9, so the last of n that are kept is behind batch 2n - 1.
            let is_point = |effect: &&recorder::history::EffectRecord| {
                effect.intent.operation == "checkpoint"
                    && effect.intent.request.to_string().contains("epoch")
                    && effect.outcome.is_some()
            };
            let points = history.effects.iter().filter(is_point).count();
            let is_done =
                history.end.is_some() || history.nodes.iter().any(|(_, node)| node.name == "losses");
            let mut later = scene.go_on(&found);
            let (resumed, printed) = resume(&mut later, &found);
            let end = resumed.unwrap_or_else(|error| panic!("call {call}, {survival:?}: {error}")).end;
            assert_eq!(end, expected.end, "call {call}, {survival:?}");
            assert_eq!(later.file("net.lmt"), Some(saved.as_slice()), "call {call}, {survival:?}");
            if points > 0 && !is_done && history.end.is_none() {
                assert_eq!(
                    batches(&printed),
                    9 - (2 * points - 1),
                    "call {call}, {survival:?}: {points} points"
                );
                shorter += 1;
            }
            if call % 11 == 0 {
                let verdict = verify(&found).expect("it is whole");
                assert!(verdict.is_verified(), "call {call}: {:?}", verdict.differences);
            }
        }
    }
    println!("{shorter} runs went on from a checkpoint");
    assert!(shorter > 20, "{shorter} runs went on from a checkpoint");
}

/// A document of one fence, and how its run ends.
#[track_caller]
fn refused(fence: &str, words: &str) {
    let document = format!("---\ninputs: {{data: {{file: d.txt}}}}\n---\n\n```lumen only\n{fence}\n```\n");
    let disk = FaultyDisk::new();
    let mut scene = Scene::new(&disk);
    let finished = crate::scene::start(&program_of(&document), &mut scene, Durability::Durable);
    let (fault, _) = finished.expect("the log is written").outcome.fault.expect("it is refused");
    assert_eq!(fault.code, "R0126", "{}", fault.message);
    assert!(fault.message.contains(words), "{}", fault.message);
}

#[test]
fn what_an_image_does_not_hold_is_refused_by_name() {
    refused(
        "cell kept(x: Int) -> Int\n  checkpoint(\"{x}\")\n  x\nend\nlet all = [1, 2].map(kept)",
        "inside of a builtin",
    );
    refused(
        "cell kept() -> Int\n  let task = spawn 1\n  checkpoint(\"a\")\n  (await task).unwrap()\nend\nlet done = kept()",
        "while tasks run",
    );
    refused(
        "cell some() -> Iter[Int]\n  yield 1\n  yield 2\nend\nlet mut total = 0\nfor x in some()\n  total += x\n  checkpoint(\"{x}\")\nend",
        "inside of a walk of a generator",
    );
}

#[test]
fn a_tensor_is_a_constant_behind_a_checkpoint_in_an_undisturbed_run_too() {
    let document = "---
inputs: {data: {file: d.txt}}
---

```lumen only
cell late() -> Float
  let net = nn.Linear(1, 1)
  let loss = net(Tensor.linspace(0.0, 1.0, 2).reshape([2, 1])).sum()
  checkpoint(\"a\")
  loss.backward()
  loss.item()
end
let x = late()
```
";
    let disk = FaultyDisk::new();
    let mut scene = Scene::new(&disk);
    let finished = crate::scene::start(&program_of(document), &mut scene, Durability::Durable);
    let (fault, _) = finished.expect("the log is written").outcome.fault.expect("it has no history");
    assert!(fault.message.contains("does not require grad"), "{} {}", fault.code, fault.message);
}

#[test]
fn what_was_deferred_runs_behind_a_checkpoint() {
    let document = "---
inputs: {data: {file: d.txt}}
---

```lumen only
cell late() -> Int
  defer
    print(\"later\")
  end
  checkpoint(\"a\")
  print(\"first\")
  1
end
let x = late()
```
";
    let disk = FaultyDisk::new();
    let mut scene = Scene::new(&disk);
    let finished = crate::scene::start(&program_of(document), &mut scene, Durability::Durable);
    let outcome = finished.expect("the log is written").outcome;
    assert!(outcome.fault.is_none(), "{:?}", outcome.fault.map(|(record, _)| record));
    let printed: Vec<&str> = outcome.nodes.iter().map(|node| node.printed.as_str()).collect();
    assert_eq!(printed, ["first\nlater\n"]);
}
