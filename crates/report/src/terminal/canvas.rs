//! A grid of cells to draw on.

use super::style::{Style, painted};

/// Cells in braille dots, two across and four down each, or in one mark a cell.
pub(super) struct Canvas {
    columns: usize,
    rows: usize,
    /// Dots of the cell (Unicode's braille bits) or its mark, and the series that drew last.
    cells: Vec<(Ink, usize)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ink {
    Blank,
    Dots(u8),
    Mark(char),
}

/// Braille bits by row and column of the dot, Unicode chapter 21.1.
const DOTS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

impl Canvas {
    pub(super) fn new(columns: usize, rows: usize) -> Self {
        Self { columns, rows, cells: vec![(Ink::Blank, 0); columns * rows] }
    }

    /// Sets the dot at shares of the width (from the left) and the height (from below).
    pub(super) fn dot(&mut self, x: f64, y: f64, series: usize) {
        let (Some(across), Some(up)) = (spot(x, self.columns * 2), spot(y, self.rows * 4)) else { return };
        let down = self.rows * 4 - 1 - up;
        let bit = DOTS[down % 4][across % 2];
        if let Some(cell) = self.cells.get_mut(down / 4 * self.columns + across / 2) {
            *cell = match cell.0 {
                Ink::Dots(dots) => (Ink::Dots(dots | bit), series),
                Ink::Blank | Ink::Mark(_) => (Ink::Dots(bit), series),
            };
        }
    }

    /// Sets a whole cell.
    pub(super) fn mark(&mut self, x: f64, y: f64, mark: char, series: usize) {
        let (Some(across), Some(up)) = (spot(x, self.columns), spot(y, self.rows)) else { return };
        if let Some(cell) = self.cells.get_mut((self.rows - 1 - up) * self.columns + across) {
            *cell = (Ink::Mark(mark), series);
        }
    }

    /// Draws along a straight line, closely enough that no dot is missed.
    pub(super) fn line(&self, from: (f64, f64), to: (f64, f64), mut draw: impl FnMut(f64, f64)) {
        let steps = ((to.0 - from.0).abs() * (self.columns * 2) as f64)
            .max((to.1 - from.1).abs() * (self.rows * 4) as f64)
            .ceil();
        let count = (steps as usize).clamp(1, 8 * (self.columns + self.rows + 1));
        for i in 0..=count {
            let t = i as f64 / count as f64;
            draw(from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t);
        }
    }

    /// The rows from the top, neighbours of one series painted together.
    pub(super) fn lines(&self, color: bool) -> Vec<String> {
        let row = |cells: &[(Ink, usize)]| {
            let mut line = String::new();
            for run in cells.chunk_by(|a, b| (a.0 == Ink::Blank) == (b.0 == Ink::Blank) && a.1 == b.1) {
                let text: String = run.iter().map(|(ink, _)| ink.char()).collect();
                match run.first() {
                    Some((Ink::Dots(_) | Ink::Mark(_), series)) => {
                        line += &painted(&text, Style::Series(*series), color);
                    }
                    _ => line += &text,
                }
            }
            line
        };
        self.cells.chunks(self.columns.max(1)).map(row).collect()
    }
}

impl Ink {
    fn char(self) -> char {
        match self {
            Self::Blank => ' ',
            Self::Dots(dots) => char::from_u32(0x2800 + u32::from(dots)).unwrap_or(' '),
            Self::Mark(mark) => mark,
        }
    }
}

/// The place of a share among `count` places; `None` outside 0 to 1.
pub(super) fn spot(share: f64, count: usize) -> Option<usize> {
    let last = count.checked_sub(1)?;
    (-1e-9..=1.0 + 1e-9).contains(&share).then(|| (share * last as f64).round() as usize)
}
