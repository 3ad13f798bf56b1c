//! HTML pages, SVG plots, terminal tables and plots.
