//! Training that the power cuts short at every call to the disk, most of them between two batches: the resumed run ends
//! as one that nobody disturbed, with the same report and the same bytes in the file that it saved.

use recorder::run::Finished;
use store::Durability;
use testkit::disk::{Fault, FaultyDisk, Survival};

use crate::scene::{Scene, complete, program_of, resume, start, verify};

/// Each batch asks the clock, so that every one is a place in the log.
const DOCUMENT: &str = "---
inputs: {data: {file: d.txt}}
---

```lumen train
let x = Tensor.linspace(-1.0, 1.0, 12).reshape([12, 1])
let y = x * x
let net = nn.Sequential([nn.Linear(1, 4), nn.Tanh(), nn.Dropout(0.1), nn.Linear(4, 1)])
let opt = optim.Adam(net.parameters(), lr: 0.05)
for epoch in 1..=3
  for (xb, yb) in data.DataLoader(data.TensorDataset(x, y), batch_size: 5, shuffle: true)
    let _ = timestamp()
    opt.zero_grad()
    nn.functional.mse_loss(net(xb), yb).backward()
    opt.step()
  end
  let state: map[String, Any] = {\"epoch\": epoch, \"net\": net.state_dict(), \"opt\": opt.state_dict()}
  torch.save(state, \"net.lmt\")
end
let trained = net.eval()
```

```lumen after
let again = nn.Sequential([nn.Linear(1, 4), nn.Tanh(), nn.Dropout(0.1), nn.Linear(4, 1)])
let saved = torch.load[map[String, Any]](\"net.lmt\")
again.load_state_dict(saved[\"net\"])
let read = again.eval()
let gap = (trained(x) - read(x)).abs().max().item()
let loss = nn.functional.mse_loss(read(x), y).item()
```

The loss is `{lumen} loss`, and `{lumen} gap` away from that of the network that was saved.
";

fn undisturbed() -> (Finished, Vec<u8>, u64) {
    let disk = FaultyDisk::new();
    let mut scene = Scene::new(&disk);
    let finished = start(&program_of(DOCUMENT), &mut scene, Durability::Durable).expect("nothing fails");
    assert!(finished.outcome.fault.is_none(), "{:?}", finished.outcome.fault.map(|(record, _)| record));
    // Nine batches, three files, and one that is read; the network read is the network saved.
    assert_eq!(scene.asked.len(), 13, "{:?}", scene.asked);
    let gap = finished.outcome.numbers.iter().find(|number| number.text == "0.0" || number.text == "0");
    assert!(gap.is_some(), "{:?}", finished.outcome.numbers);
    let saved = scene.file("net.lmt").expect("it is saved").to_vec();
    (finished, saved, disk.call_count())
}

#[test]
fn training_cut_at_any_call_ends_with_the_same_bits() {
    let program = program_of(DOCUMENT);
    let (expected, saved, call_count) = undisturbed();
    let (mut resumed, mut within) = (0, 0);
    for call in 0..call_count {
        let disk = FaultyDisk::new().fail_at(call, Fault::PowerCut);
        let mut scene = Scene::new(&disk);
        let ended = start(&program, &mut scene, Durability::Durable);
        assert!(ended.is_err(), "call {call}: the power went off");
        for survival in [Survival::Everything, Survival::Synced] {
            let found = disk.after_crash(survival);
            if complete(&found).is_none() {
                continue;
            }
            let mut later = scene.go_on(&found);
            let end =
                resume(&mut later).unwrap_or_else(|error| panic!("call {call}, {survival:?}: {error}")).end;
            assert_eq!(end, expected.end, "call {call}, {survival:?}");
            assert_eq!(later.file("net.lmt"), Some(saved.as_slice()), "call {call}, {survival:?}");
            resumed += 1;
            within += usize::from(!scene.asked.is_empty() && scene.asked.len() < 13);
            if call % 9 == 0 {
                let verdict = verify(&found).expect("it is whole");
                assert!(verdict.is_verified(), "call {call}: {:?}", verdict.differences);
            }
        }
    }
    println!("{resumed} resumed, {within} of them cut within the training");
    assert!(within > 20, "{resumed} resumed, {within} of them cut within the training");
}

/// Runs a program of the page on files of tensors, by its place.
fn of_the_page(at: usize) -> (Finished, Scene) {
    const PAGE: &str = include_str!("../../../../docs/tensors.md");
    let rest = PAGE.split("```lumen\n").nth(at + 1).expect("the page has so many examples");
    let (example, _) = rest.split_once("```").expect("it ends");
    let document = format!("---\ninputs: {{data: {{file: d.txt}}}}\n---\n\n```lumen page\n{example}```\n");
    let disk = FaultyDisk::new();
    let mut scene = Scene::new(&disk);
    let finished = start(&program_of(&document), &mut scene, Durability::Durable).expect("nothing fails");
    assert!(finished.outcome.fault.is_none(), "{:?}", finished.outcome.fault.map(|(record, _)| record));
    (finished, scene)
}

#[test]
fn the_page_on_files_of_tensors_runs() {
    let (finished, scene) = of_the_page(0);
    let values = finished.outcome.nodes.iter().flat_map(|node| &node.values);
    let gap =
        values.filter(|(name, _)| name == "gap").map(|(_, value)| format!("{value:?}")).collect::<Vec<_>>();
    assert_eq!(gap, ["Float(0.0)"]);
    assert!(scene.file("net.lmt.rq").is_some());
}

#[test]
fn the_page_s_checkpoints_are_kept() {
    let (finished, _) = of_the_page(1);
    let effects: usize = finished.outcome.nodes.iter().map(|node| node.record.effects.len()).sum();
    assert_eq!(effects, 3);
}
