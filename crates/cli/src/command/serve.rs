//! `lumen serve`

use crate::args::ServeOptions;
use crate::serve::stdio;
use crate::terminal::Failure;
use crate::workers;

pub fn serve(options: &ServeOptions) -> Result<u8, Failure> {
    workers::set(&options.threads)?;
    if options.mcp {
        return Err(Failure::usage("`lumen serve --mcp` is not built yet"));
    }
    stdio::serve()
}
