//! `lumen new`: a small project with its data, carried in the binary.

use std::path::Path;

use crate::args::NewOptions;
use crate::terminal::{Failure, Terminal};
use crate::world;

struct Template {
    name: &'static str,
    /// The document that the next commands name.
    document: &'static str,
    files: &'static [(&'static str, &'static [u8])],
}

const TEMPLATES: &[Template] = &[
    Template {
        name: "penguins",
        document: "penguins.lm.md",
        files: &[
            ("penguins.lm.md", include_bytes!("../../templates/penguins/penguins.lm.md")),
            ("data/penguins.csv", include_bytes!("../../templates/penguins/data/penguins.csv")),
            ("data/DATA.md", include_bytes!("../../templates/penguins/data/DATA.md")),
        ],
    },
    Template {
        name: "weather",
        document: "weather.lm.md",
        files: &[
            ("weather.lm.md", include_bytes!("../../templates/weather/weather.lm.md")),
            ("data/seattle-weather.csv", include_bytes!("../../templates/weather/data/seattle-weather.csv")),
            ("data/DATA.md", include_bytes!("../../templates/weather/data/DATA.md")),
        ],
    },
    Template {
        name: "blank",
        document: "report.lm.md",
        files: &[("report.lm.md", include_bytes!("../../templates/blank/report.lm.md"))],
    },
];

pub fn new(options: &NewOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let Some(template) = TEMPLATES.iter().find(|t| t.name == options.template) else {
        let names: Vec<&str> = TEMPLATES.iter().map(|t| t.name).collect();
        let failure = Failure::usage(format!("there is no template `{}`", options.template)).code("E0706");
        return Err(match syntax::suggest::nearest(&options.template, names.iter().copied()) {
            Some(near) => failure.help(format!("Did you mean `{near}`?")),
            None => failure.help(format!("The templates are {}.", names.join(", "))),
        });
    };
    let folder = options.folder.as_deref().unwrap_or(template.name);
    let root = Path::new(folder);
    if root.exists() && std::fs::read_dir(root).map_or(true, |mut d| d.next().is_some()) {
        return Err(Failure::usage(format!("`{folder}` is there already"))
            .code("E0707")
            .help("Name another folder: `lumen new TEMPLATE FOLDER`."));
    }
    for (path, bytes) in template.files {
        let target = root.join(path);
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent)
                .map_err(|e| Failure::io(format!("cannot make `{}`", parent.display()), &e))?;
        }
        world::save(&target, bytes)?;
        terminal.say(&format!("  {}", target.display()));
    }
    terminal.say("\nNext");
    terminal.say(&format!("  cd {folder}"));
    terminal.say(&format!("  lumen run {}", template.document));
    Ok(0)
}
