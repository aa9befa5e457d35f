//! The units for systemd: what they name is there, and systemd takes them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const UNITS: [&str; 3] = ["chatcore-server.service", "chatcore-backup.service", "chatcore-backup.timer"];

/// Where the units expect a program, and where it is here.
fn programs() -> [(&'static str, PathBuf); 2] {
    [
        ("/usr/local/bin/chatcore-server", PathBuf::from(env!("CARGO_BIN_EXE_chatcore-server"))),
        ("/usr/local/bin/chatcore-backup", deploy().join("backup.sh")),
    ]
}

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy")
}

fn unit(name: &str) -> String {
    fs::read_to_string(deploy().join(name)).unwrap()
}

/// What a unit says under a name.
fn all<'a>(unit: &'a str, name: &str) -> Vec<&'a str> {
    let lines = unit.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
    lines.filter(|(known, _)| *known == name).map(|(_, value)| value).collect()
}

#[test]
fn what_they_run_is_there_and_the_timer_has_its_service() {
    for name in &UNITS[..2] {
        let unit = unit(name);
        let [run] = all(&unit, "ExecStart")[..] else { panic!("{name} runs one program") };
        let program = run.split(' ').next().unwrap();
        let known = programs().into_iter().find(|(there, _)| *there == program);
        assert!(known.is_some_and(|(_, here)| here.is_file()), "{name} runs {program}, which nobody makes");
        assert_eq!(all(&unit, "WorkingDirectory"), ["/var/lib/chatcore"], "both see the same relative paths: {name}");
        assert_eq!(all(&unit, "EnvironmentFile"), ["-/etc/chatcore/environment"], "and the same settings: {name}");
    }
    assert_eq!(all(&unit("chatcore-server.service"), "StateDirectory"), ["chatcore"]);
    let (service, timer) = (unit("chatcore-backup.service"), unit("chatcore-backup.timer"));
    assert_eq!(all(&service, "Type"), ["oneshot"], "a second one waits for the first");
    // without a name the timer starts the service of its own name
    assert_eq!((all(&timer, "Unit"), all(&timer, "OnCalendar")), (vec![], vec!["daily"]));
    assert_eq!(all(&timer, "WantedBy"), ["timers.target"]);
    let script = fs::read_to_string(deploy().join("backup.sh")).unwrap();
    for set in all(&service, "Environment").iter().flat_map(|line| line.split(' ')) {
        let (name, _) = set.split_once('=').unwrap();
        assert!(script.contains(&format!("${{{name}:-")), "the script does not read {name}");
    }
}

#[test]
fn systemd_takes_them() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        println!("skipped: there is no systemd-analyze");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let paths = UNITS.map(|name| {
        let text =
            programs().iter().fold(unit(name), |text, (there, here)| text.replace(there, &here.display().to_string()));
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    });
    let verify = || {
        let done = Command::new("systemd-analyze").args(["verify", "--man=no"]).args(&paths).output().unwrap();
        (done.status.success(), String::from_utf8_lossy(&done.stderr).into_owned())
    };
    assert_eq!(verify(), (true, String::new()));
    fs::write(&paths[2], unit(UNITS[2]).replace("daily", "now and then")).unwrap();
    assert!(!verify().0, "it takes anything, so that it took them says nothing");
}
