//! The model that the program carries itself: it answers without a network, and says what it does not do.

use testkit::disk::FaultyDisk;

use crate::models::{Asking, diagnostics, program, shown, start};

const DOCUMENT: &str = "---
grants: [model max_calls 9 max_cost 0.01]
providers: {reader: offline/strike-reader-1}
---
```lumen read
enum Damage
  None
  Minor
  Severe
end
record Birds
  wing_bird: String
  @desc(\"nose bird\") other: String
end
record Harm
  wing_damage: Damage
end
@model(\"reader\", max_tokens: 200, temperature: 0.0)
cell birds(report: String) -> Birds
  \"Which birds?\"
end
record Marks
  wing_damage: Bool
  nose_damage: Bool
end
@model(\"reader\")
cell marks(report: String) -> Marks
  \"Which parts are damaged?\"
end
@model(\"reader\")
cell harm(report: String) -> Harm
  \"How bad?\"
end
@model(\"reader\")
cell many(report: String) -> list[String]
  \"All birds.\"
end
@model(\"reader\")
cell motto(topic: String) -> String
  \"A motto.\"
end
@model(\"reader\", temperature: 0.7)
cell warm(report: String) -> Birds
  \"Which birds?\"
end
@model(\"reader\", max_tokens: 5)
cell short(report: String) -> Birds
  \"Which birds?\"
end
let report = \"At dusk. wing damage: small crack; wing bird: zorblax. nose bird: crow; nose damage: torn skin.\"
let one = birds(report)
let two = marks(\"At dusk. wing damage: small crack; wing bird: crow. nose bird: heron; nose damage: unharmed.\")
let three = harm(\"At dusk. wing damage: small crack; wing bird: crow. nose bird: heron; nose damage: unharmed.\")
let told = \"{many.try(report)}\\n{motto.try(report)}\\n{warm.try(report)}\\n{short.try(report)}\\n{birds.try(report.pad_right(600))}\"
```
";

#[test]
fn it_quotes_from_a_report_and_says_what_it_does_not_do() {
    let program = program(DOCUMENT, "");
    let disk = FaultyDisk::new();
    let finished = start(&program, &disk, None, &mut Asking::new(&program, None));
    let values = shown(&finished);
    assert_eq!(values["one"], "Birds(wing_bird: \"zorblax\", other: \"crow\")");
    // The words for damage of its lessons.
    assert_eq!(values["two"], "Marks(wing_damage: true, nose_damage: false)");
    assert_eq!(values["three"], "Harm(wing_damage: Minor)");
    let told = &values["told"];
    for what in [
        "`value` is of the type array",
        "writes no text of its own",
        "no temperature above 0",
        "cut after 5 tokens",
        "sees 512 bytes",
    ] {
        assert!(told.contains(what), "{what}: {told}");
    }
}

#[test]
fn only_its_own_name_is_a_model_and_it_has_no_key() {
    let other = DOCUMENT.replace("offline/strike-reader-1", "offline/gpt").replace(" max_cost 0.01", "");
    let program = program(&other, "");
    let finished = start(&program, &FaultyDisk::new(), None, &mut Asking::new(&program, None));
    let (_, fault) = finished.outcome.fault.expect("a fault");
    assert!(
        fault.message.contains("the offline model is `strike-reader-1`, found `gpt`"),
        "{}",
        fault.message
    );
    let keyed = "[providers.o]\nkind = \"offline\"\nkey_env = \"A\"\n[models.reader]\nprovider = \"o\"\nmodel = \"x\"\n";
    let plain = DOCUMENT.replace("providers: {reader: offline/strike-reader-1}\n", "");
    let told = diagnostics(&plain, keyed).join("\n");
    assert!(told.contains("key_env"), "{told}");
}
