//! The table: every line beside its reference from the same run, the floor that must hold, and the goal.

#![expect(clippy::print_stdout, reason = "it is what a bench is for")]

/// What a number counts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Unit {
    /// Seconds, shown in microseconds.
    Micros,
    /// Seconds, shown in milliseconds.
    Millis,
    /// Things in a second.
    PerSecond,
    /// Bytes, shown in KiB.
    Kib,
    /// Bytes, shown in MiB.
    Mib,
    /// Things.
    Count,
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::Micros => format!("{:.0} us", value * 1e6),
            Self::Millis => format!("{:.2} ms", value * 1e3),
            Self::PerSecond => format!("{value:.0}/s"),
            Self::Kib => format!("{:.1} KiB", value / 1024.0),
            Self::Mib => format!("{:.1} MiB", value / 1024.0 / 1024.0),
            Self::Count => format!("{value:.0}"),
        }
    }
}

/// What must hold, or is wished for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bound {
    /// The value is no more.
    AtMost(f64),
    /// The value is no less.
    AtLeast(f64),
    /// The value is at most so many times the reference.
    Times(f64),
    /// The value is at least so much of the reference.
    Part(f64),
}

/// One line.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    what: String,
    unit: Unit,
    value: f64,
    reference: Option<f64>,
    floor: Option<Bound>,
    goal: Option<Bound>,
}

impl Row {
    pub(crate) fn new(what: impl Into<String>, unit: Unit, value: f64) -> Self {
        Self { what: what.into(), unit, value, reference: None, floor: None, goal: None }
    }

    /// Beside the same of somebody else, if they are there.
    pub(crate) fn beside(self, reference: Option<f64>) -> Self {
        Self { reference, ..self }
    }

    pub(crate) fn floor(self, bound: Bound) -> Self {
        Self { floor: Some(bound), ..self }
    }

    pub(crate) fn goal(self, bound: Bound) -> Self {
        Self { goal: Some(bound), ..self }
    }

    fn ratio(&self) -> Option<f64> {
        self.reference.filter(|reference| *reference > 0.0).map(|reference| self.value / reference)
    }

    fn words(&self, bound: Option<Bound>) -> String {
        match bound {
            None => String::new(),
            Some(Bound::AtMost(limit)) => format!("<= {}", self.unit.show(limit)),
            Some(Bound::AtLeast(limit)) => format!(">= {}", self.unit.show(limit)),
            Some(Bound::Times(limit)) => format!("<= {limit}x"),
            Some(Bound::Part(limit)) => format!(">= {limit}x"),
        }
    }

    /// Whether a bound is kept; unknown where there is none, or the reference is missing.
    fn keeps(&self, bound: Option<Bound>) -> Option<bool> {
        Some(match bound? {
            Bound::AtMost(limit) => self.value <= limit,
            Bound::AtLeast(limit) => self.value >= limit,
            Bound::Times(limit) => self.ratio()? <= limit,
            Bound::Part(limit) => self.ratio()? >= limit,
        })
    }

    /// Prints it.
    pub(crate) fn print(&self) {
        let verdict = match (self.keeps(self.floor), self.keeps(self.goal)) {
            (Some(false), _) => "floor missed",
            (_, Some(true)) => "goal",
            (Some(true), _) => "floor",
            (None, _) => "",
        };
        let reference = self.reference.map(|reference| self.unit.show(reference)).unwrap_or_default();
        let ratio = self.ratio().map(|ratio| format!("{ratio:.2}x")).unwrap_or_default();
        let (measured, floor, goal) = (self.unit.show(self.value), self.words(self.floor), self.words(self.goal));
        print_line(&[&self.what, &measured, &reference, &ratio, &floor, &goal, verdict]);
    }
}

/// Prints what stands above the columns.
pub(crate) fn print_head() {
    print_line(&["", "measured", "reference", "ratio", "floor", "goal", ""]);
}

fn print_line(columns: &[&str; 7]) {
    let [what, measured, reference, ratio, floor, goal, verdict] = columns;
    let line = format!("{what:<52} {measured:>12} {reference:>12} {ratio:>8}  {floor:<14} {goal:<14} {verdict}");
    println!("{}", line.trim_end());
}
