### Every word that Farwander's window shows, in British English (Project Fluent, https://projectfluent.org).
###
### A translation is this file with other words: names before the `=` stay, comments explain what is not obvious. Each message
### is one line, because a line break here is one on the screen. Two or more spaces in a row are shown as they are.
###
### Not here are errors of files, devices, settings and networks and what the generator tells as it works. They are shown in
### sentences of their own, often in a variable of a message of this file, but the command line prints them, too.
###
### Variables stand in braces with a dollar sign. $count, $missing and $most are whole numbers, which can choose between singular
### and plural; what else there is comes written as it is to be shown. $file and $folder are paths, $error is a sentence or
### half of one.
###
### SMALL($something) begins $something with a small letter, because English does so within a sentence. Leave it out where names
### keep their capitals.

-name = Farwander

## Shared by several panels

program = { -name }
# Over the titles of pages, as a logo.
program-in-capitals = FARWANDER
# The window's own title. $world: title of the opened world.
window-title = { $world } – { -name }
close = Close
done = Done
quit = Quit
try-again = Try again
opening-world = Opening the world …
# Behind a word or a hint: the key that does the same. It begins with a space. $key: its label.
key-hint = { " " }({ $key })

## Numbers with units

# $number: with one decimal, or none.
unit-gigabytes = { $number } GB
unit-megabytes = { $number } MB
unit-kilobytes = { $number } kB
unit-bytes =
    { $count ->
        [one] { $count } byte
       *[other] { $count } bytes
    }
unit-milliseconds = { $number } ms
unit-seconds = { $number } s
unit-percent = { $number } %

## How long ago something was kept

ago-just-now = just now
ago-minutes =
    { $count ->
        [one] { $count } minute ago
       *[other] { $count } minutes ago
    }
ago-hours =
    { $count ->
        [one] { $count } hour ago
       *[other] { $count } hours ago
    }
ago-days =
    { $count ->
        [one] { $count } day ago
       *[other] { $count } days ago
    }

## The picture, for those who have the screen read to them

# $world: title of the world. $place: name of the place where the walk began. $words: what the walk shall be.
picture-colours = The picture of the walk. { $world }, { $place }: { $words }
picture-depth = The depth of the walk. { $world }, { $place }: { $words }

## The first screen

home-title = Where shall the walk begin?
home-back = Back to the walk
home-open-picture = Open a picture …
home-open-picture-hint = A photograph or painting; you can also drop or paste it
home-open-world = Open a world …
home-open-world-hint = A .safetensors file; you can also drop it on the window
home-quit-hint = Leave the program
# Beside the title of the world. $width, $height: size of its pictures. $rate: how many a second.
home-world-line = { $width } × { $height } at { $rate } frames a second
# $line: home-world-line.
home-world-loading = { $line }  ·  loading …
home-world-readying = { $line }  ·  readying the graphics device, slower the first time …
# Over the reason, with a button that tries again.
home-failed = The world has stopped
home-looking = Looking …
home-worlds = Worlds
home-no-worlds = Drop a generator file (.safetensors) on the window to open its world.
# $file: name of the world's file.
home-open-now = { $file }  ·  open now
# $width, $height: size of its pictures. $rate: how many a second.
home-about-frames = { $width } × { $height }  ·  { $rate } a second
home-pictures = Pictures
home-no-pictures = Drop any picture on the window, or paste one with Ctrl+V: the walk begins in it.

## The first screen: what a file says of itself, or why it cannot be used. The row names the file already.

# $stages: the programs' names of the stages, separated by commas.
world-training = { $count } training steps: { $stages }
world-training-unknown = training not told
file-gone = is not there any more
file-unreadable = cannot be read: { $error }
file-too-large = is too large to be shown here

## The first screen: what the user has kept

kept-moments = Kept moments
# $world: title of the world. $time: minutes and seconds since the walk began, as 1:15.
kept-moment-line = { $world }  ·  { $time } into the walk
kept-recordings = Recordings
kept-open-folder = Open folder
kept-open-folder-name = Open the folder of recordings
# $record, $screenshot: the keys for it, as key-hint, or nothing.
kept-no-recordings = What you record{ $record } and screenshots{ $screenshot } are kept in { $folder }.
# $size: size of the file, with its unit.
kept-screenshot = Screenshot  ·  { $size }
kept-screenshot-hint = Begin in it
kept-gif = GIF  ·  { $size }
kept-gif-hint = Show it in the system's own viewer
kept-video-hint = Play it in the system's own player
# Length of a video that has no proper end. $time: as 1:15.
kept-cut-off = { $time }, cut off
kept-nothing-to-play = nothing to play
# A cross deletes a file; it turns into the question first.
kept-delete-hint = Delete the file
kept-delete-name = Delete { $file }
kept-delete-sure = Delete it?
kept-delete-sure-hint = For good; click elsewhere to keep it
kept-delete-sure-name = Delete { $file } for good

## A file is held over the window: what letting go does

drop-world = Open this world
drop-world-hint = The networks in this file take over
drop-picture = Begin here
drop-picture-hint = The walk begins in this picture

## The system's dialogs for choosing a file

dialog-picture = Begin in a picture
# The kind of file.
dialog-pictures = Pictures
dialog-world = Open a world
dialog-worlds = Generator files

## The menu

menu-no-world = No world yet
menu-continue = Continue
# The menu itself pauses the walk. These two say how it shall be after the menu.
menu-go-on = Go on
menu-stay-paused = Stay paused
menu-pause-hint = After the menu is closed
menu-step = One step
menu-step-hint = Four video frames
menu-record = Record
menu-end-recording = End recording
menu-record-hint = An MP4 of every frame, in your videos folder
menu-screenshot = Screenshot
menu-screenshot-hint = The picture as PNG
menu-branches = Branches …
menu-branches-hint = Other ways this walk went
menu-begin-in = Begin in
menu-any-picture = Any picture …
menu-any-picture-hint = A photograph or painting; you can also drop a file on the window
menu-all-worlds = All worlds
menu-all-worlds-hint = The first screen
# The number that all chance in a walk comes from.
menu-seed = Seed
menu-seed-hint = A seed is a whole number
menu-begin-again = Begin again
menu-new-seed = New seed
menu-settings = Settings
menu-controls = Controls …
menu-computing = Computing …
# Size of the interface.
menu-size = Size
menu-numbers = Show the numbers
menu-full-screen = Fill the screen
menu-keys = Keys
menu-gamepad = Gamepad
# The last line. $version: of the program. $device: what computes, as the command line calls it. $adapter: what draws.
menu-about = { $version }  ·  computes on { $device }  ·  { $adapter }

## The words of a walk

prompt-section = Words
prompt-title = What shall it be?
prompt-keys = Enter  use     Tab  complete     Esc  leave
prompt-field-hint = what the world shall be
prompt-field-name = Words for the world
prompt-use = Use these words
# $world: title of the world. $words: those that it has not been trained with.
prompt-unknown = { $world } does not know: { $words }
# $most: how many words the world can take.
prompt-too-many = Only the first { $most } words count here
prompt-none = Without words the picture alone decides
prompt-count = { $count } of at most { $most } words

## How one walks

walking-section = Walking
walking-speed = Speed
# $speed: ¼, ½, 1 or 2.
walking-speed-name = Speed { $speed }
walking-speed-usual-hint = As the world was trained
walking-speed-double-hint = Twice as fast, if this device keeps up
walking-speed-slow-hint = Slow motion; recordings keep the world's own rate
walking-camera = Camera
# $camera: one of the three below.
walking-camera-name = Camera: { $camera }
walking-depth = Depth in place of colours
camera-person = Person
camera-person-hint = Walks and runs, and stands still at once
camera-drone = Drone
camera-drone-hint = Twice as fast and smooth: it drifts when it turns, and takes its time to stop
camera-train = Train
camera-train-hint = Goes by itself in wide curves: forward is faster, back is the brake

## Recordings

recording-section = Recording
recording-quality = Quality
# $quality: one of the three below.
recording-quality-name = Quality: { $quality }
recording-small = Small
recording-small-hint = Small files, for sending
recording-good = Good
recording-good-hint = As it looks on the screen
recording-best = Best
recording-best-hint = Large files, for cutting and encoding again
recording-keys = Show the pressed keys in recordings
recording-keys-hint = In the next recording
# Before a choice of 5, 10 or 30 seconds or all of the past.
recording-last = The last
# $time: the choice.
recording-last-name = The last: { $time }
recording-last-hint = Before the picture on the screen
recording-all = All
recording-all-hint = As far as one can go back
# Before two buttons that mark the ends of a stretch; then marks-in and marks-out stand on them.
recording-marks = Marks
recording-mark-in = In
recording-mark-in-hint = The picture on the screen is the first of a stretch to save; once more: it is not
recording-mark-out = Out
recording-mark-out-hint = The picture on the screen is the last of a stretch to save; once more: it is not
# $time: its length.
recording-marked = The marked stretch, { $time }
recording-marked-hint = From the in mark to the out mark, both pictures included
recording-save-gif = Save as GIF
recording-save-gif-hint = One moving picture, beside your recordings
recording-save-pngs = Save as PNGs
recording-save-pngs-hint = A folder of pictures, beside your recordings
# $percent: how much of it is done.
recording-saving =
    { $count ->
        [one] Saving { $count } picture  ·  { $percent } %
       *[other] Saving { $count } pictures  ·  { $percent } %
    }
# The red light while one runs. $time: as 1:15.
recording-light-name = Recording, { $time }
# Frames that the recording lacks.
recording-dropped = { $count } dropped

## Size of the interface

# $size: percent of the usual size.
size-usual-name = Interface at { $size }, back to the usual size
size-usual-hint = The usual size (Ctrl and 0)
size-smaller-name = Smaller interface
size-smaller-hint = Ctrl and -
size-larger-name = Larger interface
size-larger-hint = Ctrl and +
size-sofa = Sofa
size-sofa-name = Interface for a sofa
size-sofa-hint = To be read from across a room

## Notes over the picture

notice-going-back = Going back    Let go to walk on from here
# Behind notice-going-back, and one of the ways below. $first, $last: the keys that mark the ends of a stretch to be saved.
notice-marking = { $first } and { $last } mark a stretch to save
# $ways: the two below and notice-marking, separated by commas, or those of them that have keys.
notice-paused = Paused    { $ways }
notice-paused-go-on = { $key } goes on
notice-paused-step = { $key } makes one step
# $keys: those that walk, as W A S D.
notice-beginning = Click to look around    { $keys } to walk    Esc for the menu
notice-beginning-without-keys = Click to look around    Esc for the menu
# $world: title of the world. $device: what will compute, as the command line calls it.
notice-loading = Loading { $world } …
notice-readying = Loading { $world } and readying { $device }, slower the first time …
# Over the reason, with a button that tries again.
notice-failed = The walk has stopped

## The numbers in a corner: short words, small letters

# Frames a second.
numbers-rate = fps
# How long the parts of a step take.
numbers-network = network
numbers-decode = decode
numbers-recycle = recycle
# From the hands to the screen: half of the frames are sooner; 95 of 100 are.
numbers-latency = latency
numbers-latency-p95 = latency p95
numbers-memory = memory
numbers-frame = frame
# What speed was asked for, and what comes of it.
numbers-speed = speed
numbers-reached = reached
latency-chart = Latency frame by frame, over the last five seconds

## The lower left corner

# $speed: ¼, ½, 1 or 2. $reached: what comes of it, as 1.4.
marks-speed = Speed { $speed }
marks-speed-reached = Speed { $speed }, reached { $reached }
# Where a stretch to be saved begins and ends. $time: minutes and seconds since the walk began, as 1:15.2.
marks-in = In { $time }
marks-out = Out { $time }
marks-depth = Depth, in metres
marks-sky = sky
marks-scale-name = Colours from one metre to a hundred, then the sky's

## The branches of a walk

branches-title = Branches
branches-none = This world is too large for its past to be kept, so there are no branches.
# $time: minutes and seconds since the walk began, as 1:15.
branches-here = You are here, { $time }: walk on
branches-end = Go to the end of this branch, { $time }, and walk on
branches-fork = Go to this fork, { $time }, and walk on: a new branch
branches-choose = You are at { $time }. Choose where to walk on.
# $key: the one that goes back in time.
branches-first-steps = One way so far. Hold { $key } to go back, and walk on: that is a new branch, and this one stays.
branches-first-steps-without-key = One way so far. Who goes back and walks on begins a new branch, and this one stays.

## Computing

computing-title = Computing
computing-hint = The device that draws the world, and how soon its frames are shown
computing-device = Device
computing-looking = Looking what this machine has …
# $device: what stands behind --device on the command line.
computing-forced = --device { $device } on the command line counts in this run. What is chosen here is kept for the next.
computing-waits = What is chosen here computes from the next world on that is opened.
computing-open-again = Open this world again now
computing-open-again-hint = A walk begins anew
computing-test = Test
# $device: its name.
computing-test-name = Test { $device }
computing-test-hint = It computes a little in a process of its own, and is compared with the processor
computing-in-use = in use
# What is known of a device, below its name.
computing-untested = not tested
computing-testing = is being tested …
# $speed: in 10⁹ operations a second. $secs: how long the test took.
computing-computes = computes: { $speed } GFLOP/s, tested in { $secs } s
computing-gone = is not there now; the processor computes instead
computing-frames = Frames
computing-smooth = Smooth
computing-smooth-hint = The four frames of a step come at even times.
computing-quick = Quick
computing-quick-hint = They come as soon as they exist: what your hands do shows sooner, and the motion is less even.
computing-latency = Latency
# $half, $slow: milliseconds.
computing-latency-measured = In the last seconds of the walk: { $half } ms from the hands to the screen for half of the frames, { $slow } ms for nineteen of twenty.
computing-latency-unknown = It is measured while you walk: from the reading of the hands to the screen, frame by frame.
computing-latency-chart = Draw it below the numbers
device-auto = Automatic
device-auto-about = the first graphics device that passes its test; the processor if there is none, or if it is quicker than one that can't keep up
device-gone-about = chosen in the settings
device-not-tested = can't be tested: { $error }

## Controls

controls-title = Controls
controls-hint = Keys, mouse and gamepad: what does what, and how fast
controls-reset-all = Reset all bindings
controls-reset-all-hint = Every key and button as the presets have it
controls-keyboard = Keyboard and mouse
controls-gamepad = Gamepad
controls-no-gamepad = No gamepad is there. One that is plugged in works at once.
# $preset: one of those below.
controls-preset-of-keyboard = { $preset }: preset of the keyboard
controls-preset-of-gamepad = { $preset }: preset of the gamepad
controls-preset-changed = { $preset }, changed
controls-preset-hint = Replaces what is bound now
controls-preset-back-hint = Take the changes back
preset-usual = Usual
preset-left-handed = Left-handed
preset-southpaw = Southpaw
controls-invert = Pull mouse or stick back to look up
controls-swap-sticks = The right stick walks, the left one looks
# Before a slider: how fast the mouse or the stick turns.
controls-mouse = Mouse
controls-turning = Turning
# $of: one of the two above.
controls-sensitivity-name = { $of }, sensitivity
# $side: one of the two below.
controls-walk-stick-caption = The stick that walks ({ $side })
controls-look-stick-caption = The stick that looks ({ $side })
controls-left = left
controls-right = right
controls-walk-stick = the stick that walks
controls-look-stick = the stick that looks
controls-dead-zone = Dead zone
controls-curve = Curve
# $what: controls-dead-zone or controls-curve. $stick: controls-walk-stick or controls-look-stick.
controls-slider-name = { $what } of { $stick }
controls-plot-name = How { $stick } answers
controls-plot-hint = To the right: how far the stick is pushed. Upward: how far that goes.
controls-reset = Reset
# $what: a deed or a stick, within a sentence.
controls-reset-name = Reset { $what }
controls-reset-hint = As the presets have it

## Controls: what is bound. $press is a key or button, $deed what it does, as deed-inside.

controls-change-name = Change { $press } for { $deed }
controls-change-hint = Press another
controls-take-away-name = Take { $press } away from { $deed }
controls-take-away-hint = Take it away
controls-add-name = Bind one more to { $deed }
controls-add-hint = Press one more
controls-fixed-hint = Always opens the menu, so that nobody is locked out
# $deeds: several, each as deed-inside, separated by semicolons.
controls-also-does = { $press } also does: { $deeds }
controls-only-here = Take it away there
controls-only-here-hint = It does only this from here on
controls-keep-both = Keep both
controls-keep-both-hint = It does all of it at once
# $button: controls-only-here or controls-keep-both.
controls-settle-name = { $button }: { $press } for { $deed }

## Controls: a key or button is waited for

# What it shall do stands below, as deed-inside.
listen-title = Press a key or a button for
# $press: what was bound until now.
listen-instead = instead of { $press }
listen-nameless = That one cannot be used; press another.
listen-leave = Leave it  (Esc or Select)

## Parts of the list of what can be bound

group-walk = Walking
group-look = Looking without a mouse
group-time = Time
group-keep = Keeping
group-view = Window and panels
group-places = Places

## What can be bound: deeds

# $deed: one of those below.
deed-inside = { SMALL($deed) }
deed-forward = Walk forward
deed-back = Walk backward
deed-left = Step left
deed-right = Step right
deed-run = Run
deed-turn-left = Turn left
deed-turn-right = Turn right
deed-look-up = Look up
deed-look-down = Look down
deed-rewind = Go back (hold)
deed-branches = Branches
deed-pause = Pause, go on
deed-step = One step while paused
deed-slower = Play slower
deed-faster = Play faster
deed-restart = Begin again, new seed
deed-keep-moment = Keep this moment
deed-back-to-moment = Come back to the moment
deed-save-replay = Save the walk as a replay
deed-save-cloud = Save a point cloud
deed-mark-in = Mark the first picture to save
deed-mark-out = Mark the last picture to save
deed-record = Record, end recording
deed-screenshot = Screenshot
deed-numbers = Show the numbers
deed-depth = Depth in place of colours
deed-full-screen = Full screen
deed-words = Words
deed-home = All worlds
deed-menu = Menu
deed-place-1 = First place
deed-place-2 = Second place
deed-place-3 = Third place
deed-place-4 = Fourth place
deed-place-5 = Fifth place
deed-place-6 = Sixth place
deed-place-7 = Seventh place
deed-place-8 = Eighth place
deed-place-9 = Ninth place

## The list of keys in the menu: what the keys beside it do

# In the place of keys.
help-mouse = Mouse
# In the place of keys: all from 1 to 9.
help-digits = 1 … 9
help-walk = walk
help-look = look (click the picture first)
help-turn = turn
help-look-up-down = look up and down
help-run = run
help-pause = pause
help-step = one step while paused
help-speed = play slower, faster
help-rewind = hold: go back in time
help-branches = branches: other ways the walk went
help-moment = keep this moment, come back to it
help-replay = save the walk as a replay
help-cloud = save a point cloud
help-restart = begin again, new seed
help-places = go to a world
help-prompt = words: what the world shall be
help-home = all worlds
help-marks = mark where a stretch to save begins, ends
help-record = record
help-screenshot = screenshot
help-numbers = numbers
help-depth = depth in place of colours
help-full-screen = full screen
help-menu = free the mouse, menu
# What the other stick of a gamepad does.
help-pad-look = look

## Labels of keys. Names end as the W3C calls the key at that place (`KeyboardEvent.code`); the labels are those of a US keyboard.
## Where your language's keyboards say something else there, say so.

key-KeyA = A
key-KeyB = B
key-KeyC = C
key-KeyD = D
key-KeyE = E
key-KeyF = F
key-KeyG = G
key-KeyH = H
key-KeyI = I
key-KeyJ = J
key-KeyK = K
key-KeyL = L
key-KeyM = M
key-KeyN = N
key-KeyO = O
key-KeyP = P
key-KeyQ = Q
key-KeyR = R
key-KeyS = S
key-KeyT = T
key-KeyU = U
key-KeyV = V
key-KeyW = W
key-KeyX = X
key-KeyY = Y
key-KeyZ = Z
key-Digit0 = 0
key-Digit1 = 1
key-Digit2 = 2
key-Digit3 = 3
key-Digit4 = 4
key-Digit5 = 5
key-Digit6 = 6
key-Digit7 = 7
key-Digit8 = 8
key-Digit9 = 9
key-Numpad0 = Num 0
key-Numpad1 = Num 1
key-Numpad2 = Num 2
key-Numpad3 = Num 3
key-Numpad4 = Num 4
key-Numpad5 = Num 5
key-Numpad6 = Num 6
key-Numpad7 = Num 7
key-Numpad8 = Num 8
key-Numpad9 = Num 9
key-NumpadAdd = Num +
key-NumpadSubtract = Num -
key-NumpadMultiply = Num *
key-NumpadDivide = Num /
key-NumpadDecimal = Num .
key-NumpadComma = Num ,
key-NumpadEqual = Num =
key-NumpadEnter = Num Enter
key-NumLock = Num Lock
key-F1 = F1
key-F2 = F2
key-F3 = F3
key-F4 = F4
key-F5 = F5
key-F6 = F6
key-F7 = F7
key-F8 = F8
key-F9 = F9
key-F10 = F10
key-F11 = F11
key-F12 = F12
key-F13 = F13
key-F14 = F14
key-F15 = F15
key-F16 = F16
key-F17 = F17
key-F18 = F18
key-F19 = F19
key-F20 = F20
key-F21 = F21
key-F22 = F22
key-F23 = F23
key-F24 = F24
key-ArrowUp = Up
key-ArrowDown = Down
key-ArrowLeft = Left
key-ArrowRight = Right
key-PageUp = Page Up
key-PageDown = Page Down
key-Home = Home
key-End = End
key-Insert = Insert
key-Delete = Delete
key-Space = Space
key-Enter = Enter
key-Tab = Tab
key-Backspace = Backspace
key-Escape = Esc
key-ShiftLeft = Left Shift
key-ShiftRight = Right Shift
key-ControlLeft = Left Ctrl
key-ControlRight = Right Ctrl
key-AltLeft = Left Alt
key-AltRight = Right Alt
key-SuperLeft = Left Super
key-SuperRight = Right Super
key-ContextMenu = Menu key
key-CapsLock = Caps Lock
key-ScrollLock = Scroll Lock
key-PrintScreen = Print
key-Pause = Break
key-Backquote = `
key-Minus = -
key-Equal = =
key-BracketLeft = [
key-BracketRight = ]
key-Backslash = \
key-Semicolon = ;
key-Quote = '
key-Comma = ,
key-Period = .
key-Slash = /
key-IntlBackslash = Intl \
key-IntlRo = Intl Ro
key-IntlYen = Intl Yen
key-Convert = Convert
key-NonConvert = Non Convert
key-KanaMode = Kana
key-Lang1 = Lang 1
key-Lang2 = Lang 2
key-MediaPlayPause = Play
key-MediaStop = Stop
key-MediaTrackNext = Next track
key-MediaTrackPrevious = Last track
key-AudioVolumeUp = Volume up
key-AudioVolumeDown = Volume down
key-AudioVolumeMute = Mute
# Of two that are there twice, left and right.
key-Shift = Shift
key-Control = Ctrl
key-Alt = Alt
key-Super = Super

## Buttons of mice and gamepads; the letters are those of the most common gamepad

mouse-left = Mouse left
mouse-right = Mouse right
mouse-middle = Mouse middle
mouse-back = Mouse back
mouse-forward = Mouse forward
pad-south = A
pad-east = B
pad-west = X
pad-north = Y
pad-left-shoulder = Left shoulder
pad-right-shoulder = Right shoulder
pad-left-trigger = Left trigger
pad-right-trigger = Right trigger
pad-select = Select
pad-start = Start
pad-guide = Guide
pad-left-stick = Left stick
pad-right-stick = Right stick
pad-cross-up = Cross up
pad-cross-down = Cross down
pad-cross-left = Cross left
pad-cross-right = Cross right
pad-c = C
pad-z = Z
# In a sentence. $button: one of those above.
pad-inside = { $button } of the gamepad

## Crashes

crash-title = Something went wrong
crash-last-run = { -name } ended in a bug when it ran last. What was recorded can be played up to its last second.
crash-engine = The part that generates the world hit a bug. The window goes on, and the world is started again.
# $part: its name within the program, not translated.
crash-part = A part of { -name } ({ $part }) hit a bug and has ended. The rest goes on.
crash-report-written = A report was written. It names no folders of yours, and goes nowhere unless you send it.
crash-report-not-written = The report below could not be written to the disk. It goes nowhere unless you send it.
crash-copy = Copy the report
crash-copied = Copied
crash-open-folder = Open its folder

## Messages that come and go

told-saved = Saved { $file }
told-no-picture = There is no picture to save yet.
told-folder-not-made = The folder { $folder } cannot be made: { $error }.
told-screenshot-not-saved = The screenshot could not be saved: { $error }
told-recorded =
    { $count ->
        [one] Recorded { $count } frame to { $file }
       *[other] Recorded { $count } frames to { $file }
    }
# $missing: how many more there should have been.
told-recorded-missing = Recorded { $count } frames to { $file }; { $missing } are missing, because the disk or the processor was too slow.
told-is-being-recorded = It is being recorded; end the recording first.
told-deleted = Deleted { $file }
told-not-deleted = { $file } could not be deleted: { $error }.
# $error: an error of the system's, or told-not-there.
told-not-opened = { $file } could not be opened: { $error }.
told-not-there = it is not there any more
told-nothing-to-paste = The clipboard holds no picture to begin in.
# $words: what the walk shall be.
told-words = From here on: { $words }
told-no-words = The picture alone decides now.
# A kept moment was walked with another camera. $camera: its name.
told-camera = Camera: { $camera }, as it was there.
told-no-home-for-moments = Moments cannot be kept: there is no home folder.
told-no-moment-without-home = No moment can have been kept: there is no home folder.
told-no-home-for-settings = Settings cannot be kept: there is no home folder.
told-settings-not-saved = Settings could not be saved to { $file }: { $error }.
# `device` is what stands in the file of settings.
told-bad-device = Setting device: { $error }.
told-too-busy = The generator is too busy to listen; try again in a moment.
told-engine-bug = The generator hit a bug: { $error }
told-engine-restarted = The generator hit a bug and was started again: { $error }
