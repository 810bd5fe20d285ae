<#
.SYNOPSIS
Builds the installer and a zip of Farwander, on Windows.
.DESCRIPTION
Builds Farwander (profile dist, with the C runtime in it, so that nothing else has to be installed) and makes in OutDir:
  Farwander-VERSION-windows-x64-setup.exe   (Inno Setup 6.3 or later)
  Farwander-VERSION-windows-x64.zip         (runs from any folder)
Needs Rust for x86_64-pc-windows-msvc, the Visual C++ build tools, Python 3 and Inno Setup.
.PARAMETER Binary
Pack this program instead of building one.
.PARAMETER OutDir
Where the packages go. Default: packages in cargo's target folder.
.PARAMETER Compiler
The Inno Setup compiler, ISCC.exe. Default: where its installer puts it.
.EXAMPLE
powershell -ExecutionPolicy Bypass -File packaging\windows\build.ps1
#>
[CmdletBinding()]
param(
    [string] $Binary,
    [string] $OutDir,
    [string] $Compiler
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$triple = 'x86_64-pc-windows-msvc'

function Stop-With([string] $Sentence) {
    [Console]::Error.WriteLine("build.ps1: $Sentence")
    exit 1
}

$root = (Resolve-Path (Join-Path $PSScriptRoot '..\..')).Path
# Paths that were handed in are meant from where one stands.
if ($Binary) { $Binary = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Binary) }
if ($OutDir) { $OutDir = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($OutDir) }
Set-Location $root
$target = if ($env:CARGO_TARGET_DIR) { $env:CARGO_TARGET_DIR } else { Join-Path $root 'target' }
if (-not $OutDir) { $OutDir = Join-Path $target 'packages' }

foreach ($tool in 'cargo', 'python') {
    if (-not (Get-Command $tool -ErrorAction SilentlyContinue)) {
        Stop-With "$tool is not in PATH: install it, then run this again."
    }
}
if (-not $Compiler) {
    $Compiler = @(${env:ProgramFiles(x86)}, $env:ProgramFiles, (Join-Path $env:LOCALAPPDATA 'Programs')) |
        Where-Object { $_ } |
        ForEach-Object { Join-Path $_ 'Inno Setup 6\ISCC.exe' } |
        Where-Object { Test-Path $_ } |
        Select-Object -First 1
}
if (-not $Compiler -or -not (Test-Path $Compiler)) {
    Stop-With 'the Inno Setup compiler was not found: install Inno Setup 6, or name ISCC.exe with -Compiler.'
}

$found = Select-String -Path 'Cargo.toml' -Pattern '^version = "(.+)"$' | Select-Object -First 1
if (-not $found) { Stop-With 'Cargo.toml names no version.' }
$version = $found.Matches[0].Groups[1].Value

if (-not $Binary) {
    $before = $env:RUSTFLAGS
    $env:RUSTFLAGS = "$before -C target-feature=+crt-static".Trim()
    & cargo build --profile dist --locked --target $triple
    $code = $LASTEXITCODE
    $env:RUSTFLAGS = $before
    if ($code -ne 0) { Stop-With "cargo build failed (exit code $code); its message stands above." }
    $Binary = Join-Path $target "$triple\dist\farwander.exe"
}
if (-not (Test-Path $Binary)) { Stop-With "${Binary}: there is no such file." }
$told = & $Binary --version
if ($told -ne "farwander $version") {
    Stop-With "$Binary says it is '$told', but Cargo.toml is at ${version}: build it again."
}

$work = Join-Path ([IO.Path]::GetTempPath()) ("farwander-" + [Guid]::NewGuid())
New-Item -ItemType Directory -Path $work | Out-Null
try {
    # Redirected by cmd, because PowerShell 5 would write UTF-16.
    $notices = Join-Path $work 'third-party.txt'
    & cmd /c "python packaging\notices.py --target $triple > `"$notices`""
    if ($LASTEXITCODE -ne 0) { Stop-With 'the licences of what is compiled in could not be collected; the reason stands above.' }

    New-Item -ItemType Directory -Force -Path $OutDir | Out-Null
    & $Compiler /Qp "/DAppVersion=$version" "/DProgram=$Binary" "/DNotices=$notices" "/DOutDir=$OutDir" `
        (Join-Path $PSScriptRoot 'farwander.iss')
    if ($LASTEXITCODE -ne 0) { Stop-With "Inno Setup failed (exit code $LASTEXITCODE); its message stands above." }

    $tree = Join-Path $work "Farwander-$version"
    New-Item -ItemType Directory -Path (Join-Path $tree 'models') | Out-Null
    Copy-Item $Binary (Join-Path $tree 'farwander.exe')
    Copy-Item 'models\vale.safetensors', 'models\probe.safetensors' (Join-Path $tree 'models')
    Copy-Item 'README.md', 'CHANGELOG.md', 'LICENSE-MIT', 'LICENSE-APACHE', $notices $tree
    $zip = Join-Path $OutDir "Farwander-$version-windows-x64.zip"
    Compress-Archive -Path $tree -DestinationPath $zip -Force

    Get-Item (Join-Path $OutDir "Farwander-$version-windows-x64-setup.exe"), $zip | Select-Object Length, FullName
}
finally {
    Remove-Item -Recurse -Force $work
}
