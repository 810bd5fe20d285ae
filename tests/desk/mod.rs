//! A desk for tests of the real window: an X server without a screen, hands that press keys, eyes that see pixels, and the
//! program with a home folder of its own. Every wait is for something to happen, so a busy machine is only slower.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]
#![allow(dead_code, reason = "each test uses a part")]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt as _, EventMask, ImageFormat, InputFocus, KEY_PRESS_EVENT,
    KEY_RELEASE_EVENT, MapState, Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

/// More than the busiest machine needs for one step of a test; whoever waits that long has found a fault.
const PATIENCE: Duration = Duration::from_secs(90);
const LOOK_PERIOD: Duration = Duration::from_millis(30);

/// A key by its X keysym.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(pub u32);

impl Key {
    pub const BACKSPACE: Self = Self(0xff08);
    pub const ENTER: Self = Self(0xff0d);
    pub const ESCAPE: Self = Self(0xff1b);
    pub const HOME: Self = Self(0xff50);
    pub const RIGHT: Self = Self(0xff53);
    pub const F5: Self = Self(0xffc2);
    pub const F9: Self = Self(0xffc6);
    pub const F12: Self = Self(0xffc9);

    /// The key with a small letter or digit on it.
    pub fn of(letter: char) -> Self {
        Self(letter as u32)
    }
}

/// An X server of our own, and a client of it with hands and eyes.
pub struct Desk {
    server: Child,
    display: String,
    x: RustConnection,
    root: Window,
    size_px: [u16; 2],
    /// Keysyms of each keycode from the smallest on.
    keymap: Vec<Vec<u32>>,
    first_keycode: u8,
}

impl Desk {
    /// Starts the server; `None`, said aloud, where there is none to start. `REQUIRE_WINDOW=1` makes that a failure.
    pub fn set_up() -> Option<Self> {
        let size_px = [1280, 800];
        let started = Command::new("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp", "-noreset", "-screen", "0"])
            .arg(format!("{}x{}x24", size_px[0], size_px[1]))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut server = match started {
            Ok(server) => server,
            Err(error) => {
                assert!(
                    std::env::var_os("REQUIRE_WINDOW").is_none_or(|value| value != "1"),
                    "REQUIRE_WINDOW=1, and Xvfb cannot be started: {error}"
                );
                println!("SKIPPED: the real window is not tested, because Xvfb cannot be started ({error}).");
                return None;
            }
        };
        // It tells the number of its display when it is ready.
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap())
            .read_line(&mut number)
            .unwrap();
        let display = format!(":{}", number.trim());
        let (x, screen) = RustConnection::connect(Some(&display)).expect("the X server answers");
        let root = x.setup().roots[screen].root;
        let (first, last) = (x.setup().min_keycode, x.setup().max_keycode);
        let map = x
            .get_keyboard_mapping(first, last - first + 1)
            .unwrap()
            .reply()
            .unwrap();
        let keymap = map.keysyms.chunks(map.keysyms_per_keycode.into()).map(<[u32]>::to_vec);
        Some(Self {
            keymap: keymap.collect(),
            first_keycode: first,
            server,
            display,
            x,
            root,
            size_px,
        })
    }

    pub fn display(&self) -> &str {
        &self.display
    }

    /// The screen goes, without a word.
    pub fn unplug(&self) {
        signal("KILL", self.server.id());
    }

    fn keycode(&self, key: Key) -> u8 {
        let at = self.keymap.iter().position(|syms| syms.first() == Some(&key.0));
        self.first_keycode + at.expect("the keyboard has the key") as u8
    }

    fn fake(&self, kind: u8, detail: u8, at: [i16; 2]) {
        self.x
            .xtest_fake_input(kind, detail, 0, self.root, at[0], at[1], 0)
            .unwrap()
            .check()
            .unwrap();
    }

    /// Presses a key and keeps it down.
    pub fn hold(&self, key: Key) {
        self.fake(KEY_PRESS_EVENT, self.keycode(key), [0, 0]);
    }

    pub fn let_go(&self, key: Key) {
        self.fake(KEY_RELEASE_EVENT, self.keycode(key), [0, 0]);
    }

    /// Presses a key shortly.
    pub fn tap(&self, key: Key) {
        self.hold(key);
        std::thread::sleep(LOOK_PERIOD);
        self.let_go(key);
    }

    /// Presses or lets go of a button of the mouse.
    pub fn button(&self, number: u8, down: bool) {
        use x11rb::protocol::xproto::{BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT};
        let kind = if down { BUTTON_PRESS_EVENT } else { BUTTON_RELEASE_EVENT };
        self.fake(kind, number, [0, 0]);
    }

    /// Moves the mouse by so many pixels.
    pub fn move_mouse(&self, by_px: [i16; 2]) {
        // Detail 1: relative.
        self.fake(x11rb::protocol::xproto::MOTION_NOTIFY_EVENT, 1, by_px);
    }

    /// The program's window, once it is there.
    pub fn window(&self) -> Option<Window> {
        let children = self.x.query_tree(self.root).ok()?.reply().ok()?.children;
        children.into_iter().find(|window| {
            let title = self
                .x
                .get_property(false, *window, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 64);
            let title = title
                .ok()
                .and_then(|cookie| cookie.reply().ok())
                .map_or(vec![], |reply| reply.value);
            let shown = self
                .x
                .get_window_attributes(*window)
                .ok()
                .and_then(|cookie| cookie.reply().ok());
            String::from_utf8_lossy(&title).contains("Farwander")
                && shown.is_some_and(|of| of.map_state == MapState::VIEWABLE)
        })
    }

    /// Gives the keyboard to a window, as a window manager would.
    pub fn focus(&self, window: Window) {
        self.x
            .set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME)
            .unwrap()
            .check()
            .unwrap();
    }

    fn atom(&self, name: &str) -> Atom {
        self.x
            .intern_atom(false, name.as_bytes())
            .unwrap()
            .reply()
            .unwrap()
            .atom
    }

    /// The cross in the corner of a window is clicked.
    pub fn close(&self, window: Window) {
        let data = [self.atom("WM_DELETE_WINDOW"), x11rb::CURRENT_TIME, 0, 0, 0];
        let event = ClientMessageEvent::new(32, window, self.atom("WM_PROTOCOLS"), data);
        self.x
            .send_event(false, window, EventMask::NO_EVENT, event)
            .unwrap()
            .check()
            .unwrap();
    }

    /// What is seen now.
    pub fn look(&self) -> image::RgbImage {
        let [width, height] = self.size_px;
        let reply = self
            .x
            .get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, width, height, !0)
            .unwrap()
            .reply()
            .unwrap();
        let rgb = reply
            .data
            .chunks_exact(4)
            .flat_map(|bgrx| [bgrx[2], bgrx[1], bgrx[0]])
            .collect();
        image::RgbImage::from_raw(width.into(), height.into(), rgb).unwrap()
    }

    /// The middle of what is seen: the world, without numbers and messages.
    pub fn look_ahead(&self) -> image::RgbImage {
        let [width, height] = self.size_px.map(u32::from);
        image::imageops::crop_imm(&self.look(), width / 5, height / 5, width / 2, height / 2).to_image()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Mean difference of two pictures in levels of 255.
pub fn difference(a: &image::RgbImage, b: &image::RgbImage) -> f64 {
    let sum: u64 = a.iter().zip(b.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.len() as f64
}

/// Waits until `look` finds something.
#[track_caller]
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(LOOK_PERIOD);
    }
}

/// Sends a signal to a process.
pub fn signal(name: &str, pid: u32) {
    let sent = Command::new("kill").args(["-s", name, &pid.to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "kill -s {name} {pid}");
}

/// The generator file that comes along.
pub fn bundled_world() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models/vale.safetensors")
}

/// Where the program keeps its things in a test.
pub struct Home(pub PathBuf);

impl Home {
    pub fn settings(&self) -> String {
        std::fs::read_to_string(self.0.join(".config/farwander/settings.toml")).unwrap_or_default()
    }

    pub fn bookmarks(&self) -> Vec<PathBuf> {
        files(&self.0.join(".local/share/farwander/bookmarks"), "safetensors")
    }

    pub fn recordings(&self) -> Vec<PathBuf> {
        files(&self.0.join("Videos/Farwander"), "mp4")
    }

    pub fn screenshots(&self) -> Vec<PathBuf> {
        files(&self.0.join("Videos/Farwander"), "png")
    }

    /// All files whose names are wanted.
    pub fn files(&self, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
        let (mut found, mut dirs) = (Vec::new(), vec![self.0.clone()]);
        while let Some(dir) = dirs.pop() {
            for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => dirs.push(entry.path()),
                    _ if wanted(&entry.file_name().to_string_lossy()) => found.push(entry.path()),
                    _ => {}
                }
            }
        }
        found
    }
}

/// Files of a folder that end so, in order of their names.
fn files(dir: &Path, end: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == end))
        .collect();
    found.sort();
    found
}

/// The program with its window.
pub struct Player<'a> {
    desk: &'a Desk,
    child: Child,
    pub window: Window,
    log: PathBuf,
}

impl<'a> Player<'a> {
    /// Starts it with the bundled world and waits for its window.
    pub fn start(desk: &'a Desk, home: &Home, log: &str, args: &[&str]) -> Self {
        Self::start_in(desk, home, log, &bundled_world(), args)
    }

    /// Starts it with a world (`FARWANDER_BIN` names another build of it) and waits for its window.
    pub fn start_in(desk: &'a Desk, home: &Home, log: &str, world: &Path, args: &[&str]) -> Self {
        let log = home.0.join(log);
        let program = std::env::var_os("FARWANDER_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_farwander").into());
        let child = Command::new(program)
            .arg("play")
            .args(["--device", "cpu", "--model"])
            .arg(world)
            .args(args)
            .env("HOME", &home.0)
            .env("XDG_RUNTIME_DIR", &home.0)
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_DATA_HOME")
            .env_remove("XDG_STATE_HOME")
            .env_remove("WAYLAND_DISPLAY")
            .env("DISPLAY", &desk.display)
            .env("FARWANDER_LOG", "warn,farwander=debug,mp4_atom=error")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .expect("the program starts");
        let mut player = Self {
            desk,
            child,
            window: 0,
            log,
        };
        player.window = player.wait("the window", |_| desk.window());
        desk.focus(player.window);
        player
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Warnings and errors, but for what the window library finds strange about a screen that is none.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.log();
        let lines = log
            .lines()
            .filter(|line| line.contains("WARN") || line.contains("ERROR"));
        let lines = lines.filter(|line| !line.contains("XSETTINGS") && !line.contains("XRandR"));
        lines.map(str::to_owned).collect()
    }

    /// Waits, as long as the program lives; says what the log and the screen show if it is in vain.
    #[track_caller]
    pub fn wait<T>(&mut self, what: &str, mut look: impl FnMut(&Self) -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            let ended = self.child.try_wait().unwrap();
            if ended.is_some() || began.elapsed() > PATIENCE {
                let picture = Path::new(env!("CARGO_TARGET_TMPDIR")).join("window-failed.png");
                let _ = self.desk.look().save(&picture);
                let log = self.log();
                let lines: Vec<_> = log.lines().rev().take(12).collect();
                panic!(
                    "waited in vain for {what} (ended: {ended:?}); the screen: {}; the log, newest first:\n{}",
                    picture.display(),
                    lines.join("\n")
                );
            }
            std::thread::sleep(LOOK_PERIOD);
        }
    }

    /// Waits for words in the log that were not there yet at `from` bytes.
    #[track_caller]
    pub fn wait_to_say(&mut self, words: &str, from: usize) -> String {
        self.wait(words, |player| {
            let log = player.log();
            let at = from + log.get(from..)?.find(words)?;
            Some(log[at..].lines().next().unwrap_or_default().to_owned())
        })
    }

    /// The newest latent frame, and where the camera is on the ground.
    pub fn place(&self) -> Option<(u64, [f64; 3])> {
        let log = self.log();
        let line = log
            .lines()
            .rev()
            .find(|line| line.contains("latent ") && line.contains("position_m: ["))?;
        let latent = line.split("latent ").nth(1)?.split(':').next()?.parse().ok()?;
        let numbers = line.split("position_m: [").nth(1)?.split(']').next()?;
        let mut position = numbers.split(", ").map(|n| n.parse().unwrap_or(f64::NAN));
        Some((latent, [position.next()?, position.next()?, position.next()?]))
    }

    /// Waits until so many latent frames more have been made.
    #[track_caller]
    pub fn wait_for_latents(&mut self, more: u64) {
        let from = self.place().map_or(0, |(latent, _)| latent);
        self.wait("the walk to go on", |player| {
            (player.place()?.0 >= from + more).then_some(())
        });
    }

    /// Waits until the picture stands still for longer than a latent frame's pictures take, and returns it.
    #[track_caller]
    pub fn wait_for_rest(&mut self) -> image::RgbImage {
        let log = self.log();
        let step_ms = log
            .rsplit(", step ")
            .next()
            .and_then(|rest| rest.split(' ').next()?.parse::<f64>().ok());
        let rest = Duration::from_millis(1500) + Duration::from_secs_f64(2e-3 * step_ms.unwrap_or(0.0));
        let (mut last, mut since) = (self.desk.look_ahead(), Instant::now());
        self.wait("the picture to stand still", |player| {
            let now = player.desk.look_ahead();
            if now != last {
                (last, since) = (now, Instant::now());
            }
            (since.elapsed() > rest).then(|| last.clone())
        })
    }

    /// Waits for the end of the program.
    #[track_caller]
    pub fn wait_for_end(&mut self) -> ExitStatus {
        let child = &mut self.child;
        wait_for("the program to end", || child.try_wait().unwrap())
    }
}

impl Drop for Player<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
