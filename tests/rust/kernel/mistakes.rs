//! Mistakes: drivers that make one which their object names; each is found at its line, and without one nothing is.

use crate::build::driver;
use crate::line_server::options;
use std::rc::Rc;
use wsksim::c::kernel::{Kernel, Object, Options};
use wsksim::core::chooser::Schedule;
use wsksim::core::findings::Finding;

/// The switch, the rule that it breaks, and the mark of the line, if it has one.
pub(crate) type Mistake = (&'static str, &'static str, Option<&'static str>);

/// The driver with this mistake, or with none; `None` without a compiler.
pub(crate) fn mistaken(file: &str, switch: Option<&str>) -> Option<Object> {
    let mistake = format!("MISTAKE={:<24}", switch.unwrap_or("NONE"));
    driver(&[file], Some((&format!("MISTAKE={:<24}", "NONE"), &mistake)))
}

/// The line of a driver that a mark stands in.
pub(crate) fn line_of(file: &str, mark: &str) -> u32 {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(path).expect("it is there");
    let mark = format!("/* {mark} */");
    let place = text.lines().position(|line| line.ends_with(&mark));
    u32::try_from(place.expect("the mark is there")).expect("a short file") + 1
}

/// The rules of all findings.
pub(crate) fn rules(kernel: &Kernel) -> Vec<&'static str> {
    kernel.driver().core().findings().iter().map(|one| one.rule.id).collect()
}

/// The finding of this rule.
pub(crate) fn found<'f>(findings: &'f [Finding], rule: &str) -> &'f Finding {
    let all: Vec<_> = findings.iter().map(|one| (one.rule.id, &one.found)).collect();
    findings.iter().find(|one| one.rule.id == rule).unwrap_or_else(|| panic!("no {rule}: {all:?}"))
}

/// Each mistake is found by its rule, at its line.
pub(crate) fn are_found(
    file: &str,
    mistakes: &[Mistake],
    run: impl Fn(&'static str) -> Option<Rc<Kernel>>,
) {
    let name = file.rsplit('/').next().expect("a name");
    for &(switch, rule, mark) in mistakes {
        let Some(kernel) = run(switch) else { return };
        let findings = kernel.driver().core().findings();
        let all: Vec<_> = findings.iter().map(|one| (one.rule.id, &one.found)).collect();
        let finding = findings.iter().find(|one| one.rule.id == rule);
        let finding =
            finding.unwrap_or_else(|| panic!("{switch}: no {rule}: {all:?} {:?}", kernel.ended()));
        let place = finding.place.as_ref().unwrap_or_else(|| panic!("{switch}: no place"));
        assert!(place.file.ends_with(name), "{switch}: {place:?}");
        if let Some(mark) = mark {
            assert_eq!(place.line, line_of(file, mark), "{switch}: {place:?} {:?}", finding.found);
        }
    }
}

/// Nothing is found without a mistake, under so many seeds.
pub(crate) fn is_silent(seeds: u64, mut run: impl FnMut(Options) -> Option<Rc<Kernel>>) {
    for seed in 0..seeds {
        let schedule = if seed == 0 { Schedule::Fifo } else { Schedule::Explore };
        let Some(kernel) = run(options(seed, schedule)) else { return };
        assert_eq!(rules(&kernel), [""; 0], "seed {seed}: {:?}", kernel.driver().core().findings());
        assert_eq!(kernel.ended(), None, "seed {seed}");
    }
}

/// Runs a driver that talks to nobody.
pub(crate) fn run_alone(file: &str, switch: Option<&str>, options: Options) -> Option<Rc<Kernel>> {
    let kernel = Kernel::load(&mistaken(file, switch)?, options).expect("it loads");
    if kernel.start_driver() == Some(0) {
        kernel.settle(100_000_000);
        kernel.unload();
    }
    Some(kernel)
}
